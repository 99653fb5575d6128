"""What probes found becomes health, kept in a real database and announced where it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chittyops.capabilities.health.model import HealthChange, HealthStatus, ProbeResult, ProbeTarget, ServiceKey
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


async def test_only_a_change_of_status_is_announced(health: Healths, database: Database) -> None:
    await health.record([result("a", n) for n in range(3)])
    await health.record([result("a", 3, ok=False), result("a", 4, ok=False)])
    assert await events(database) == [("shop/local/a", "unknown", "healthy")]
    await health.record([result("a", 5, ok=False)])
    await health.record([result("a", 6, ok=False)])
    await health.record([result("a", 7)])
    assert await events(database) == [
        ("shop/local/a", "unknown", "healthy"),
        ("shop/local/a", "healthy", "unhealthy"),
        ("shop/local/a", "unhealthy", "healthy"),
    ]


async def test_several_results_of_one_service_in_one_batch_count_one_by_one(health: Healths) -> None:
    made = await health.record([result("many", n, ok=n == 3) for n in reversed(range(4))])
    assert [(c.before, c.after) for c in made] == [
        (HealthStatus.UNKNOWN, HealthStatus.UNHEALTHY),
        (HealthStatus.UNHEALTHY, HealthStatus.HEALTHY),
    ]


async def test_a_service_that_is_no_longer_deployed_is_forgotten_and_that_is_announced(
    health: Healths, database: Database
) -> None:
    await health.record([result("stays", 0), result("goes", 0)])
    made = await health.retain([ServiceKey("shop", "local", "stays")], START + timedelta(seconds=9))
    assert made == [
        HealthChange(
            ServiceKey("shop", "local", "goes"),
            HealthStatus.HEALTHY,
            HealthStatus.UNKNOWN,
            "no longer deployed",
            START + timedelta(seconds=9),
        )
    ]
    assert [s.key.service for s in await health.states("shop", "local")] == ["stays"]
    assert (await events(database))[-1] == ("shop/local/goes", "healthy", "unknown")
    await health.retain([], START)
    assert await health.states("shop", "local") == []
