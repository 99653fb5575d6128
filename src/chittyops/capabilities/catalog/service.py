"""What may be asked of the catalogue, and done in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from chittyops.capabilities.catalog.model import (
    Acceptance,
    Entry,
    EntryFilter,
    ProblemFilter,
    Published,
    Weighed,
    Workspace,
)
from chittyops.capabilities.catalog.ports import Workspaces
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Misconfigured, NotFound
from chittyops.kernel.inventory import FORMAT, Finding, FoundService, Inventory

LONGEST_ACCEPTANCE: Final = timedelta(days=366)
LONGEST_REASON: Final = 500
SEVERITIES: Final = ("error", "warning", "info")
ALIVE: Final = frozenset({"canonical", "variant"})


class Catalog:
    """The catalogue over what keeps it."""

    def __init__(self, workspaces: Workspaces, clock: Clock) -> None:
        """Read and write through ``workspaces``."""
        self._workspaces = workspaces
        self._clock = clock

    async def publish(self, name: str, inventory: Inventory, actor: str) -> Workspace:
        """Keep ``inventory`` as what the workspace ``name`` holds now. Raises Misconfigured for another format."""
        if inventory.version != FORMAT:
            message = f"the inventory is of format {inventory.version}; this centre knows format {FORMAT}"
            raise Misconfigured(message, hint="use the same version of chittyops on both sides")
        return await self._workspaces.publish(name, inventory, actor)

    async def workspaces(self) -> list[Workspace]:
        """Return all workspaces by name."""
        return await self._workspaces.workspaces()

    async def published(self, name: str) -> Published:
        """Return one workspace with its inventory. Raises NotFound."""
        return await self._workspaces.published(name)

    async def problems(self, name: str) -> list[Weighed]:
        """Return the problems of a workspace with their acceptances. Raises NotFound."""
        published = await self._workspaces.published(name)
        return weigh(published.inventory, await self._workspaces.acceptances(name), self.today())

    async def accept(self, name: str, fingerprint: str, reason: str, until: date, actor: str) -> Acceptance:
        """Accept a problem up to the day ``until``.

        Raises NotFound where the workspace has no such problem, Misconfigured where the day is past or too far away.
        """
        published = await self._workspaces.published(name)
        if not any(each.fingerprint == fingerprint for each in published.inventory.problems):
            message = f"{name} has no problem {fingerprint}"
            raise NotFound(message, hint="it may have been solved; publish the workspace again")
        if not reason.strip() or len(reason) > LONGEST_REASON or "\0" in reason:
            message = f"an acceptance needs a reason of at most {LONGEST_REASON} letters"
            raise Misconfigured(message, hint="say why it may stay as it is")
        if not self.today() <= until <= self.today() + LONGEST_ACCEPTANCE:
            message = f"{until} is no day within the next {LONGEST_ACCEPTANCE.days} days"
            raise Misconfigured(message, hint="an acceptance expires, so that someone looks at it again")
        acceptance = Acceptance(fingerprint, reason.strip(), until, actor, self._clock.now())
        await self._workspaces.accept(name, acceptance)
        return acceptance

    async def withdraw(self, name: str, fingerprint: str, actor: str) -> None:
        """Take an acceptance back. Raises NotFound."""
        await self._workspaces.withdraw(name, fingerprint, actor)

    def today(self) -> date:
        """Return the present day, in UTC."""
        return self._clock.now().date()


def weigh(inventory: Inventory, acceptances: Mapping[str, Acceptance], today: date) -> list[Weighed]:
    """Return the problems of ``inventory``, each with its acceptance, and apart from these those that expired."""
    weighed: list[Weighed] = []
    for each in inventory.problems:
        found = acceptances.get(each.fingerprint)
        lapsed = found is not None and found.until < today
        weighed.append(Weighed(each, None if lapsed else found, found if lapsed else None))
    return weighed


def still_open(problems: Sequence[Weighed]) -> list[Weighed]:
    """Return the problems that nobody has accepted."""
    return [each for each in problems if each.acceptance is None]


class Bearers:
    """Which services bear a name: several may, copies among them."""

    def __init__(self, services: Iterable[FoundService]) -> None:
        """Index ``services`` by name."""
        self._all: dict[str, list[FoundService]] = defaultdict(list)
        for each in services:
            self._all[each.name].append(each)

    def meant(self, name: str) -> tuple[FoundService, ...]:
        """Return the services that are meant by ``name``: those alive, or all where none is; () for what is none."""
        found = self._all.get(name, [])
        return tuple(each for each in found if each.status in ALIVE) or tuple(found)

    def owner(self, name: str, path: str) -> FoundService | None:
        """Return the service called ``name`` that something at ``path`` belongs to: the one whose folder is nearest."""
        found = self._all.get(name, [])
        if len(found) <= 1:
            return found[0] if found else None
        inside = [each for each in found if within(path, each.path)]
        return max(inside, key=lambda each: len(each.path)) if inside else self.meant(name)[0]


def within(path: str, folder: str) -> bool:
    """Return whether ``path`` is ``folder`` or below it."""
    return folder in {"", "."} or path == folder or path.startswith(f"{folder}/")


def entries(inventory: Inventory, problems: Sequence[Weighed]) -> list[Entry]:
    """Return the services of a workspace as the catalogue lists them, in the inventory's order."""
    bearers = Bearers(inventory.services)
    place = {id(each): number for number, each in enumerate(inventory.services)}
    counts: list[Counter[str]] = [Counter() for _ in inventory.services]
    needed_by: list[dict[int, FoundService]] = [{} for _ in inventory.services]
    needs = [tuple(dict.fromkeys(d.target for d in each.depends_on)) for each in inventory.services]
    for each in still_open(problems):
        if owner := bearers.owner(each.finding.service, each.finding.path):
            counts[place[id(owner)]][each.finding.severity] += 1
    for service, targets in zip(inventory.services, needs, strict=True):
        for target in targets:
            for meant in bearers.meant(target):
                if meant is not service:
                    needed_by[place[id(meant)]][place[id(service)]] = service
    return [
        Entry(service, needs[number], tuple(needed_by[number].values()), counts[number])
        for number, service in enumerate(inventory.services)
    ]


