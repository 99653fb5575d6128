"""The command of discovery: ``chittyops discover``. It works on files alone."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal
from chittyops.kernel.errors import NotFound
from chittyops.kernel.nearest import nearest
from chittyops.kernel.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chittyops.kernel.inventory import Finding, FoundService, Inventory

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
SEVERITIES: Final = ("error", "warning", "info")
STYLES: Final = {"error": "red", "warning": "yellow", "info": "dim"}


@command("discover", short_help="Show the services found in a folder.")
@click.argument("folders", metavar="[PATH...]", nargs=-1, type=FOLDER)
@click.option("--problems", "listed", is_flag=True, help="List every problem, not only how many of each kind.")
@click.option("--service", "names", metavar="NAME", multiple=True, help="Show this service alone, with its evidence.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the output of --json.")
@pass_terminal
def discover(terminal: Terminal, folders: Sequence[Path], names: Sequence[str], *, listed: bool, schema: bool) -> None:
    """List the services below each PATH, what they depend on, and what is wrong. Changes nothing.

    What was read is remembered: a second run reads only the files that have changed.
    """
    if schema:
        from chittyops.capabilities.discovery.wiring import json_schema

        terminal.line(json.dumps(json_schema(), indent=2))
        return
    found = [(folder, read(terminal, folder)) for folder in folders or (Path(),)]
    if terminal.json:
        from chittyops.capabilities.discovery.wiring import to_json

        data: list[dict[str, Any]] = [to_json(each) for _, each in found]
        terminal.emit(data[0] if len(data) == 1 else {"workspaces": data})
        return
    for folder, each in found:
        if len(found) > 1:
            terminal.line(f"{folder}:")
        if names:
            _details(terminal, each, names)
        else:
            _overview(terminal, each, listed=listed)


def read(terminal: Terminal, folder: Path) -> Inventory:
    """Return what is found in ``folder``, with a progress bar where it takes long."""
    from chittyops.capabilities.discovery.wiring import discover as found_in
    from chittyops.runtime.home import Home

    with terminal.progress("reading", delayed=True) as bar:
        return found_in(folder, Home.locate(terminal.environ), bar.reach)


def _overview(terminal: Terminal, found: Inventory, *, listed: bool) -> None:
    terminal.emit(None, _services(found))
    if found.problems:
        terminal.line("")
        terminal.emit(None, _problems(found.problems) if listed else _kinds(found.problems))
    stats = found.stats
    terminal.note(
        f"{number(stats['services'], 'service')}, {number(stats['dependencies'], 'dependency', 'dependencies')}, "
        f"{number(stats['scripts'], 'script')}, {number(stats['problems'], 'problem')} in "
        f"{number(stats['files'], 'file')}"
    )
    if found.problems and not listed:
        terminal.note("`chittyops discover --problems` lists each problem, with its place and what to do", "dim")


def _services(found: Inventory) -> Table:
    table = Table("service", "path", "platform", "status", "health", "depends on")
    for each in found.services:
        needed = ", ".join(dict.fromkeys(edge.target for edge in each.depends_on))
        status = Cell(each.status, "" if each.status == "canonical" else "dim")
        platforms = "+".join(each.platforms or (each.platform,))
        table.row(each.name, each.path, platforms, status, each.health or "-", needed)
    return table


def _kinds(problems: Sequence[Finding]) -> Table:
    """Return how often each kind of problem was found, the worst and most frequent first."""
    table = Table("problem", "times>", "for example")
    kinds = Counter((each.severity, each.code) for each in problems)
    first = {(each.severity, each.code): each for each in reversed(problems)}
    for (severity, code), count in sorted(kinds.items(), key=lambda kind: (SEVERITIES.index(kind[0][0]), -kind[1])):
        example = first[severity, code]
        table.row(Cell(code, STYLES[severity]), str(count), f"{_place(example)}: {example.message}")
    return table


def _problems(problems: Sequence[Finding]) -> Table:
    table = Table("problem", "place", "what", "hint")
    for each in sorted(problems, key=lambda each: SEVERITIES.index(each.severity)):
        table.row(Cell(each.code, STYLES[each.severity]), _place(each), each.message, each.hint)
    return table


def _place(each: Finding) -> str:
    return f"{each.path}:{each.line}" if each.line else each.path


def _details(terminal: Terminal, found: Inventory, names: Sequence[str]) -> None:
    for name in names:
        services = [each for each in found.services if name in (each.name, each.path)]
        if not services:
            message = f"no service is called {name}"
            raise NotFound(message, hint=nearest(name, [each.name for each in found.services]))
        for each in services:
            _service(terminal, each, [problem for problem in found.problems if problem.service == each.name])


def _service(terminal: Terminal, each: FoundService, problems: Sequence[Finding]) -> None:
    from chittyops.interface.terminal.table import key_values

    pairs = {
        "service": each.name,
        "path": each.path,
        "repository": each.repository,
        "platform": "+".join(each.platforms or (each.platform,)),
        "status": each.status + (f" ({each.reason})" if each.reason else ""),
        "files": ", ".join(each.config_files),
        "entry point": f"{each.entrypoint} ({each.entrypoint_state})" if each.entrypoint else "",
        "environments": ", ".join(each.environments),
        "routes": ", ".join(each.routes),
        "crons": ", ".join(each.crons),
        "bindings": ", ".join(f"{len(rows)} {kind}" for kind, rows in each.bindings.items()),
        "databases": ", ".join(f"{store.name} ({store.engine})" for store in each.databases),
        "tests": each.tests.command if each.tests else "",
        "health": each.health,
        "owners": ", ".join(each.owners),
    }
    terminal.line(key_values([(name, value) for name, value in pairs.items() if value], colour=terminal.colour))
    table = Table("", "what", "where")
    for edge in each.depends_on:
        for seen in edge.evidence:
            table.row("needs", f"{edge.target} ({edge.kind})", f"{seen.path}:{seen.line}")
    for secret in each.secrets:
        for seen in secret.evidence:
            table.row("secret", secret.name, f"{seen.path}:{seen.line}")
    for problem in problems:
        table.row(Cell(problem.severity, STYLES[problem.severity]), problem.message, _place(problem))
    if len(table):
        terminal.line("")
        terminal.emit(None, table)
