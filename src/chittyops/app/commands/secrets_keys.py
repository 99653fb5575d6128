"""``chittyops secrets init``, ``grant``, ``revoke`` and ``resolve``: keys, people, and what they changed at once."""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chittyops.app.commands.secrets import DRY_RUN, YES
from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal
from chittyops.kernel.errors import Conflict, NotFound, Refused
from chittyops.kernel.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chittyops.capabilities.fleet.wiring import Written
    from chittyops.capabilities.secrets.service.exposure import Exposed
    from chittyops.capabilities.secrets.wiring import Change, Clash, Conflicted, Merged, People, Resolver
    from chittyops.kernel.service import Fleet
    from chittyops.runtime.home import Home

ENVIRONMENTS = click.option(
    "--env", "environments", metavar="NAME", multiple=True, help="Only this environment's file; `all` is one, too."
)
_DRIVER_COMMAND = "chittyops secrets resolve --driver %O %A %B %P"
_CHOICES = {"o": "ours", "t": "theirs"}


@dataclass(frozen=True, slots=True)
class _Here:
    """What the commands work on: the fleet, its file, whose keys, and what changes readers."""

    fleet: Fleet
    file: Written
    home: Home
    people: People

    @classmethod
    def found(cls) -> _Here:
        from chittyops.capabilities.fleet.wiring import read_fleet, written
        from chittyops.capabilities.secrets import wiring
        from chittyops.runtime.clock import SystemClock
        from chittyops.runtime.home import Home

        fleet, home = read_fleet(Path.cwd()), Home.locate(os.environ)
        return cls(fleet, written(Path.cwd()), home, wiring.people(fleet, home, os.environ, SystemClock()))

    def environments(self, named: Sequence[str]) -> tuple[str, ...]:
        """Return the environments ``named``, or all of them with the file for every one. Raises NotFound."""
        from chittyops.app.commands.secrets import unknown
        from chittyops.capabilities.secrets.model import EVERY

        known = (EVERY, *self.fleet.environments)
        for name in named:
            if name not in known:
                raise unknown("environment", name, known)
        return tuple(named) or known

    def write(self, changes: Sequence[Change], recipients: dict[str, str]) -> None:
        """Write ``changes``, and ``recipients`` by name into the fleet file; "" takes a name out."""
        from chittyops.capabilities.fleet.wiring import remove_value, set_value

        self.people.write(changes, self.home.file("locks", "secrets.lock"))
        for name, recipient in recipients.items():
            if recipient:
                set_value(Path.cwd(), f"secrets.recipients.{name}", recipient)
            elif name in self.fleet.store.recipients:
                remove_value(Path.cwd(), f"secrets.recipients.{name}")


@command("init")
@click.option("--name", metavar="NAME", help="What to call you in the fleet file; your account's name by default.")
@click.option("--keyring", is_flag=True, help="Keep a new key in the keyring of the system instead of a file.")
@DRY_RUN
@YES
@pass_terminal
def init(terminal: Terminal, *, name: str | None, keyring: bool, dry_run: bool, yes: bool) -> None:
    """Make the store: a key for you where you have none, a file for each environment, and what git needs.

    What is there already stays. The first thing printed is your recipient, which others need to let you in.
    """
    from chittyops.capabilities.secrets import wiring
    from chittyops.runtime.clock import SystemClock

    here = _Here.found()
    recipient = wiring.own_recipient(here.home, os.environ)
    readers = here.people.readers()
    inside = not readers or any(recipient in each for each in readers.values())
    missing = here.people.missing() if inside else []
    key = "the keyring" if keyring else str(here.home.path / "keys" / "age.txt")
    steps = ([] if recipient else [f"a new key, in {key}"]) + [f"{path}, empty" for path in missing]
    if dry_run:
        terminal.emit({"recipient": recipient, "planned": steps, "written": []}, "\n".join(steps) or "nothing to do")
        return
    if steps:
        terminal.note("\n".join(f"to be made: {step}" for step in steps))
        terminal.confirm("make that?", yes=yes)
    recipient = recipient or wiring.new_key(here.home, SystemClock(), keyring=keyring)
    written = _made(here, recipient, name, next(iter(readers.values()), ())) if missing else []
    terminal.emit({"recipient": recipient, "planned": steps, "written": written}, recipient)
    if not inside:
        terminal.note(f"you are not let in yet; somebody who is runs: chittyops secrets grant NAME {recipient}")
    for path in written:
        terminal.note(f"written: {path}")
    if written:
        terminal.note(f'so that git merges secrets: git config merge.chittyops-secrets.driver "{_DRIVER_COMMAND}"')


