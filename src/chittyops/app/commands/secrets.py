"""``chittyops secrets``: the group, and its daily verbs: set, get."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chittyops.interface.terminal import Cell, LazyGroup, Table, Terminal, command, pass_terminal
from chittyops.interface.terminal.command import current_terminal
from chittyops.interface.terminal.errors import report_problem
from chittyops.kernel.errors import Misconfigured, NotFound, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chittyops.capabilities.secrets.model import Part, Slot
    from chittyops.capabilities.secrets.wiring import FleetStore, Opened
    from chittyops.kernel.secret import Secret
    from chittyops.kernel.service import Fleet, Service

_HERE = "app.commands.secrets"
VERBS = {
    "init": "app.commands.secrets_keys:init",
    "set": f"{_HERE}:set_",
    "get": f"{_HERE}:get",
    "list": "app.commands.secrets_look:list_",
    "rm": "app.commands.secrets_edit:remove",
    "edit": "app.commands.secrets_edit:edit",
    "generate": "app.commands.secrets_edit:generate",
    "import": "app.commands.secrets_edit:import_",
    "export": "app.commands.secrets_edit:export",
    "matrix": "app.commands.secrets_look:matrix",
    "check": "app.commands.secrets_check:check",
    "who": "app.commands.secrets_look:who",
    "history": "app.commands.secrets_look:history",
    "grant": "app.commands.secrets_keys:grant",
    "revoke": "app.commands.secrets_keys:revoke",
    "resolve": "app.commands.secrets_keys:resolve",
    "push": "app.commands.secrets_push:push",
    "rotate": "app.commands.secrets_rotate:rotate",
    "serve": "app.commands.secrets_serve:serve",
}
HIDDEN = "********"
SOURCE = click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would be done and write nothing.")
REVEAL = click.option("--reveal", is_flag=True, help="Show values on a terminal, too.")
ENVIRONMENT = click.option("--env", "environment", metavar="NAME", help="The environment; `local` by default.")


def _no_core_dumps() -> None:
    """Keep values out of core dumps, ours and those of the editors and programs we start."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


