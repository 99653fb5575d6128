"""Rotations in the database: one of a secret at a time, every write fenced, what was done never done again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from chittyops.capabilities.secrets.providers.postgres.progress import PostgresRotationProgress
from chittyops.capabilities.secrets.providers.postgres.rotations import PostgresRotations
from chittyops.capabilities.secrets.service.rotation.model import RotationRequest, RotationStatus, StepStatus
from chittyops.kernel.errors import Conflict, NotFound, Refused
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.postgres import Database

REQUEST = RotationRequest("shop", "local", "/shop", "TOKEN", "local", "fleet", "command")
OTHERS = (replace(REQUEST, secret="KEY"), replace(REQUEST, file="all"), replace(REQUEST, level="group", owner="core"))


@pytest.fixture
def rotations(database: Database) -> PostgresRotations:
    return PostgresRotations(database, SystemClock())


@pytest.fixture
def progress(database: Database) -> PostgresRotationProgress:
    return PostgresRotationProgress(database, SystemClock())


async def test_one_rotation_of_one_secret_at_a_time(rotations: PostgresRotations) -> None:
    made = await asyncio.gather(*(rotations.create(REQUEST, "me") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, Conflict) for each in made) == 4
    for other in OTHERS:
        await rotations.create(other, "me")
    with pytest.raises(Conflict, match=r"rotated already: rot-.*queued, by me"):
        await rotations.create(REQUEST, "you")


@pytest.mark.parametrize("status", ["succeeded", "rolled_back"])
async def test_one_that_has_ended_lets_the_next_begin(
    status: str, rotations: PostgresRotations, progress: PostgresRotationProgress
) -> None:
    made = await rotations.create(REQUEST, "me")
    await progress.finish(made.id, RotationStatus(status))
    await rotations.create(REQUEST, "me")
    with pytest.raises(Refused, match="has ended"):
        await rotations.cancel(made.id, "me")


async def test_one_that_failed_half_way_keeps_others_out_until_it_is_resumed_or_taken_back(
    rotations: PostgresRotations, progress: PostgresRotationProgress
) -> None:
    made = await rotations.create(REQUEST, "me")
    await progress.begin(made.id)
    await progress.finish(made.id, RotationStatus.FAILED)
    with pytest.raises(Conflict):
        await rotations.create(REQUEST, "me")
    await rotations.resume(made.id, "me")
    assert await progress.queued() == [(made.id, 2)]
    with pytest.raises(Refused, match="nothing to resume"):
        await rotations.resume(made.id, "me")


async def test_a_step_that_is_done_is_not_taken_again(
    rotations: PostgresRotations, progress: PostgresRotationProgress
) -> None:
    made = await rotations.create(REQUEST, "me")
    claim = await progress.claim(made.id, "check", "one")
    await progress.settle(claim, StepStatus.DONE, {"handle": "h"})
    assert (await progress.claim(made.id, "check", "two")).verdict is StepStatus.DONE
    (step,) = (await rotations.rotation(made.id)).steps
    assert (step.name, step.status, step.detail, step.attempt) == ("check", "done", {"handle": "h"}, 1)


async def test_who_was_overtaken_records_nothing(
    rotations: PostgresRotations, progress: PostgresRotationProgress
) -> None:
    made = await rotations.create(REQUEST, "me")
    frozen = await progress.claim(made.id, "check", "one")
    taken = await progress.claim(made.id, "check", "two")
    assert taken.attempt == 2
    with pytest.raises(Conflict, match="taken over"):
        await progress.settle(frozen, StepStatus.FAILED, {}, "late")
    await progress.settle(taken, StepStatus.DONE, {})


async def test_a_cancelled_one_takes_no_further_step_forward(
    rotations: PostgresRotations, progress: PostgresRotationProgress
) -> None:
    made = await rotations.create(REQUEST, "me")
    await rotations.cancel(made.id, "you")
    assert (await progress.claim(made.id, "check", "one")).verdict is StepStatus.FAILED
    assert await progress.turn(made.id)
    assert (await progress.claim(made.id, "discard", "one")).verdict is None
    await progress.finish(made.id, RotationStatus.ROLLED_BACK)
    assert (await rotations.rotation(made.id)).error == "cancelled"


async def test_once_the_old_one_begins_to_end_there_is_no_way_back(
    rotations: PostgresRotations, progress: PostgresRotationProgress
) -> None:
    made = await rotations.create(REQUEST, "me")
    await progress.claim(made.id, "revoke", "one")
    assert not await progress.turn(made.id)
    with pytest.raises(Refused, match="cannot be taken back"):
        await rotations.cancel(made.id, "me")


async def test_every_change_is_announced_once(
    rotations: PostgresRotations, progress: PostgresRotationProgress, database: Database
) -> None:
    made = await rotations.create(REQUEST, "me")
    for _ in range(2):
        await progress.begin(made.id)
        await progress.finish(made.id, RotationStatus.SUCCEEDED)
    async with database.transaction() as tx:
        events = [row["event"] for row in await tx.rows("SELECT event FROM outbox ORDER BY id")]
        audited = [row["action"] for row in await tx.rows("SELECT action FROM audit ORDER BY id")]
    assert [event["type"].removeprefix("org.chittyops.rotation.") for event in events] == [
        "queued",
        "running",
        "succeeded",
    ]
    assert {event["data"]["secret"] for event in events} == {"TOKEN"}
    assert audited == ["rotation.create", "rotation.succeeded"]


async def test_lists_come_in_pages_newest_first(rotations: PostgresRotations) -> None:
    made = [(await rotations.create(each, "me")).id for each in (REQUEST, *OTHERS)]
    first = await rotations.rotations(fleet="shop", environment=None, before=None, limit=3)
    rest = await rotations.rotations(fleet="shop", environment="local", before=first[-1].sequence, limit=3)
    assert [each.id for each in (*first, *rest)] == made[::-1]
    assert await rotations.rotations(fleet="other", environment=None, before=None, limit=3) == []
    with pytest.raises(NotFound):
        await rotations.rotation("rot-none")