def _made(here: _Here, recipient: str, name: str | None, readers: tuple[str, ...]) -> list[str]:
    """Write the files that are missing, for ``readers`` or whom the fleet file names, and return their paths."""
    store = here.fleet.store
    own = {} if recipient in store.recipients.values() else {_name(name, here.fleet): recipient}
    wanted = readers or tuple(dict.fromkeys((*store.recipients.values(), recipient)))
    changes = here.people.created(wanted)
    changes += here.people.rules(changes) + here.people.attributes(store.folder)
    here.write(changes, own)
    return [change.path for change in changes] + ["chittyops.yaml"] * bool(own)


def _name(wanted: str | None, fleet: Fleet) -> str:
    """Return what somebody is called in the fleet file. Raises Conflict where that is somebody else."""
    name = wanted or re.sub(r"[^a-z0-9-]+", "-", getpass.getuser().lower()).strip("-") or "me"
    if name in fleet.store.recipients:
        message = f"the fleet file has a {name} already, with another key"
        raise Conflict(message, hint="choose another name: --name NAME")
    return name


@command("grant")
@click.argument("name")
@click.argument("recipient", metavar="[AGE-KEY]", required=False)
@ENVIRONMENTS
@DRY_RUN
@YES
@pass_terminal
def grant(
    terminal: Terminal, name: str, recipient: str | None, *, environments: tuple[str, ...], dry_run: bool, yes: bool
) -> None:
    """Let NAME read the store: AGE-KEY is their recipient (age1... or ssh-ed25519 ...), which is no secret.

    They get it by `chittyops secrets init` or `age-keygen`. AGE-KEY can be left out for a NAME of the fleet file.
    """
    here = _Here.found()
    known = here.fleet.store.recipients.get(name)
    if not recipient and not known:
        message = f"the fleet file knows nobody called {name}"
        raise NotFound(message, hint=f"give their recipient: chittyops secrets grant {name} age1...")
    if recipient and known and recipient != known:
        message = f"{name} has another key in the fleet file: {known}"
        raise Conflict(message, hint=f"choose another name, or `chittyops secrets revoke {name}` first")
    key = recipient or known or ""
    wanted = here.environments(environments)
    changes = here.people.granted(key, wanted)
    if not changes and known:
        terminal.emit(_result([], written=False), f"{name} can read that already; nothing to do")
        return
    _apply(terminal, here, changes, {} if known else {name: key}, dry_run=dry_run, yes=yes)
    if not dry_run:
        terminal.note("commit and push it, and they can read the store after a pull")
        _warn_of_inheritance(terminal, here, key, environments)


def _warn_of_inheritance(terminal: Terminal, here: _Here, recipient: str, named: Sequence[str]) -> None:
    readers = here.people.readers()
    every = next((path for path in readers if Path(path).name.startswith("all.")), "")
    if named and every and recipient not in readers[every]:
        terminal.note(f"{every}, which every environment inherits, they cannot read: add --env all if they should")


