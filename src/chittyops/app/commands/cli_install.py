"""``chittyops cli``: the command, its completions and short names put into a shell, and taken out again."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.app.installation import ALIASES, SHELLS
from chittyops.interface.terminal import Table, Terminal, group, pass_terminal
from chittyops.kernel.errors import Misconfigured, Refused
from chittyops.kernel.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chittyops.app.installation import Installation, Piece

YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
_ALIAS = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_-]{0,30})=(?P<line>[^\n\r\0]*)")


@group("cli", short_help="Put the command, completions and aliases in place.")
def cli() -> None:
    """Put the command, its completions and short names (aliases) in place, and take them out again."""


@cli.command("install")
@click.option(
    "--shell", "shells", type=click.Choice(SHELLS), multiple=True, help="The shell; by default yours. Repeatable."
)
@click.option(
    "--alias",
    "given",
    metavar="NAME=ARGS",
    multiple=True,
    help="A short name for `chittyops ARGS`, instead of the default ones. Repeatable; --alias '' for none.",
)
@click.option(
    "--bin", "folder", type=click.Path(path_type=Path, file_okay=False), help="Where the command goes; ~/.local/bin."
)
@DRY_RUN
@YES
@pass_terminal
def install(
    terminal: Terminal,
    shells: tuple[str, ...],
    given: tuple[str, ...],
    folder: Path | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Put the command, its completions and short names (aliases) in place. Shows first what it will write.

    Aliases go into a marked block of the shell's own file; nothing else of it is touched.
    """
    from chittyops.app.installation import Wanted, as_json, pieces, shell_of

    aliases = _aliases(given, terminal)
    chosen = tuple(dict.fromkeys(shells)) or (shell_of(os.environ),)
    home = Path(os.environ.get("HOME") or Path.home())
    wanted = Wanted(chosen, aliases, (folder or home / ".local" / "bin").absolute())
    found = pieces(wanted, {shell: _completion(shell) for shell in chosen}, os.environ)
    installation = _installation()
    before = installation.recorded()
    if _same(before, found) and all(map(installation.is_there, before)):
        terminal.emit({"installed": as_json(before), "written": False}, "everything is in place; nothing to do")
        return
    _show(terminal, found)
    if dry_run:
        terminal.emit({"installed": as_json(found), "written": False})
        return
    terminal.confirm(f"write {number(len(found), 'file')}?", yes=yes)
    installation.install(found)
    terminal.emit({"installed": as_json(installation.recorded()), "written": True})
    terminal.note("a new shell has it; `chittyops cli uninstall` takes it out again")


@cli.command("uninstall")
@DRY_RUN
@YES
@pass_terminal
def uninstall(terminal: Terminal, *, dry_run: bool, yes: bool) -> None:
    """Take out what `chittyops cli install` put in place, to the byte, and nothing else."""
    from chittyops.app.installation import as_json

    installation = _installation()
    before = installation.recorded()
    if not before:
        terminal.emit({"removed": []}, "nothing is installed")
        return
    _show(terminal, before)
    if dry_run:
        terminal.emit({"removed": []})
        return
    terminal.confirm("take this out?", yes=yes)
    terminal.emit({"removed": as_json(installation.uninstall())}, "taken out")


def _installation() -> Installation:
    from chittyops.app.installation import Installation
    from chittyops.runtime.home import Home

    return Installation(Home.locate(os.environ))


def _aliases(given: Sequence[str], terminal: Terminal) -> dict[str, str]:
    """Return the short names. One that somebody asked for must be free; of the default ones those that are."""
    if not given:
        taken = [name for name in ALIASES if _is_taken(name)]
        for name in taken:
            terminal.note(f"the short name {name} is left out: there is a program of that name")
        return {name: line for name, line in ALIASES.items() if name not in taken}
    found = {}
    for text in filter(None, given):
        match = _ALIAS.fullmatch(text)
        if match is None or not _is_line(match["line"]):
            message = f"--alias {text} is no NAME=ARGS"
            raise Misconfigured(message, hint="such as --alias chos=status, or --alias cho= for the command itself")
        if _is_taken(match["name"]):
            message = f"there is a program {match['name']} already: {shutil.which(match['name'])}"
            raise Refused(message, hint="choose another short name")
        found[match["name"]] = match["line"]
    return found


def _is_line(text: str) -> bool:
    try:
        shlex.split(text)
    except ValueError:
        return False
    return True


def _is_taken(name: str) -> bool:
    return shutil.which(name) is not None


def _completion(shell: str) -> str:
    from chittyops.app.commands.completion import script

    return script(shell) + "\n"


def _same(before: Sequence[Piece], wanted: Sequence[Piece]) -> bool:
    return [(each.path, each.text) for each in before] == [(each.path, each.text) for each in wanted]


def _show(terminal: Terminal, found: Sequence[Piece]) -> None:
    if terminal.json:
        return
    table = Table("file", "what", "how")
    for each in found:
        table.row(each.path, each.what, "a marked block at its end" if each.block else "a file of its own")
    terminal.emit(None, table)
    for each in found:
        if each.block:
            terminal.line(each.text.rstrip("\n"))
