"""The commands of discovery: ``chittyops discover`` and ``chittyops init``. They work on files alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal
from chittyops.kernel.errors import Misconfigured, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chittyops.capabilities.discovery.model.findings import Discovery

FILENAME = "chittyops.yaml"
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
STYLES = {"error": "red", "warning": "yellow", "info": "dim"}


@command("discover", short_help="Show the services found in a folder.")
@click.argument("folders", metavar="[PATH...]", nargs=-1, type=FOLDER)
@pass_terminal
def discover(terminal: Terminal, folders: Sequence[Path]) -> None:
    """List the services below each PATH, what they depend on, and what is wrong. Changes nothing."""
    from chittyops.capabilities.discovery.wiring import discover as found_in
    from chittyops.capabilities.discovery.wiring import to_json

    found = [(folder, found_in(folder)) for folder in folders or (Path(),)]
    data: list[dict[str, Any]] = [to_json(each) for _, each in found]
    if terminal.json:
        terminal.emit(data[0] if len(data) == 1 else {"workspaces": data})
        return
    for folder, each in found:
        if len(found) > 1:
            terminal.line(f"{folder}:")
        terminal.emit(None, _services(each))
        _problems(terminal, each)
        terminal.note(
            f"{each.stats['services']} services, {each.stats['dependencies']} dependencies, "
            f"{each.stats['problems']} problems in {each.stats['files']} files"
        )


def _services(found: Discovery) -> Table:
    table = Table("service", "path", "platform", "status", "health", "depends on")
    for each in found.services:
        needed = ", ".join(dict.fromkeys(edge.target for edge in each.depends_on))
        status = Cell(each.status, "" if each.status == "canonical" else "dim")
        table.row(each.name, each.path, "+".join(each.platforms), status, each.health or "-", needed)
    return table


def _problems(terminal: Terminal, found: Discovery) -> None:
    if not found.problems:
        return
    table = Table("problem", "place", "what")
    for each in found.problems:
        place = f"{each.path}:{each.line}" if each.line else each.path
        table.row(Cell(each.code, STYLES[each.severity]), place, each.message)
    terminal.line("")
    terminal.emit(None, table)


@command("init", short_help="Write chittyops.yaml from what is found.")
@click.argument("folder", metavar="[PATH]", type=FOLDER, default=".")
@click.option("--dry-run", is_flag=True, help="Print the file, or how it would change, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_terminal
def init(terminal: Terminal, folder: Path, *, dry_run: bool, yes: bool) -> None:
    """Write a fleet file (chittyops.yaml) for what is found below PATH. Never overwrites one."""
    from chittyops.capabilities.discovery import wiring

    found = wiring.discover(folder)
    text = wiring.fleet_file(folder, found)
    path = folder / FILENAME
    difference = wiring.difference(path, text)
    result = {"path": str(path), "services": text.count("\n    path: "), "written": False, "difference": difference}
    if not result["services"]:
        message = f"no service was found below {folder.resolve()}"
        raise Misconfigured(message, hint="`chittyops discover` shows what was looked at")
    if not difference:
        terminal.emit(result, f"{path} says what was found; nothing to do")
        return
    if dry_run:
        terminal.emit(result, difference.rstrip("\n"))
        return
    if path.exists():
        message = f"{path} exists and is left alone"
        raise Refused(message, hint="`chittyops init --dry-run` shows how it differs from what was found")
    terminal.confirm(f"write {path} with {result['services']} services?", yes=yes or not terminal.interactive)
    wiring.write(path, text)
    terminal.emit({**result, "written": True}, f"{path}: {result['services']} services")
    terminal.note("`chittyops fleet check` checks it; correct what was guessed wrong")