@command("revoke")
@click.argument("name")
@ENVIRONMENTS
@DRY_RUN
@YES
@pass_terminal
def revoke(terminal: Terminal, name: str, *, environments: tuple[str, ...], dry_run: bool, yes: bool) -> None:
    """Stop letting NAME (or a recipient) read the store, and list what they could have read.

    The files get new data keys. What they could read stays in the history of git, and perhaps with them: the secrets
    marked `rotate` need new values.
    """
    from chittyops.capabilities.secrets.wiring import could_have_read
    from chittyops.runtime.clock import SystemClock

    here = _Here.found()
    recipient = here.fleet.store.recipients.get(name, name)
    wanted = here.environments(environments)
    seen = could_have_read(here.fleet, here.home, os.environ, SystemClock(), recipient)
    changes = here.people.revoked(recipient, wanted)
    if not changes and not seen and name not in here.fleet.store.recipients:
        message = f"{name} cannot read the store, and never could"
        raise NotFound(message, hint=f"the fleet file knows: {', '.join(here.fleet.store.recipients) or 'nobody'}")
    elsewhere = set(here.people.readers()) - {change.path for change in changes}
    left = any(recipient in who for path, who in here.people.readers().items() if path in elsewhere)
    names = {} if left or name not in here.fleet.store.recipients else {name: ""}
    _show_exposed(terminal, name, seen)
    _apply(terminal, here, changes, names, dry_run=dry_run, yes=yes, exposed=seen)
    count = len({(each.path, each.keys) for each in seen if each.current})
    if count:
        terminal.warn(f"{name} may still have {number(count, 'value')} in use; give the secrets marked rotate new ones")


def _show_exposed(terminal: Terminal, name: str, seen: Sequence[Exposed]) -> None:
    if terminal.json or not seen:
        return
    table = Table("file", "secret", "could be read since", "value")
    for each in seen:
        since = f"{each.since:%Y-%m-%d}" if each.since else ""
        state = Cell("rotate", "red") if each.current else Cell("replaced since", "dim")
        table.row(each.path, ".".join(each.keys), since, state)
    terminal.note(f"what {name} could read, by the files and their history in git:")
    terminal.emit(None, table)


def _apply(
    terminal: Terminal,
    here: _Here,
    changes: list[Change],
    names: dict[str, str],
    *,
    dry_run: bool,
    yes: bool,
    exposed: Sequence[Exposed] = (),
) -> None:
    """Show the plan, ask, and write it."""
    planned = changes + (here.people.rules(changes) if changes else [])
    people = {recipient: name for name, recipient in here.fleet.store.recipients.items()}
    people |= {recipient: name for name, recipient in names.items() if recipient}
    table = Table("file", "change")
    for change in planned:
        words = [Cell(f"+ {people.get(each, each)}", "green") for each in change.added]
        words += [Cell(f"- {people.get(each, each)}, encrypted anew", "red") for each in change.removed]
        for word in words or [Cell("kept in step", "dim")]:
            table.row(change.path, word)
    for name, recipient in names.items():
        table.row("chittyops.yaml", Cell(f"{'+' if recipient else '-'} secrets.recipients.{name}", "dim"))
    if not terminal.json:
        terminal.emit(None, table)
    if planned or names:
        if not dry_run:
            terminal.confirm(f"change {number(len(planned) + bool(names), 'file')}?", yes=yes)
            here.write(planned, names)
        else:
            terminal.note("nothing was written")
    if terminal.json:
        terminal.emit(_result(planned, written=not dry_run, exposed=exposed))


def _result(changes: Sequence[Change], *, written: bool, exposed: Sequence[Exposed] = ()) -> dict[str, Any]:
    return {
        "written": written,
        "files": [{"path": each.path, "added": list(each.added), "removed": list(each.removed)} for each in changes],
        "exposed": [
            {
                "file": each.path,
                "secret": ".".join(each.keys),
                "since": each.since.isoformat() if each.since else None,
                "rotate": each.current,
            }
            for each in exposed
        ],
    }


