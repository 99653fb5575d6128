"""``chittyops secrets edit, generate, import, export, rm``: values made, taken in, given out and taken away."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.app.commands.secrets import (
    DRY_RUN,
    ENVIRONMENT,
    REVEAL,
    SOURCE,
    STATE_STYLES,
    YES,
    PlaceOptions,
    fleets,
    found_value,
    named,
    placed,
    slot_data,
    states_of,
    store_of,
    stored_value,
    write,
)
from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal
from chittyops.kernel.errors import Misconfigured, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chittyops.capabilities.secrets.model import Slot
    from chittyops.capabilities.secrets.wiring import FleetStore
    from chittyops.kernel.secret import Secret
    from chittyops.kernel.service import Fleet

KINDS = ("random", "alphanumeric", "hex", "uuid", "rsa", "ed25519", "jwt-secret", "jwt", "htpasswd")
FORMATS = ("dotenv", "dotenvx", "json", "1password", "doppler")
OUTPUT = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@command("edit")
@ENVIRONMENT
@click.option("--all", "every", is_flag=True, help="The file for all environments.")
@pass_terminal
def edit(terminal: Terminal, *, environment: str | None, every: bool) -> None:
    """Edit the secrets of an environment as text, in $EDITOR.

    The text is in memory, for you alone, and gone afterwards, whatever happens. Only what you change is encrypted
    again.
    """
    from chittyops.capabilities.secrets import wiring
    from chittyops.runtime.home import Home

    where = PlaceOptions(environment=environment, every=every).of(None)
    home = Home.locate(os.environ)
    edits = wiring.edit(where.fleet, where.part.environment, home, os.environ, terminal.warn)
    table = Table("secret", "for", "state")
    items = []
    for slot, value in edits.items():
        state = "removed" if value is None else "set"
        table.row(slot.name, slot.part.title, Cell(state, STATE_STYLES.get(state, "yellow")))
        items.append({"name": slot.name, "scope": str(slot.part.level), "owner": slot.part.owner, "state": state})
    terminal.emit({"items": items}, table if items else "")
    if not items:
        terminal.note("nothing was changed")


@command("generate")
@click.argument("name")
@click.argument("service", required=False)
@click.option("--kind", type=click.Choice(KINDS), default="random", show_default=True, help="What to make.")
@click.option("--length", type=click.IntRange(1), default=None, help="Bytes; of alphanumeric and htpasswd, characters.")
@click.option("--bits", type=click.IntRange(1), default=None, help="Of an RSA key: 2048, 3072 (default) or 4096.")
@click.option("--user", metavar="NAME", default="", help="Of htpasswd; the password goes to NAME_PASSWORD.")
@click.option("--key", metavar="SECRET", help="Of jwt: the secret of the same place that signs it (HS256).")
@click.option("--claim", "claims", multiple=True, metavar="KEY=VALUE", help="Of jwt; may come several times.")
@click.option("--days", type=click.FloatRange(0, min_open=True), default=None, help="Of jwt: until it expires.")
@click.option("--replace", is_flag=True, help="Replace a value that is there.")
@placed
@pass_terminal
def generate(
    terminal: Terminal,
    name: str,
    service: str | None,
    *,
    kind: str,
    length: int | None,
    bits: int | None,
    user: str,
    key: str | None,
    claims: tuple[str, ...],
    days: float | None,
    replace: bool,
    options: PlaceOptions,
) -> None:
    """Make a new value for NAME and store it. It is never shown; of a key pair the public key is printed."""
    from chittyops.capabilities.secrets.model import Slot, checked_name
    from chittyops.capabilities.secrets.service import generate as generating
    from chittyops.runtime.clock import SystemClock

    checked_name(name)
    where = options.of(service)
    signer = found_value(where, key)[0] if key else None
    wanted = generating.Wanted(kind, length or 0, bits or 0, signer, _claims(claims), days or 0, user)
    made = generating.generate(wanted, SystemClock().now())
    values = {Slot(where.part, name): made.value}
    values |= {Slot(where.part, f"{name}{ending}"): value for ending, value in made.others.items()}
    opened = store_of(where.fleet).open(where.part.environment)
    there = [slot.name for slot in values if slot in opened.values]
    if there and not replace:
        message = f"{', '.join(there)} is set for {where.part.title} already"
        raise Refused(message, hint="--replace makes a new one; `secrets rotate` does so without an interruption")
    write(terminal, where, values, opened, public=made.public)


def _claims(words: tuple[str, ...]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if any(not equals for _, equals, _ in pairs):
        message = "write a claim as KEY=VALUE"
        raise click.UsageError(message)
    return {key: value for key, _, value in pairs}


@command("import")
@click.argument("path", metavar="FILE", type=SOURCE)
@click.argument("service", required=False)
@click.option("--from", "form", type=click.Choice(FORMATS), default=None, help="Who wrote it; by default it shows.")
@click.option("--only", "names", multiple=True, metavar="NAME", help="Take this one; may come several times.")
@placed
@YES
@DRY_RUN
@pass_terminal
def import_(
    terminal: Terminal,
    path: Path,
    service: str | None,
    *,
    form: str | None,
    names: tuple[str, ...],
    options: PlaceOptions,
    yes: bool,
    dry_run: bool,
) -> None:
    """Take secrets in from FILE (- for stdin): .env, .dev.vars, dotenvx, JSON, 1Password and Doppler exports.

    Asks before it replaces a value; --dry-run shows, by name, what would be added and changed.
    """
    from chittyops.capabilities.secrets.model import Slot

    where = options.of(service)
    found = _read(terminal, path, form, names)
    values = {Slot(where.part, name): value for name, value in found.items()}
    opened = store_of(where.fleet).open(where.part.environment)
    states = {slot.name: state for slot, state in states_of(opened, values).items()}
    if dry_run:
        table = Table("secret", "for", "state")
        for name, state in states.items():
            table.row(name, where.part.title, Cell(state, STATE_STYLES[state]))
        items = [{"name": name, "scope": where.part.title, "state": state} for name, state in states.items()]
        terminal.emit({"items": items}, table)
        return
    changed = [name for name, state in states.items() if state == "changed"]
    if changed:
        terminal.confirm(f"replace {', '.join(changed)} for {where.part.title}?", yes=yes)
    write(terminal, where, values, opened)
    if path != Path("-"):
        terminal.note(f"{path} still holds the values: delete it when nothing needs it any more")


def _read(terminal: Terminal, path: Path, form: str | None, names: Sequence[str]) -> Mapping[str, Secret]:
    """Return the values in the file ``path``, those of ``names`` where there are any; tell which are empty."""
    from chittyops.capabilities.secrets.model import checked_name
    from chittyops.capabilities.secrets.service import formats
    from chittyops.kernel.secret import Secret

    def keys() -> str:
        beside = path.parent / ".env.keys"
        return beside.read_text("utf-8") if beside.exists() else ""

    try:
        text = (sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()).decode()
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not UTF-8 text", hint="is it the right file?") from None
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}", hint="look at its name and mode") from None
    values = formats.read(text, str(path), form or "", os.environ, keys)
    if missing := [name for name in names if name not in values]:
        raise Misconfigured(f"{path} has no {', '.join(missing)}", hint=f"it has: {', '.join(values)}")
    wanted = {name: value for name, value in values.items() if not names or name in names}
    if empty := [name for name, value in wanted.items() if not value]:
        terminal.note(f"left out, for they are empty: {', '.join(empty)}")
    if len(empty) == len(wanted):
        raise Misconfigured(f"{path} has no values", hint=f"--from says who wrote it: {', '.join(FORMATS)}")
    try:
        return {checked_name(name): Secret(value) for name, value in wanted.items() if value}
    except Misconfigured as error:
        raise Misconfigured(f"{path}: {error.message}", hint=f"{error.hint}; --only NAME takes others alone") from None


@command("export")
@click.argument("service")
@ENVIRONMENT
@click.option("--format", "form", type=click.Choice(("dotenv", "json", "shell")), default="dotenv", show_default=True)
@click.option("-o", "--output", "path", type=OUTPUT, help="Write a file, 0600, that git ignores.")
@REVEAL
@pass_terminal
def export(
    terminal: Terminal, service: str, *, environment: str | None, form: str, path: Path | None, reveal: bool
) -> None:
    """Write the secrets of SERVICE, as it sees them, to a pipe or a file; to a terminal only with --reveal.

    `chittyops run` hands them over without a file.
    """
    from chittyops.capabilities.secrets.service.formats import WRITERS
    from chittyops.capabilities.secrets.wiring import reader, repository, scope_of
    from chittyops.runtime import atomic
    from chittyops.runtime.home import Home
    from chittyops.workflows.ship import read

    path = None if path == Path("-") else path
    if path is None and terminal.out.isatty() and not reveal:
        raise Refused("a terminal keeps what it shows", hint="pipe it, write it with -o, or pass --reveal")
    if path:
        path = path.absolute()
        if not path.parent.is_dir():
            raise Misconfigured(f"{path} cannot be written: its folder is not there", hint="make it, or name another")
        repository(path.parent, os.environ).refuse_shared(path)
    fleet = read(Path.cwd(), environment)
    declared = named(fleet, service)
    values = reader(Home.locate(os.environ), os.environ)(scope_of(fleet, declared), declared.secrets)
    text = WRITERS["json" if terminal.json else form]({name: value.reveal() for name, value in values.items()})
    if path is None:
        terminal.out.write(text)
        terminal.out.flush()
        return
    try:
        atomic.write_plaintext(path, text.encode())
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}", hint="see whose folder it is") from None
    terminal.note(f"{len(values)} secrets of {service} in {fleet.environment.name} are in {path}")


@command("rm")
@click.argument("name")
@click.argument("service", required=False)
@placed
@YES
@DRY_RUN
@pass_terminal
def remove(
    terminal: Terminal,
    name: str,
    service: str | None,
    *,
    options: PlaceOptions,
    yes: bool,
    dry_run: bool,
) -> None:
    """Remove the secret NAME of SERVICE, a group or the fleet from the store, after saying who would miss it."""
    from chittyops.capabilities.secrets.model import Slot
    from chittyops.capabilities.secrets.wiring import repository

    where = options.of(service)
    slot = Slot(where.part, name)
    store = store_of(where.fleet)
    if slot not in store.entries():
        stored_value(where, name)
    losses = _losses(where.fleet, store, slot)
    table = Table("service", "environment", "has then")
    for loss in losses:
        table.row(loss["service"], loss["environment"], Cell(loss["then"], "red" if loss["then"] == "nothing" else ""))
    path = store.shown(where.part.environment)
    root = Path(where.fleet.root)
    undo = repository(root, os.environ).undo_of(root / path)
    if losses and not terminal.json:
        terminal.emit(None, table)
    if not dry_run:
        terminal.confirm(f"remove {name} for {slot.part.title} from {path}?", yes=yes)
        store.save(store.open(where.part.environment), {slot: None})
    terminal.emit({**slot_data(slot), "file": path, "removed": not dry_run, "losses": losses, "undo": undo})
    terminal.note(f"{'would remove' if dry_run else 'removed'} {name} for {slot.part.title} from {path}; {undo}")


def _losses(fleet: Fleet, store: FleetStore, slot: Slot) -> list[dict[str, str]]:
    """Return which services see ``slot`` now, and what each would see without it."""
    from chittyops.capabilities.secrets.model import entry_map
    from chittyops.capabilities.secrets.service import scopes
    from chittyops.capabilities.secrets.wiring import scope_of

    before = entry_map(store.entries())
    after = {key: value for key, value in before.items() if key != slot}
    found = []
    for environment, each in fleets(fleet).items():
        for service in each.services.values():
            scope = scope_of(each, service)
            declares = any(ref.scheme == "sops" and ref.location == slot.name for ref in service.secrets.values())
            if declares and scopes.find(scope, slot.name, before) == slot:
                then = scopes.find(scope, slot.name, after)
                title = f"that of {then.part.title}" if then else "nothing"
                found.append({"service": service.name, "environment": environment, "then": title})
    return found