COLUMNS: Final[Mapping[str, Callable[[Entry], Any]]] = {
    "name": lambda e: e.service.name,
    "repository": lambda e: e.service.repository,
    "platform": lambda e: e.service.platform,
    "status": lambda e: e.service.status,
    "needs": lambda e: len(e.needs),
    "needed-by": lambda e: len(e.needed_by),
    "problems": lambda e: tuple(e.problems.get(severity, 0) for severity in SEVERITIES),
    "health": lambda e: e.service.health,
    "tests": lambda e: e.service.tests.files + 1 if e.service.tests else 0,
    "owners": lambda e: ", ".join(e.service.owners),
}
"""What the catalogue is sorted by; equal ones by name, then path."""


def select_entries(found: Iterable[Entry], wanted: EntryFilter) -> list[Entry]:
    """Return the entries that ``wanted`` asks for, in its order; an unknown column sorts by name."""
    words = wanted.text.lower().split()
    chosen = [each for each in found if _matches(each, wanted) and _says(_text(each) if words else "", words)]
    chosen.sort(key=lambda e: (e.service.name, e.service.path))
    key = COLUMNS.get(wanted.sort.removeprefix("-"), COLUMNS["name"])
    chosen.sort(key=key, reverse=wanted.sort.startswith("-"))
    return chosen


def _matches(entry: Entry, wanted: EntryFilter) -> bool:
    service = entry.service
    total = sum(entry.problems.values())
    problems = {"": True, "any": total > 0, "none": total == 0}
    return (
        wanted.platform in {"", service.platform}
        and wanted.status in {"", service.status}
        and wanted.repository in {"", service.repository}
        and (not wanted.owner or wanted.owner in service.owners)
        and problems.get(wanted.problems, entry.problems.get(wanted.problems, 0) > 0)
    )


def _text(entry: Entry) -> str:
    s = entry.service
    return " ".join(
        (s.name, s.path, s.repository, *s.platforms, s.platform, s.status, s.kind, *s.owners, *s.routes, *entry.needs)
    ).lower()


def _says(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)


def select_problems(found: Iterable[Weighed], wanted: ProblemFilter) -> list[Weighed]:
    """Return the problems that ``wanted`` asks for: what is accepted last, the gravest first, then by place."""
    words = wanted.text.lower().split()
    chosen = [
        each for each in found
        if wanted.severity in {"", each.finding.severity}
        and wanted.code in {"", each.finding.code}
        and wanted.service in {"", each.finding.service}
        and wanted.state in {"", each.state}
        and _says(_said(each.finding) if words else "", words)
    ]  # fmt: skip
    grave = {severity: number for number, severity in enumerate(SEVERITIES)}
    return sorted(
        chosen,
        key=lambda w: (
            w.acceptance is not None, grave.get(w.finding.severity, len(grave)), w.finding.path, w.finding.line,
        ),
    )  # fmt: skip


def _said(finding: Finding) -> str:
    return f"{finding.code} {finding.message} {finding.hint} {finding.path} {finding.service}".lower()


def counted(values: Iterable[str]) -> list[tuple[str, int]]:
    """Return each value with how often it is there, by name; "" is left out."""
    return sorted((value, count) for value, count in Counter(values).items() if value)
