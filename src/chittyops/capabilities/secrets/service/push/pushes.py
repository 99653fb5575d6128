"""The way of a push: values found, places looked at, differences planned, and then carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chittyops.capabilities.secrets.ports import PushRecord, SinkProvider
from chittyops.capabilities.secrets.service.push import apply
from chittyops.capabilities.secrets.service.push.apply import Job, Outcome
from chittyops.capabilities.secrets.service.push.places import Place, Source, agreed
from chittyops.capabilities.secrets.service.push.plan import PlacePlan, compare
from chittyops.kernel.errors import ChittyOpsError, Misconfigured, Problem
from chittyops.kernel.secret import Secret, SecretReader, SecretRef, SecretScope
from chittyops.kernel.service import Fleet, Service


@dataclass(frozen=True, slots=True)
class Unreached:
    """A place that could not be looked at, and why."""

    place: Place
    error: ChittyOpsError


@dataclass(frozen=True, slots=True)
class Planned:
    """What a push would do to the places that could be looked at, and those that could not."""

    jobs: tuple[Job, ...] = ()
    unreached: tuple[Unreached, ...] = ()


@dataclass(frozen=True, slots=True)
class Pushes:
    """Pushes secrets to the places of one environment. ``sink`` makes the provider that reaches a place."""

    sink: Callable[[Place], SinkProvider]
    record: PushRecord
    fingerprint: Callable[[str, Secret], str]

    async def plan(self, places: Sequence[Place], values: Mapping[Source, Secret]) -> Planned:
        """Look at ``places`` and return what would change there. Raises Misconfigured where services disagree."""
        wanted = [(place, agreed(place, values)) for place in places]
        turn = asyncio.Semaphore(apply.AT_ONCE)

        async def look(place: Place, given: Mapping[str, Secret]) -> Job | Unreached:
            async with turn:
                try:
                    sink = self.sink(place)
                    there = await sink.names()
                except ChittyOpsError as error:
                    return Unreached(place, error)
            marks = {name: self.fingerprint(name, value) for name, value in given.items()}
            changes = compare(marks, there, self.record.read(place.id), place.claimed)
            return Job(PlacePlan(place, changes), sink, given)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(look(place, given)) for place, given in wanted]
        looked = [task.result() for task in tasks]
        return Planned(
            tuple(each for each in looked if isinstance(each, Job)),
            tuple(each for each in looked if isinstance(each, Unreached)),
        )

    async def push(
        self, jobs: Sequence[Job], *, prune: bool = False, advance: Callable[[str], None] = lambda _title: None
    ) -> tuple[Outcome, ...]:
        """Carry out ``jobs``, as ``plan`` returned them, and return what came of each."""
        return await apply.push(jobs, self.record, prune=prune, advance=advance)


def values_of(
    fleet: Fleet, places: Sequence[Place], read: SecretReader, scope: Callable[[Fleet, Service], SecretScope]
) -> dict[Source, Secret]:
    """Return the value of everything wanted at ``places``.

    Raises Misconfigured that names all that cannot be had, of every service.
    """
    needed: dict[str, dict[str, SecretRef]] = {}
    for source in sorted({source for place in places for sources in place.wanted.values() for source in sources}):
        service = fleet.services[source.service]
        needed.setdefault(source.service, {})[source.variable] = service.secrets[source.variable]
    found: dict[Source, Secret] = {}
    problems: list[Problem] = []
    for name, references in needed.items():
        try:
            values = read(scope(fleet, fleet.services[name]), references)
        except Misconfigured as error:
            problems += error.problems
        else:
            found |= {Source(name, variable): value for variable, value in values.items()}
    if problems:
        raise Misconfigured.of(tuple(dict.fromkeys(problems)))
    return found
