"""Write docs/reference/: what the code itself says of its commands, files and HTTP API.

``make docs`` writes the pages; with ``--check`` nothing is written and stale ones are named.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from chittyops.app.api import application
from chittyops.app.cli import COMMANDS, root
from chittyops.capabilities.discovery.wiring import codes
from chittyops.capabilities.discovery.wiring import json_schema as json_schema_of_inventory
from chittyops.capabilities.fleet.model.fileformat import json_schema
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
GENERATED = "<!-- Written by `make docs`; edit the source instead. -->\n"
COMMON = {"--json", "--quiet", "--help"}
EVERY_COMMAND = """\
Every command has `--json` (data as JSON), `-q`/`--quiet` (nothing but data and errors) and `-h`/`--help`. Data goes to
stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 usage, 3 refused or not there, 130 interrupted.
"""
PROBLEMS = """\
What `chittyops discover` and `chittyops audit` report. Codes are stable. The severity is the usual one: copies and
tests are judged more mildly, and some problems are not told of templates, of copies, and of code that no entry point
reaches.
"""


def commands() -> str:
    """Return the page of the command line: every command with its arguments and options."""
    page = [GENERATED, "# Command line\n", EVERY_COMMAND]
    section = ""
    for name, entry in COMMANDS.items():
        if entry.section != section:
            section = entry.section
            page.append(f"## {section}\n")
        context = click.Context(root, info_name="chittyops")
        command = root.get_command(context, name)
        if command:
            page += _command(command, click.Context(command, context, info_name=name))
    return "\n".join(page)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the paragraphs of a command, and those of the commands below it."""
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"### `{context.command_path}`\n"
    yield f"{_prose(command.help or command.short_help or '')}\n"
    yield f"```\n{usage}\n```\n"
    options = [record for parameter in command.get_params(context) if (record := _own_option(parameter, context))]
    yield from ["| option | what it does |", "|---|---|"] if options else []
    for spelling, text in options:
        yield f"| `{_cell(spelling)}` | {_cell(text)} |"
    yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner and not inner.hidden:
                yield from _command(inner, click.Context(inner, context, info_name=name))


def _own_option(parameter: click.Parameter, context: click.Context) -> tuple[str, str] | None:
    """Return spelling and help of an option; None for arguments and for what every command has."""
    if not isinstance(parameter, click.Option) or COMMON.intersection(parameter.opts):
        return None
    return parameter.get_help_record(context)


def _prose(text: str) -> str:
    """Return Click help as Markdown: its marks of kept line breaks are dropped."""
    return "\n".join(line.strip() for line in text.replace("\b", "").strip().splitlines())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def fleet_schema() -> str:
    """Return the JSON Schema of the fleet file."""
    return _json(json_schema())


def part_schema() -> str:
    """Return the JSON Schema of a service's own part of it."""
    return _json(json_schema(part=True))


def inventory_schema() -> str:
    """Return the JSON Schema of what ``chittyops discover --json`` prints."""
    return _json(json_schema_of_inventory())


def problems() -> str:
    """Return the page of the problems that discovery finds."""
    rows = [f"| `{code}` | {severity} | {_cell(meaning)} |" for code, (severity, meaning) in codes().items()]
    return "\n".join([GENERATED, "# Problems\n", PROBLEMS, "| code | severity | meaning |", "|---|---|---|", *rows, ""])


def openapi() -> str:
    """Return the OpenAPI document of the HTTP API. Nothing is connected to: the application is only asked."""
    with tempfile.TemporaryDirectory() as nowhere:
        database = Database.connect("postgresql://127.0.0.1:1/nowhere", application_name="docs")
        app = application(database, Home.locate({"CHITTYOPS_HOME": nowhere}), SystemClock())
        return _json(app.openapi())


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": commands,
    "fleet.schema.json": fleet_schema,
    "part.schema.json": part_schema,
    "inventory.schema.json": inventory_schema,
    "problems.md": problems,
    "openapi.json": openapi,
}


def main() -> None:
    """Write the pages that changed, or name them and fail (``--check``)."""
    check = sys.argv[1:] == ["--check"]
    stale = []
    for name, build in PAGES.items():
        path, text = REFERENCE / name, build()
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    for name in stale:
        print(f"docs/reference/{name}: {'out of date; run `make docs`' if check else 'written'}")
    if check and stale:
        sys.exit(1)


if __name__ == "__main__":
    main()
