"""What the page of one service of a workspace shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chittyops.app.dashboard.workspaces_map import DependencyMap, neighbourhood
from chittyops.app.dashboard.workspaces_words import Places
from chittyops.capabilities.catalog.model import Entry, Weighed
from chittyops.capabilities.catalog.service import Bearers
from chittyops.kernel.errors import NotFound
from chittyops.kernel.inventory import (
    Credential,
    Dependency,
    FoundService,
    Inventory,
    Row,
    Script,
    Stage,
    Workflow,
)

DEFAULT = "default"
SET = "set"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing side by side: its name, and what it is in each environment ("" where it is not)."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Environments:
    """The environments of a service side by side: lines by what they are about."""

    names: tuple[str, ...]
    parts: Mapping[str, tuple[Line, ...]]


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service with all that the inventory holds of it."""

    entry: Entry
    environments: Environments
    needs: tuple[tuple[str, tuple[FoundService, ...], tuple[Dependency, ...]], ...]
    """What it needs by name: the services meant, and the ways in which it is needed."""
    picture: DependencyMap | None
    problems: tuple[Weighed, ...]
    scripts: tuple[Script, ...]
    workflows: tuple[Workflow, ...]
    credentials: tuple[Credential, ...]
    original: FoundService | None
    copies: tuple[FoundService, ...]
    namesakes: tuple[FoundService, ...]


def find(entries: Sequence[Entry], path: str, name: str) -> Entry:
    """Return the service at ``path``; ``name`` tells several of one folder apart. Raises NotFound."""
    there = [entry for entry in entries if entry.service.path == (path or ".")]
    found = next((entry for entry in there if not name or entry.service.name == name), None)
    if found is None:
        message = f"the workspace has no service {name or 'of any name'} in {path or '.'}"
        raise NotFound(message, hint="the catalogue lists them all; publish the workspace again if it is new")
    return found


def service_view(
    inventory: Inventory, entries: Sequence[Entry], problems: Sequence[Weighed], entry: Entry, places: Places
) -> ServiceView:
    """Return what the page of ``entry`` shows."""
    service, bearers = entry.service, Bearers(inventory.services)

    def own(name: str, path: str) -> bool:
        return name == service.name and bearers.owner(name, path) is service

    return ServiceView(
        entry,
        environments(service),
        tuple(
            (name, bearers.meant(name), tuple(each for each in service.depends_on if each.target == name))
            for name in entry.needs
        ),
        neighbourhood(entries, entry, places) if entry.needs or entry.needed_by else None,
        tuple(each for each in problems if own(each.finding.service, each.finding.path)),
        tuple(each for each in inventory.scripts if own(each.service, each.path)),
        tuple(each for each in inventory.workflows if own(each.service, each.path)),
        tuple(each for each in inventory.credentials if own(each.service, each.path)),
        next((s for s in inventory.services if service.copy_of and s.path == service.copy_of), None),
        tuple(s for s in inventory.services if s.copy_of and s.copy_of == service.path),
        tuple(
            s for s in inventory.services if s.name == service.name and s is not service and s.copy_of != service.path
        ),
    )


def environments(service: FoundService) -> Environments:
    """Return the environments side by side, what holds without a named one first."""
    default = Stage(service.bindings, service.routes, service.crons, service.vars, service.name)
    stages = {DEFAULT: default, **service.environments}
    lines: dict[str, dict[str, dict[str, str]]] = {}
    for stage_name, stage in stages.items():
        for part, name, value in _told(stage):
            cells = lines.setdefault(part, {}).setdefault(name, {})
            cells[stage_name] = f"{cells[stage_name]}; {value}" if stage_name in cells else value
    return Environments(
        tuple(stages),
        {
            part: tuple(Line(name, tuple(cells.get(s, "") for s in stages)) for name, cells in rows.items())
            for part, rows in lines.items()
        },
    )


def _told(stage: Stage) -> Iterator[tuple[str, str, str]]:
    """Yield what a stage holds: what it is about, its name, its value."""
    if stage.name:
        yield "called", "name", stage.name
    for kind, rows in stage.bindings.items():
        for row in rows:
            yield f"{kind.replace('_', ' ')}", *_bound(row)
    for route in stage.routes:
        yield "routes", route, SET
    for cron in stage.crons:
        yield "crons", cron, SET
    for name in stage.vars:
        yield "variables", name, SET


def _bound(row: Row) -> tuple[str, str]:
    """Return the name that a binding is known by, and what it is bound to."""
    key = next((each for each in ("binding", "name", *row) if row.get(each)), "")
    rest = {name: value for name, value in row.items() if name != key and value not in (None, "", [], {})}
    if len(rest) == 1:
        return str(row[key]), str(next(iter(rest.values())))
    return str(row.get(key, "")), ", ".join(f"{name} {value}" for name, value in rest.items()) or SET