secrets = LazyGroup(
    "secrets",
    callback=_no_core_dumps,
    verbs=VERBS,
    short_help="Keep, look at, check and hand out secrets.",
    help="Keep secrets in SOPS files in git, see who sees which, and hand them out. A service sees what it declares.",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of the store a command is about; ``service`` is set where that is the part of one service."""

    fleet: Fleet
    part: Part
    service: Service | None


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """The options that say which part of the store is meant."""

    group: str | None = None
    whole: bool = False
    environment: str | None = None
    every: bool = False

    @property
    def choose(self) -> bool:
        """Return whether they choose a part of the store, and no environment alone."""
        return bool(self.group or self.whole or self.every)

    def of(self, service: str | None, *, repeated: bool = True) -> Place:
        """Return the part of the store that the options, and the argument ``service``, mean.

        Raises NotFound for a name that is nobody's. Not ``repeated``: it may be a value, and the error leaves it out.
        """
        from chittyops.capabilities.fleet.wiring import read_fleet
        from chittyops.capabilities.secrets.model import EVERY, Level, Part
        from chittyops.workflows.ship import read

        if sum(map(bool, (service, self.group, self.whole))) > 1:
            message = "a service, --group and --fleet exclude one another"
            raise click.UsageError(message)
        if self.environment and self.every:
            message = "--env and --all exclude one another"
            raise click.UsageError(message)
        fleet = read_fleet(Path.cwd()) if self.every else read(Path.cwd(), self.environment)
        if service and service not in fleet.services and not repeated:
            message = "the word after NAME is no service; it is not repeated here, for a value never stands there"
            raise NotFound(message, hint="leave the value out to be asked, or pipe it in")
        found = named(fleet, service) if service else None
        if self.group and self.group not in fleet.groups:
            raise unknown("group", self.group, fleet.groups)
        level = Level.SERVICE if service else Level.GROUP if self.group else Level.FLEET
        part = Part(level, service or self.group or "", EVERY if self.every else fleet.environment.name)
        return Place(fleet, part, found)


def placed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which part of the store is meant; the function gets them as ``options``."""

    @wraps(function)
    def gathered(
        *arguments: Any, group: str | None, whole: bool, environment: str | None, every: bool, **others: Any
    ) -> Any:
        return function(*arguments, options=PlaceOptions(group, whole, environment, every), **others)

    added = (
        click.option("--group", metavar="NAME", help="The services of a group."),
        click.option("--fleet", "whole", is_flag=True, help="All services; so it is where nothing is said."),
        ENVIRONMENT,
        click.option("--all", "every", is_flag=True, help="All environments."),
    )
    for option in reversed(added):
        option(gathered)
    return gathered


def named(fleet: Fleet, service: str) -> Service:
    """Return the service called that. Raises NotFound."""
    if service not in fleet.services:
        raise unknown("service", service, fleet.services)
    return fleet.services[service]


def unknown(kind: str, name: str, known: Iterable[str]) -> NotFound:
    """Return the error that there is no ``kind`` called ``name``."""
    from chittyops.kernel.nearest import nearest

    return NotFound(f"there is no {kind} called {name}", hint=nearest(name, sorted(known)))


def store_of(fleet: Fleet) -> FleetStore:
    """Return the fleet's own store."""
    from chittyops.capabilities.secrets.wiring import fleet_store, sweep
    from chittyops.runtime.home import Home

    home = Home.locate(os.environ)
    sweep(home)
    return fleet_store(fleet, home, os.environ)


def fleets(fleet: Fleet) -> dict[str, Fleet]:
    """Return ``fleet`` as each of its environments sees it."""
    from chittyops.capabilities.fleet.wiring import configuration

    read = configuration(Path(fleet.root))
    return {environment: read.fleet(environment) for environment in fleet.environments}


def shown(terminal: Terminal, value: str, *, reveal: bool) -> str:
    """Return ``value`` as it may be written: to a terminal only where somebody asked for it."""
    return HIDDEN if terminal.out.isatty() and not reveal else value


@command("set")
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[SERVICE] [-]")
@placed
@click.option("--file", "path", type=SOURCE, help="Take the value from a file, to the byte; - is stdin.")
@pass_terminal
def set_(
    terminal: Terminal,
    name: str,
    words: tuple[str, ...],
    *,
    options: PlaceOptions,
    path: Path | None,
) -> None:
    """Set the secret NAME: for SERVICE, a group or the fleet, in one environment or all.

    The value is asked for, twice; where stdin is no terminal, or with `-`, it is read from there (a line break at its
    end is left out). It never stands on the command line.
    """
    from chittyops.capabilities.secrets.model import Slot, checked_name

    checked_name(name)
    service, piped = _words(words)
    where = options.of(service, repeated=False)
    value = given(name, path, piped=piped)
    write(terminal, where, {Slot(where.part, name): value})


def _words(words: tuple[str, ...]) -> tuple[str | None, bool]:
    names = [word for word in words if word != "-"]
    if len(names) > 1:
        message = "the value never stands on the command line: leave it out to be asked, or pipe it in"
        raise click.UsageError(message)
    return (names[0] if names else None), "-" in words


def given(name: str, path: Path | None, *, piped: bool) -> Secret:
    """Return the value of ``name`` from ``path``, stdin or a person. Raises Misconfigured for one that cannot be."""
    from chittyops.kernel.secret import Secret

    if path and piped:
        message = "- and --file exclude one another"
        raise click.UsageError(message)
    if sys.stdin and sys.stdin.isatty() and not path and not piped:
        value = _typed(name)
    else:
        data = path.read_bytes() if path and path != Path("-") else sys.stdin.buffer.read() if sys.stdin else b""
        try:
            value = data.decode()
        except UnicodeDecodeError:
            raise Misconfigured("the value is not UTF-8 text", hint="encode it, as base64 for instance") from None
        value = value if path else value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise Misconfigured("the value is empty: nothing was set", hint="pipe it in, or be asked for it on a terminal")
    if "\0" in value:
        raise Misconfigured("the value has a NUL in it: nothing was set", hint="encode it, as base64 for instance")
    return Secret(value)


def _typed(name: str) -> str:
    """Return the value of ``name`` as a person types it, twice the same."""
    terminal = current_terminal()
    while value := terminal.ask(f"value of {name}: ", hidden=True):
        if terminal.ask("once more: ", hidden=True) == value:
            return value
        report_problem(Problem("the two values are not the same", hint="type it again, twice"), terminal)
    return ""


def states_of(opened: Opened, values: Mapping[Slot, Secret]) -> dict[Slot, str]:
    """Return what setting ``values`` in ``opened`` means for each: added, changed or unchanged."""
    before = opened.values
    return {
        slot: "added" if slot not in before else "unchanged" if before[slot] == value else "changed"
        for slot, value in values.items()
    }


def write(
    terminal: Terminal, where: Place, values: Mapping[Slot, Secret], opened: Opened | None = None, *, public: str = ""
) -> None:
    """Write ``values``, all of the part ``where``, and say what came of it; ``public`` is data that is no secret.

    Raises Conflict where the file is not as ``opened`` any more, which is what was looked at before.
    """
    store = store_of(where.fleet)
    opened = opened or store.open(where.part.environment)
    states = states_of(opened, values)
    edits = {slot: value for slot, value in values.items() if states[slot] != "unchanged"}
    if edits:
        store.save(opened, edits)
    path = store.shown(where.part.environment)
    table = Table("secret", "for", "file", "state", "seen by")
    items = []
    for slot, state in states.items():
        seen = _seen(where.fleet, store, slot)
        table.row(slot.name, slot.part.title, path, Cell(state, STATE_STYLES[state]), ", ".join(seen) or "nobody yet")
        items.append({**slot_data(slot), "file": path, "state": state, "seen_by": seen})
    if public:
        terminal.note(table.render(width=terminal.error_width))
        terminal.emit({"items": items, "public_key": public}, public.rstrip("\n"))
    else:
        terminal.emit({"items": items}, table)
    lonely = [slot.name for slot, item in zip(states, items, strict=True) if not item["seen_by"]]
    if lonely:
        owner = where.service.name if where.service else "SERVICE"
        names = ", ".join(f'{name}: "sops:{name}"' for name in lonely)
        terminal.note(f"no service sees it until it declares it: services.{owner}.secrets: {{{names}}}")


STATE_STYLES = {"added": "green", "changed": "yellow", "unchanged": "dim", "removed": "red"}


def slot_data(slot: Slot) -> dict[str, object]:
    """Return ``slot`` as JSON data."""
    part = slot.part
    return {"name": slot.name, "scope": str(part.level), "owner": part.owner, "environment": part.environment}


def _seen(fleet: Fleet, store: FleetStore, slot: Slot) -> list[str]:
    """Return who sees the value in ``slot``: services, with their environments where it is in more than one."""
    from chittyops.capabilities.secrets.model import EVERY, entry_map
    from chittyops.capabilities.secrets.service import scopes
    from chittyops.capabilities.secrets.wiring import scope_of

    stored = entry_map(store.entries())
    views = fleets(fleet) if slot.part.environment == EVERY else {fleet.environment.name: fleet}
    return [
        f"{service.name} in {environment}" if slot.part.environment == EVERY else service.name
        for environment, each in views.items()
        for service in each.services.values()
        if any(ref.scheme == "sops" and ref.location == slot.name for ref in service.secrets.values())
        and scopes.find(scope_of(each, service), slot.name, stored) == slot
    ]


@command("get")
@click.argument("name")
@click.argument("service", required=False)
@placed
@REVEAL
@click.option("-n", "--no-newline", "bare", is_flag=True, help="Without the line break that ends it otherwise.")
@pass_terminal
def get(
    terminal: Terminal,
    name: str,
    service: str | None,
    *,
    options: PlaceOptions,
    reveal: bool,
    bare: bool,
) -> None:
    """Print a secret: as SERVICE sees it (NAME is its variable, or a name in the store), or as it is stored.

    A terminal shows it only with --reveal; a pipe gets it with a line break behind it, which `set` leaves out again.
    """
    where = options.of(service)
    value, origin = found_value(where, name)
    text = shown(terminal, value.reveal(), reveal=reveal)
    if bare and not terminal.json:
        terminal.out.write(text)
    else:
        terminal.emit({"name": name, "value": text, "from": origin}, text)
    if where.service and not options.every and name not in where.service.secrets:
        terminal.note(f"{where.service.name} does not declare {name}: it does not get it")
    if text == HIDDEN:
        terminal.note(f"{name} is set ({origin}); --reveal shows it")


def found_value(where: Place, name: str) -> tuple[Secret, str]:
    """Return the value of ``name`` and where it is from: as a service sees it, or as it is stored for many."""
    from chittyops.capabilities.secrets.model import EVERY

    service = where.service if where.part.environment != EVERY else None
    return _as_seen(where.fleet, service, name) if service else stored_value(where, name)


def _as_seen(fleet: Fleet, service: Service, name: str) -> tuple[Secret, str]:
    from chittyops.capabilities.secrets.wiring import reader, scope_of
    from chittyops.kernel.configuration import secret_names
    from chittyops.kernel.secret import SecretRef
    from chittyops.runtime.home import Home

    # A text refers to other secrets of the service, which have to be at hand.
    declared = service.secrets.get(name)
    reference = declared or SecretRef("sops", name)
    others = secret_names(reference.location) if reference.scheme == "template" else ()
    wanted = {name: reference} | {other: service.secrets[other] for other in others if other in service.secrets}
    values = reader(Home.locate(os.environ), os.environ)(scope_of(fleet, service), wanted)
    return values[name], str(reference) if reference.scheme != "template" else "a text with other secrets"


def stored_value(where: Place, name: str) -> tuple[Secret, str]:
    """Return the value of ``name`` in the part ``where`` of the store, and where that is. Raises NotFound."""
    from chittyops.capabilities.secrets.model import Slot

    store = store_of(where.fleet)
    values = store.open(where.part.environment).values if store.path(where.part.environment).exists() else {}
    value = values.get(Slot(where.part, name))
    if value is None:
        elsewhere = sorted({each.part.title for each in store.entries() if each.name == name})
        hint = f"it is set for: {'; '.join(elsewhere)}" if elsewhere else "`chittyops secrets list` shows what there is"
        raise NotFound(f"{name} is not set for {where.part.title}", hint=hint)
    return value, f"{where.part.title} ({store.shown(where.part.environment)})"
