"""A planned push, carried out: several places at once, each write noted before and after it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chittyops.capabilities.secrets.ports import PushRecord, SinkProvider
from chittyops.capabilities.secrets.service.push.plan import Change, PlacePlan
from chittyops.kernel.errors import ChittyOpsError, Unavailable
from chittyops.kernel.secret import Secret

AT_ONCE = 4
"""So many places are written to at the same time."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the push to one place. ``left`` are the names that were not done, because of ``error``."""

    plan: PlacePlan
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    error: ChittyOpsError | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """The plan for a place, the provider that reaches it, and the values it is given."""

    plan: PlacePlan
    sink: SinkProvider
    values: Mapping[str, Secret]


async def push(
    jobs: Sequence[Job],
    record: PushRecord,
    *,
    prune: bool = False,
    advance: Callable[[str], None] = lambda _title: None,
) -> tuple[Outcome, ...]:
    """Carry out ``jobs`` and return what came of each, in their order; one that fails does not keep others back.

    What is not done when this is interrupted or fails stays noted as begun: the next push writes it again. ``advance``
    is called with its title for each place that is through.
    """
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(job: Job) -> Outcome:
        async with turn:
            outcome = await _push(job, record, prune=prune)
            advance(job.plan.place.title)
            return outcome

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(job)) for job in jobs]
    return tuple(task.result() for task in tasks)


async def _push(job: Job, record: PushRecord, *, prune: bool) -> Outcome:
    place, written = job.plan.place.id, list[str]()
    extra = tuple(each.name for each in job.plan.extra) if prune else ()
    try:
        for batch in _batches(job.plan.writes, job.sink.at_once):
            record.begin(place, {each.name: each.fingerprint for each in batch})
            await _write(job, batch)
            record.finish(place, [each.name for each in batch])
            written += [each.name for each in batch]
        if extra:
            await job.sink.remove(extra)
            record.forget(place, extra)
    except ChittyOpsError as error:
        left = [each.name for each in job.plan.writes if each.name not in written]
        return Outcome(job.plan, tuple(written), (), (*left, *extra), error)
    return Outcome(job.plan, tuple(written), extra)


async def _write(job: Job, batch: Sequence[Change]) -> None:
    """Write ``batch``; where it is not known what became of it, look, if the values that are there can be read."""
    try:
        await job.sink.write({each.name: job.values[each.name] for each in batch})
    except Unavailable:
        if not job.sink.readable:
            raise
        there = await job.sink.names()
        if any(there.get(each.name) != each.fingerprint for each in batch):
            raise


def _batches(changes: Sequence[Change], size: int) -> Iterator[Sequence[Change]]:
    size = size or max(1, len(changes))
    for start in range(0, len(changes), size):
        yield changes[start : start + size]