@command("resolve")
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option("--ours", "side", flag_value="ours", help="Keep our value for every key in conflict.")
@click.option("--theirs", "side", flag_value="theirs", help="Take their value for every key in conflict.")
@click.option("--key", "keys", metavar="KEY=ours|theirs", multiple=True, help="Settle one key.")
@click.option("--driver", is_flag=True, help="Be a merge driver of git: FILEs are %O %A %B %P.")
@DRY_RUN
@pass_terminal
def resolve(
    terminal: Terminal,
    files: tuple[str, ...],
    *,
    side: str | None,
    keys: tuple[str, ...],
    driver: bool,
    dry_run: bool,
) -> None:
    """Settle merge conflicts in SOPS files (FILEs, or all in conflict), by the values that stand in them.

    What one side alone changed is taken from that side. Only where both changed a key is there something to choose:
    by --ours, --theirs and --key, else you are asked.
    """
    from chittyops.capabilities.secrets import wiring
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home

    settler = wiring.resolver(Path.cwd(), Home.locate(os.environ), os.environ, SystemClock())
    if driver:
        _drive(settler, files)
        return
    chosen = dict(map(_choice, keys))
    found = [_relative(file) for file in files] or settler.unmerged()
    if not found:
        terminal.emit({"items": []}, "no SOPS file is in conflict")
        return
    items = []
    for path in found:
        conflict = settler.open(path)
        merged = _settled(terminal, conflict, side, chosen)
        if merged.document is not None and not dry_run:
            settler.write(path, merged.document)
        taken = [".".join(each) for each in merged.theirs]
        items.append({"path": path, "written": not dry_run, "theirs": taken})
        terminal.note(f"{path}: both sides are in it; from theirs: {', '.join(taken) or 'nothing'}")
    terminal.emit({"items": items})
    if not dry_run:
        terminal.note(f"now: git add {' '.join(found)}")


def _settled(terminal: Terminal, conflict: Conflicted, side: str | None, chosen: dict[str, str]) -> Merged:
    """Return the merge of one file with every conflict settled. Raises Refused where nobody settles one."""
    merged = conflict.merged({})
    if merged.clashes:
        _show_clashes(terminal, conflict, merged.clashes)
    answers: dict[tuple[str, ...], str] = {}
    for clash in merged.clashes:
        name = ".".join(clash.keys)
        answer = chosen.get(name) or side or ""
        if not answer and terminal.interactive:
            letter = terminal.ask(f"{name}: keep [o]urs or take [t]heirs? ").strip().lower()
            answer = _CHOICES.get(letter[:1], "")
        if answer:
            answers[clash.keys] = answer
    settled = conflict.merged(answers)
    if settled.clashes:
        names = ", ".join(".".join(clash.keys) for clash in settled.clashes)
        message = f"{conflict.path}: both sides changed {names}; nothing was written"
        raise Refused(message, hint="settle it by --ours, --theirs or --key KEY=ours, or at a terminal")
    return settled


def _show_clashes(terminal: Terminal, conflict: Conflicted, clashes: Sequence[Clash]) -> None:
    if terminal.json:
        return
    table = Table("key", "ours", "theirs")
    for clash in clashes:
        ours, theirs = _deed(clash.ours, conflict.our_author), _deed(clash.theirs, conflict.their_author)
        table.row(".".join(clash.keys), ours, theirs)
    terminal.note(f"{conflict.path}: changed on both sides")
    terminal.emit(None, table)


def _deed(deed: str, author: str) -> str:
    """Return what a side did, and who; the value is masked."""
    return (deed if deed == "removed" else f"{deed} ********") + (f" by {author}" if author else "")


def _choice(text: str) -> tuple[str, str]:
    key, _, side = text.rpartition("=")
    if not key or side not in _CHOICES.values():
        message = f"--key {text} is not KEY=ours or KEY=theirs"
        raise click.UsageError(message)
    return key, side


def _relative(file: str) -> str:
    return os.path.relpath(file)


def _drive(settler: Resolver, files: Sequence[str]) -> None:
    """Merge for git. Raises Refused, with the keys, for what needs a person."""
    if len(files) not in (3, 4):
        message = "--driver takes the files %O %A %B and the name %P that git gives"
        raise click.UsageError(message)
    base, ours, theirs = map(Path, files[:3])
    name = files[3] if len(files) > 3 else str(ours)  # noqa: PLR2004 - the fourth
    clashes = settler.drive(base, ours, theirs, name)
    if clashes:
        names = ", ".join(".".join(clash.keys) for clash in clashes)
        message = f"{name}: both sides changed {names}"
        raise Refused(message, hint=f"chittyops secrets resolve {name}")
