"""``chittyops audit``: the operations audit of a workspace, to read, to show, to commit or to check in CI."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from chittyops.interface.terminal import Terminal, command, pass_terminal
from chittyops.kernel.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chittyops.capabilities.audit.model import Report

FORMATS: Final = ("terminal", "md", "html", "json", "sarif")
SUFFIXES: Final = {".md": "md", ".markdown": "md", ".html": "html", ".htm": "html", ".json": "json", ".sarif": "sarif"}
SEVERITIES: Final = ("error", "warning", "info")
PROBLEMS: Final = 1
"""The exit code of a report that has what ``--fail-on`` names."""


@command("audit", short_help="Report what a workspace's operations have and lack.")
@click.argument("folder", metavar="[PATH]", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
@click.option("--format", "form", type=click.Choice(FORMATS), help="By default that of FILE's name, else terminal.")
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write to FILE, not to stdout."
)
@click.option("--open", "opened", is_flag=True, help="Write HTML and open it in the browser.")
@click.option("--service", "names", metavar="NAME", multiple=True, help="Keep only what is about this service.")
@click.option("--severity", type=click.Choice(SEVERITIES), default="info", help="List no problems below this one.")
@click.option(
    "--fail-on",
    type=click.Choice((*SEVERITIES, "never")),
    default="never",
    help="Exit with 1 when there are problems at or above this severity.",
)
@pass_terminal
def audit(
    terminal: Terminal,
    folder: Path,
    form: str | None,
    output: Path | None,
    names: Sequence[str],
    severity: str,
    fail_on: str,
    *,
    opened: bool,
) -> None:
    """Audit the operations of the workspace at PATH: what is there, what is missing, what to do first.

    Reads files alone and changes nothing. Committed credentials count as errors for --fail-on.
    """
    from chittyops.app.report import report_on
    from chittyops.capabilities.audit.service.narrowing import narrowed, severe
    from chittyops.capabilities.discovery.commands import read

    chosen = _format(terminal, form, output, opened=opened)
    report = narrowed(report_on(read(terminal, folder)), names, severity)
    if opened and output is None:
        output = _kept(terminal, report)
    text = _text(terminal, report, chosen, output)
    if output is None:
        terminal.line(text)
    else:
        output.write_text(text + "\n", "utf-8", errors="backslashreplace")
        terminal.note(f"{output}: {chosen}, {output.stat().st_size // 1024 + 1} KiB")
    if opened and output:
        _open(output)
    if fail_on != "never" and severe(report, fail_on):
        raise click.exceptions.Exit(PROBLEMS)


def _format(terminal: Terminal, form: str | None, output: Path | None, *, opened: bool) -> str:
    by_name = SUFFIXES.get(output.suffix.lower(), "") if output else ""
    chosen = form or ("json" if terminal.json else "html" if opened else by_name or "terminal")
    if opened and chosen != "html":
        message = f"--open shows HTML, not {chosen}"
        raise Misconfigured(message, hint="leave out --format, or --open")
    if terminal.json and chosen != "json":
        message = f"--json and --format {chosen} ask for different things"
        raise Misconfigured(message, hint="leave out one of them")
    return chosen


def _text(terminal: Terminal, report: Report, form: str, output: Path | None) -> str:
    """Return the report in the format that was asked for; only the one that is asked for is loaded."""
    if form == "html":
        from chittyops.app.report.html import html

        return html(report)
    if form == "md":
        from chittyops.app.report.markdown import markdown

        return markdown(report).rstrip("\n")
    if form == "json":
        from chittyops.interface.codec import dump

        return json.dumps(dump(report), indent=2, ensure_ascii=False)
    if form == "sarif":
        from chittyops.app.report.sarif import sarif
        from chittyops.capabilities.discovery.wiring import codes

        return json.dumps(sarif(report, codes()), indent=2, ensure_ascii=False)
    from chittyops.app.report.terminal import WIDTH
    from chittyops.app.report.terminal import terminal as as_text

    return as_text(report, width=terminal.width or WIDTH, colour=terminal.colour and output is None)


def _kept(terminal: Terminal, report: Report) -> Path:
    """Return where a report is kept that is only to be looked at."""
    from chittyops.kernel.service import label
    from chittyops.runtime.home import Home

    return Home.locate(terminal.environ).file("reports", f"{label(report.workspace) or 'workspace'}.html")


def _open(path: Path) -> None:
    import webbrowser

    # A desktop without a browser is none of our business: the path is printed.
    with suppress(webbrowser.Error):
        webbrowser.open(path.resolve().as_uri())
