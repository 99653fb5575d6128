"""Health in PostgreSQL: many results in one transaction, and an event for each change and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chittyops.capabilities.health.model import HealthStatus, ProbeResult, ProbeTarget, ServiceKey
from chittyops.capabilities.health.service import Healths
from chittyops.capabilities.health.wiring import healths
from chittyops.runtime.postgres import Database

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def health(database: Database) -> Healths:
    return healths(database, slow_ms=100)


def result(service: str, second: int, *, ok: bool = True, build: str = "r1", fleet: str = "shop") -> ProbeResult:
    target = ProbeTarget(ServiceKey(fleet, "local", service), "http://127.0.0.1:1", "/health", "r1", 2.0, 5.0)
    return ProbeResult(target, START + timedelta(seconds=second), ok, "" if ok else "refuses connections", build, 2.5)


async def events(database: Database) -> list[tuple[str, str, str]]:
    async with database.transaction() as tx:
        rows = await tx.rows("SELECT channel, event FROM outbox ORDER BY id")
    assert {row["channel"] for row in rows} <= {"chittyops.health.changed"}
    return [(r["event"]["subject"], r["event"]["data"]["before"], r["event"]["data"]["after"]) for r in rows]


async def test_states_of_an_environment_come_by_name_as_they_were_recorded(health: Healths) -> None:
    await health.record([result("b", 0), result("a", 1), result("x", 1, fleet="other")])
    states = await health.states("shop", "local")
    assert [(s.key.service, s.status, s.build_id, s.latency_ms, s.failures) for s in states] == [
        ("a", HealthStatus.HEALTHY, "r1", 2.5, 0),
        ("b", HealthStatus.HEALTHY, "r1", 2.5, 0),
    ]
    assert states[1].since == states[1].checked_at == START
    assert await health.states("shop", "staging") == []


async def test_changes_are_kept_newest_first_and_page(health: Healths) -> None:
    for second in range(6):
        await health.record([result("pages", second, build="r1" if second % 2 else "r0")])
    first = await health.changes("shop", "local", service="pages", limit=4)
    rest = await health.changes("shop", "local", service="pages", limit=4, before=first[-1].id)
    steps = [(c.before.value, c.after.value, c.at) for c in (*first, *rest)]
    assert steps[0] == ("degraded", "healthy", START + timedelta(seconds=5))
    assert steps[-1] == ("unknown", "degraded", START)
    assert len(steps) == 6


async def test_nothing_is_kept_of_a_batch_that_fails(health: Healths, database: Database) -> None:
    bad = replace(result("broken", 0), latency_ms=float("1e300"))
    with pytest.raises(Exception, match="out of range"):
        await health.record([result("fine", 0), bad])
    assert await health.states("shop", "local") == []
    assert await events(database) == []


async def test_two_probers_at_once_lose_nothing(health: Healths, database: Database) -> None:
    names = [f"s{n}" for n in range(40)]
    await asyncio.gather(
        *(health.record([result(n, second) for n in names[::step]]) for second in range(5) for step in (1, -1))
    )
    assert len(await health.states("shop", "local")) == 40
    assert len({subject for subject, _, _ in await events(database)}) == 40
