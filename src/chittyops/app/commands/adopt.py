"""``chittyops adopt``: from scattered scripts to one fleet file, and back; and ``chittyops init``, its beginning."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.app.difference_view import show
from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal
from chittyops.kernel.difference import unified
from chittyops.kernel.errors import Misconfigured, Refused
from chittyops.kernel.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chittyops.capabilities.adoption.model import Abilities, Disposition, Proposal
    from chittyops.capabilities.adoption.wiring import Adoption, Prepared
    from chittyops.capabilities.fleet.wiring import Written

FILENAME = "chittyops.yaml"
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
OUTCOME_STYLES = {"replaced": "green", "wrapped": "cyan", "left": "dim"}
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@command("adopt", short_help="Bring scripts and services under the fleet file.")
@click.argument("services", nargs=-1, metavar="[SERVICE...]")
@click.option("--retire", is_flag=True, help="Put a one-line shim in the place of each adopted script.")
@click.option("--undo", is_flag=True, help="Put back every file that adopt changed, byte for byte.")
@click.option("--keep-changed", is_flag=True, help="With --undo: leave files that were changed since as they are.")
@click.option("--dry-run", is_flag=True, help="Show what would be done and write nothing.")
@click.option("--all", "everything", is_flag=True, help="Show the scripts that are left, too.")
@YES
@pass_terminal
def adopt(
    terminal: Terminal,
    services: tuple[str, ...],
    *,
    retire: bool,
    undo: bool,
    keep_changed: bool,
    dry_run: bool,
    everything: bool,
    yes: bool,
) -> None:
    """Turn what is found into the fleet file: services (SERVICEs, all by default), settings, managed tasks.

    Shows the difference first. Each script is replaced (a command does its work), wrapped (`chittyops task run`
    runs it) or left. What people wrote is never changed, what they took out is not proposed again.
    """
    if undo and (services or retire):
        message = "--undo stands for itself: no services and no --retire beside it"
        raise click.UsageError(message)
    if keep_changed and not undo:
        message = "--keep-changed belongs to --undo"
        raise click.UsageError(message)
    from chittyops.capabilities.discovery.commands import read

    adoption, file = _workspace()
    if undo:
        _undo(terminal, adoption, keep_changed=keep_changed, dry_run=dry_run, yes=yes)
        return
    proposal = adoption.propose(read(terminal, adoption.root), file.data, _abilities(), services)
    prepared = _prepared(adoption, file, proposal, retire=retire)
    _show(terminal, proposal, prepared, everything=everything)
    written = False
    if prepared.changes and not dry_run:
        count = len(prepared.changes)
        terminal.confirm(f"write {number(count, 'file')}?", yes=yes)
        adoption.apply(prepared)
        written = True
    terminal.emit(_data(file.path, proposal, prepared, written=written))
    _conclude(terminal, proposal, prepared, written=written, retire=retire)


@command("init", short_help="Write chittyops.yaml from what is found.")
@click.argument("folder", metavar="[PATH]", type=FOLDER, default=".")
@click.option("--dry-run", is_flag=True, help="Print the file, or how it would change, and write nothing.")
@YES
@pass_terminal
def init(terminal: Terminal, folder: Path, *, dry_run: bool, yes: bool) -> None:
    """Write a fleet file (chittyops.yaml) for the services found below PATH. Never overwrites one.

    `chittyops adopt` goes further: it brings scripts in, and into a fleet file that is there.
    """
    from chittyops.capabilities.adoption import wiring
    from chittyops.capabilities.discovery.commands import read
    from chittyops.capabilities.fleet.wiring import Written, edited, text_of

    path = folder / FILENAME
    proposal = wiring.services_of(read(terminal, folder), _abilities())
    count = sum(edit.keys[0] == "services" and edit.keys[2:] == ("path",) for edit in proposal.edits)
    if not count:
        message = f"no service was found below {folder.resolve()}"
        raise Misconfigured(message, hint="`chittyops discover` shows what was looked at")
    text = edited(Written(path.absolute(), wiring.HEADER, {}), proposal.edits)
    text += "".join(f"\n# {remark.text}" for remark in proposal.remarks) + "\n" * bool(proposal.remarks)
    difference = unified(FILENAME, text_of(path), text)
    result = {"path": str(path), "services": count, "written": False, "difference": difference}
    if not difference:
        terminal.emit(result, f"{path} says what was found; nothing to do")
        return
    if dry_run:
        terminal.emit(result, difference.rstrip("\n"))
        return
    if path.exists():
        message = f"{path} exists and is left alone"
        raise Refused(message, hint="`chittyops adopt` adds to it; `chittyops init --dry-run` shows how it differs")
    terminal.confirm(f"write {path} with {number(count, 'service')}?", yes=yes or not terminal.interactive)
    wiring.create(path, text)
    terminal.emit({**result, "written": True}, f"{path}: {number(count, 'service')}")
    terminal.note("`chittyops fleet check` checks it; correct what was guessed wrong")


def _workspace() -> tuple[Adoption, Written]:
    from chittyops.capabilities.adoption.wiring import Adoption
    from chittyops.capabilities.fleet.wiring import written
    from chittyops.runtime.home import Home

    file = written(Path())
    return Adoption(file.path.parent, Home.locate(os.environ)), file


def _abilities() -> Abilities:
    from chittyops.app.cli import COMMANDS
    from chittyops.capabilities.adoption.model import Abilities
    from chittyops.capabilities.deploy.wiring import PROVIDERS

    return Abilities(frozenset(COMMANDS), frozenset(PROVIDERS))


def _prepared(adoption: Adoption, file: Written, proposal: Proposal, *, retire: bool) -> Prepared:
    from dataclasses import replace

    from chittyops.capabilities.adoption.wiring import HEADER
    from chittyops.capabilities.fleet.wiring import edited

    after = file.text
    if proposal.edits:
        after = edited(file if file.text else replace(file, text=HEADER), proposal.edits)
    return adoption.prepare(proposal, file.path, file.text, after, retire=retire)


def _show(terminal: Terminal, proposal: Proposal, prepared: Prepared, *, everything: bool) -> None:
    if terminal.json:
        return
    show(terminal, prepared.difference)
    if prepared.retired:
        shims = Table("script that becomes a shim", "which runs")
        for each in prepared.retired:
            shims.row(each.key, each.command)
        terminal.line("")
        terminal.emit(None, shims)
    shown = [each for each in proposal.dispositions if everything or each.outcome != "left"]
    if not shown:
        return
    table = Table("script", "what it does", "outcome", "command", "why")
    for each in shown:
        later = f" (planned: {each.planned})" if each.planned else ""
        name = each.key if each.kind != "workflow" else each.path
        table.row(name, each.does, Cell(each.outcome, OUTCOME_STYLES[each.outcome]), each.command + later, each.reason)
    terminal.line("")
    terminal.emit(None, table)


def _painted(terminal: Terminal, line: str, style: str) -> str:
    from chittyops.interface.terminal.text import clean, paint

    return paint(clean(line), style, colour=terminal.colour)


def _conclude(terminal: Terminal, proposal: Proposal, prepared: Prepared, *, written: bool, retire: bool) -> None:
    for remark in proposal.remarks:
        terminal.note(f"remark: {remark.text}")
    for kept in prepared.kept:
        terminal.note(f"remark: {kept.key} gets no shim: {kept.reason}")
    found: Sequence[Disposition] = proposal.dispositions
    counts = ", ".join(f"{sum(each.outcome == name for each in found)} {name}" for name in OUTCOME_STYLES)
    terminal.note(f"{len(found)} scripts and workflows: {counts}")
    if written:
        terminal.note("`chittyops task list` shows the tasks; `chittyops adopt --undo` takes everything back")
        if not retire:
            terminal.note("`chittyops adopt --retire` puts shims in the place of the scripts")
    elif not prepared.changes:
        terminal.note("the fleet file says what was found; nothing to do")


def _data(path: Path, proposal: Proposal, prepared: Prepared, *, written: bool) -> dict[str, object]:
    return {
        "fleet_file": str(path),
        "written": written,
        "difference": prepared.difference,
        "files": [change.path for change in prepared.changes],
        "scripts": [{**asdict(each), "outcome": str(each.outcome)} for each in proposal.dispositions],
        "remarks": [asdict(each) for each in proposal.remarks],
        "retired": [each.key for each in prepared.retired],
        "without_shim": [asdict(each) for each in prepared.kept],
    }


def _undo(terminal: Terminal, adoption: Adoption, *, keep_changed: bool, dry_run: bool, yes: bool) -> None:
    paths = adoption.undoable()
    if dry_run:
        terminal.emit({"restored": [], "would_restore": list(paths)}, "\n".join(paths))
        return
    if paths:
        count = len(paths)
        terminal.confirm(f"put back {number(count, 'file')}?", yes=yes)
    restored = adoption.undo(keep_changed=keep_changed)
    terminal.emit({"restored": list(restored)}, "\n".join(restored))
    terminal.note(f"{len(restored)} files are as they were")
