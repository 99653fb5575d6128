"""The audit log keeps everything, in order, without secrets, and lets nobody change it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest

from chittyops.kernel.errors import Refused
from chittyops.runtime import journal
from chittyops.runtime.postgres import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def write(database: Database, target: str, **detail: object) -> None:
    async with database.transaction() as tx:
        await journal.record(tx, at=NOW, actor="ann", action="release.start", target=target, detail=detail)


async def test_entries_come_back_newest_first_page_by_page(database: Database) -> None:
    for number in range(5):
        await write(database, f"shop/{number}", services=[f"s{number}"], forced=True)
    async with database.transaction() as tx:
        first = await journal.page(tx, before=None, limit=3)
        second = await journal.page(tx, before=first[-1].id, limit=3)
    assert [entry.target for entry in (*first, *second)][:5] == [f"shop/{n}" for n in (4, 3, 2, 1, 0)]
    assert (first[0].at, first[0].actor, first[0].action) == (NOW, "ann", "release.start")
    assert first[0].detail == {"services": ["s4"], "forced": True}


async def test_an_entry_exists_only_with_its_act(database: Database) -> None:
    with suppress(ZeroDivisionError):
        async with database.transaction() as tx:
            await journal.record(tx, at=NOW, actor="ann", action="x", target="rolled-back", detail={})
            raise ZeroDivisionError
    async with database.transaction() as tx:
        assert "rolled-back" not in [entry.target for entry in await journal.page(tx, before=None, limit=500)]


async def test_no_secret_is_written(database: Database) -> None:
    await write(
        database, "nats://u:hunter2@h", password="hunter2", url="https://a:hunter2@b", nested={"token": "hunter2"}
    )
    async with database.transaction() as tx:
        row = await tx.row("SELECT CAST(audit AS text) AS line FROM audit ORDER BY id DESC LIMIT 1")
    assert row is not None
    assert "hunter2" not in row["line"]


@pytest.mark.parametrize("table", ["audit", "release_event", "health_change"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = DEFAULT", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_refuses_every_change_of_history(statement: str, table: str, database: Database) -> None:
    await write(database, "kept")
    with pytest.raises(Refused, match=f"{table} is append-only"):
        async with database.transaction() as tx:
            await tx.run(statement.format(table))


async def test_a_page_has_at_most_500_entries(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO audit (at, actor, action, target, detail)"
            " SELECT now(), 'a', 'b', 'c', '{}' FROM generate_series(1, 600)"
        )
        assert len(await journal.page(tx, before=None, limit=10_000)) == 500
        assert len(await journal.page(tx, before=None, limit=-1)) == 1
