"""``chittyops secrets list, matrix, who, history``: what can be told of secrets, never their values."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.app.commands.secrets import ENVIRONMENT, fleets, named, slot_data, store_of
from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal
from chittyops.kernel.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from chittyops.capabilities.secrets.service.access import Use as LastUse
    from chittyops.capabilities.secrets.service.access import Version
    from chittyops.capabilities.secrets.service.matrix import Field, Use
    from chittyops.capabilities.secrets.wiring import FleetStore
    from chittyops.kernel.service import Fleet

STATE_STYLES = {"missing": "red", "set": "green", "inherited": "cyan", "elsewhere": "dim"}
CHANGE_STYLES = {"added": "green", "changed": "yellow", "removed": "red", "re-encrypted": "dim"}


@command("list")
@click.argument("service", required=False)
@ENVIRONMENT
@pass_terminal
def list_(terminal: Terminal, service: str | None, *, environment: str | None) -> None:
    """List what is stored and who declares it; with SERVICE, what it declares and where that comes from.

    Needs no key: names can be read without one.
    """
    from chittyops.capabilities.fleet.wiring import read_fleet
    from chittyops.workflows.ship import read

    if service:
        _list_declared(terminal, read(Path.cwd(), environment), service)
    else:
        fleet = read_fleet(Path.cwd(), environment)
        _list_stored(terminal, fleet, environment)


def _list_declared(terminal: Terminal, fleet: Fleet, name: str) -> None:
    from chittyops.capabilities.secrets.model import entry_map
    from chittyops.capabilities.secrets.service import scopes
    from chittyops.capabilities.secrets.wiring import scope_of

    service = named(fleet, name)
    entries = store_of(fleet).entries()
    table = Table("variable", "reference", "state", "from")
    items = []
    for variable, reference in service.secrets.items():
        state, origin, text = "", "", str(reference)
        if reference.scheme == "sops":
            slot = scopes.find(scope_of(fleet, service), reference.location, entry_map(entries))
            state = "set" if slot else "missing"
            origin = slot.part.title if slot else ""
        elif reference.scheme == "template":
            state, text = "made", "a text with other secrets"
        else:
            state = "elsewhere"
        table.row(variable, text, Cell(state, "red" if state == "missing" else ""), origin)
        items.append({"variable": variable, "reference": text, "state": state, "from": origin})
    terminal.emit({"items": items}, table)
    if not items:
        terminal.note(f"{name} declares no secret: services.{name}.secrets")


def _list_stored(terminal: Terminal, fleet: Fleet, environment: str | None) -> None:
    from chittyops.capabilities.secrets.model import EVERY

    declared: dict[str, list[str]] = {}
    for service in fleet.services.values():
        for reference in service.secrets.values():
            if reference.scheme == "sops":
                declared.setdefault(reference.location, []).append(service.name)
    wanted = (EVERY, environment) if environment else (EVERY, *fleet.environments)
    table = Table("secret", "for", "file", "declared by")
    items = []
    for slot, entry in sorted(store_of(fleet).entries().items(), key=lambda each: (each[0].name, each[0].part.title)):
        if slot.part.environment in wanted:
            users = declared.get(slot.name, [])
            table.row(slot.name, slot.part.title, entry.path, ", ".join(users) or Cell("nobody", "yellow"))
            items.append({**slot_data(slot), "file": entry.path, "declared_by": users})
    terminal.emit({"items": items}, table)
    if not items:
        terminal.note("nothing is stored yet; `chittyops secrets init`, then `chittyops secrets set NAME`")


@command("matrix")
@click.argument("services", nargs=-1, metavar="[SERVICE...]")
@ENVIRONMENT
@pass_terminal
def matrix(terminal: Terminal, services: tuple[str, ...], *, environment: str | None) -> None:
    """Show which service has which secret in which environment: set, inherited, shared, missing, expired, unused.

    Needs no key and shows no value.
    """
    from chittyops.capabilities.secrets.model import EVERY, entry_map
    from chittyops.capabilities.secrets.service import check as checking
    from chittyops.capabilities.secrets.service import matrix as making
    from chittyops.runtime.clock import SystemClock

    fleet = workspace(environment)
    now = SystemClock().now()
    over = frozenset(name for name, policy in fleet.store.policies.items() if checking.expired(policy, now))
    wanted = {named(fleet, name).name for name in services}
    made = making.matrix(uses_of(fleet), entry_map(store_of(fleet).entries()), over)
    fields = [
        field
        for field in made.fields
        if (not wanted or field.service in wanted) and environment in (None, field.environment)
    ]
    environments = [name for name in fleet.environments if environment in (None, name)]
    items = [
        {name: getattr(field, name) for name in ("service", "variable", "environment", "reference", "state")}
        | {"from": field.origin, "shared_with_production": field.shared, "expired": field.expired}
        for field in fields
    ]
    wide = [slot for slot in made.unused if environment is None or slot.part.environment in (EVERY, environment)]
    unused = [{"name": slot.name, "for": slot.part.title} for slot in wide]
    terminal.emit({"items": items, "unused": unused}, _matrix_table(fields, environments))
    if not terminal.json and any(field.shared for field in fields):
        terminal.note("*: production and another environment share this value")
    if missing := sum(field.state == "missing" for field in fields):
        terminal.note(f"{missing} missing: `chittyops secrets list SERVICE --env E` says which to set")
    for slot in wide if not wanted else ():
        terminal.note(f"never used: {slot.name} ({slot.part.title})")


def _matrix_table(fields: Sequence[Field], environments: Sequence[str]) -> Table:
    by_row: dict[tuple[str, str], dict[str, Field]] = {}
    for field in fields:
        by_row.setdefault((field.service, field.variable), {})[field.environment] = field
    table = Table("service", "secret", *environments)
    for (service, variable), row in by_row.items():
        table.row(service, variable, *(_cell(row.get(name)) for name in environments))
    return table


def _cell(field: Field | None) -> Cell:
    if field is None:
        return Cell("-", "dim")
    origin = field.reference.partition(":")[0] if field.state == "elsewhere" else field.origin
    more = f" ({origin})" if field.state in ("inherited", "elsewhere") else ""
    # A narrow terminal cuts off the end.
    return Cell(
        f"{field.state}{'*' * field.shared}{', expired' * field.expired}{more}",
        "red" if field.expired else "yellow" if field.shared else STATE_STYLES[field.state],
    )


@command("history")
@click.argument("name")
@click.argument("service", required=False)
@pass_terminal
def history(terminal: Terminal, name: str, service: str | None) -> None:
    """Show which commits added, changed or removed the secret NAME, when and by whom; with SERVICE, its own alone."""
    from chittyops.capabilities.secrets.model import Slot
    from chittyops.capabilities.secrets.service import access
    from chittyops.capabilities.secrets.wiring import repository

    fleet = workspace()
    store = store_of(fleet)
    owner = named(fleet, service).name if service else None
    files = {store.shown(environment): environment for environment in _all_environments(fleet)}
    table = Table("when", "what", "for", "by", "commit", "file")
    items = []
    for change in reversed(access.changes(versions_of(fleet, store), name)):
        slot = Slot.at(files[change.version.path], change.keys)
        if slot is None or (owner and slot.part.owner != owner):
            continue
        version = change.version
        what = Cell(change.what, CHANGE_STYLES[change.what])
        table.row(_time(version.at), what, slot.part.title, version.author, version.commit[:10], version.path)
        items.append(
            {"at": version.at.isoformat(), "what": change.what, "for": slot.part.title, "by": version.author}
            | {"commit": version.commit, "file": version.path}
        )
    terminal.emit({"items": items}, table if items else "")
    if not items:
        known = repository(Path(fleet.root), os.environ).present()
        said = f"no commit of this branch has a secret {name}" if known else "this folder is in no git repository"
        terminal.note(said)
    elif any(item["what"] == "re-encrypted" for item in items):
        terminal.note("re-encrypted: the whole file got a new key; whether the value changed too does not show")


@command("who")
@click.argument("name")
@ENVIRONMENT
@pass_terminal
def who(terminal: Terminal, name: str, *, environment: str | None) -> None:
    """Show who can read the secret NAME, who could once, and when it was last used by what.

    Readers are those its files are encrypted for, now and in every commit of every branch.
    """
    from chittyops.capabilities.secrets.model import EVERY
    from chittyops.capabilities.secrets.service import access

    fleet = workspace(environment)
    store = store_of(fleet)
    chosen = (EVERY, environment) if environment else _all_environments(fleet)
    files = {store.shown(each) for each in chosen}
    outlines = {store.shown(each): outline for each, outline in store.outlines().items() if each in chosen}
    versions = [each for each in versions_of(fleet, store, everywhere=True) if each.path in files]
    names = {recipient: person for person, recipient in fleet.store.recipients.items()}
    readers = access.readers(
        versions,
        {path: tuple(outline.recipients) for path, outline in outlines.items()},
        {path: list(outline.ciphertexts) for path, outline in outlines.items()},
        names,
        name,
    )
    if not readers:
        raise NotFound(f"no file of the store has, or had, a secret {name}", hint="`chittyops secrets list` shows all")
    table = Table("who", "can read it", "file", "since", "until", "key")
    items = []
    for each in readers:
        state = Cell("now", "green") if each.now else Cell("could", "yellow")
        until = "" if each.now else _time(each.until) or "?"
        table.row(each.name or "unknown", state, each.path, _time(each.since), until, each.recipient)
        items.append(
            {"name": each.name, "recipient": each.recipient, "file": each.path, "now": each.now}
            | {"since": each.since.isoformat() if each.since else None}
            | {"until": each.until.isoformat() if each.until else None}
        )
    uses = _last_uses(fleet, name, environment)
    used = [
        {"service": use.service, "environment": use.environment, "through": use.through, "at": use.at.isoformat()}
        for use in uses
    ]
    terminal.emit({"items": items, "uses": used}, table)
    for use in uses:
        terminal.note(f"last used by {use.service} in {use.environment}, {_time(use.at)}, through {use.through}")
    if not uses:
        terminal.note("no use is on record: agents, `secrets serve`, pushes and rotations record them")
    if any(not item["now"] for item in items):
        terminal.note("who could read it may have kept it: `chittyops secrets rotate` makes what they know worthless")


def _last_uses(fleet: Fleet, name: str, environment: str | None) -> list[LastUse]:
    """Return who last used the secret ``name``, the latest first, as far as this machine and its centre know."""
    from chittyops.capabilities.secrets.service import access
    from chittyops.capabilities.secrets.wiring import reads
    from chittyops.runtime.home import Home

    variables = {
        (use.scope.service, use.scope.environment): frozenset(
            variable for variable, ref in use.secrets.items() if ref.scheme == "sops" and ref.location == name
        )
        for use in uses_of(fleet)
        if environment in (None, use.scope.environment)
    }
    lines = chain(reads(Home.locate(os.environ)), _centre_reads(fleet, variables))
    found = access.last_uses(lines, fleet.name, variables)
    return sorted(found.values(), key=lambda each: each.at, reverse=True)


def _centre_reads(fleet: Fleet, variables: Mapping[tuple[str, str], frozenset[str]]) -> Iterator[bytes]:
    """Yield the last reads that the centre knows of, as the lines of a log; none where it does not run."""
    from chittyops.interface.client import Address, Client
    from chittyops.workflows.ship import place

    client = Client(lambda: Address.locate(os.environ))
    with suppress(Unavailable):
        for (service, environment), names in variables.items():
            path = f"{place(fleet.name, environment)}/secrets/access"
            for name in sorted(names):
                for row in client.items(path, {"service": service, "name": name}, limit=1):
                    about = {"fleet": fleet.name, "environment": environment, "reader": row.get("through")}
                    yield json.dumps({**row, **about}).encode()


def workspace(environment: str | None = None) -> Fleet:
    """Return the fleet of this folder, in ``environment`` or the first one it has. Raises Misconfigured."""
    from chittyops.capabilities.fleet.wiring import read_fleet

    return read_fleet(Path.cwd(), environment)


def _all_environments(fleet: Fleet) -> tuple[str, ...]:
    from chittyops.capabilities.secrets.model import EVERY

    return (EVERY, *fleet.environments)


def versions_of(fleet: Fleet, store: FleetStore, *, everywhere: bool = False) -> list[Version]:
    """Return the files of the store as commits of this branch left them; ``everywhere``: of all branches."""
    from chittyops.capabilities.secrets.wiring import versions

    paths = [store.shown(environment) for environment in _all_environments(fleet)]
    return versions(Path(fleet.root), os.environ, paths, everywhere=everywhere)


def uses_of(fleet: Fleet) -> tuple[Use, ...]:
    """Return what each service declares in each environment."""
    from chittyops.capabilities.secrets.service.matrix import PRODUCTION, Use
    from chittyops.capabilities.secrets.wiring import scope_of

    return tuple(
        Use(scope_of(each, service), service.secrets, each.environment.protected or environment in PRODUCTION)
        for environment, each in fleets(fleet).items()
        for service in each.services.values()
    )


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
