"""Who read which secrets: rows for ever, and each line of the log once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chittyops.capabilities.secrets.providers.postgres.access import PostgresAccess
from chittyops.capabilities.secrets.providers.postgres.reminders import PostgresReminders
from chittyops.capabilities.secrets.providers.read_log import FILE, read_log
from chittyops.capabilities.secrets.service.rotation.model import Access
from chittyops.capabilities.secrets.service.rotation.reminders import Reminder
from chittyops.kernel.secret import SecretScope
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

SCOPE = SecretScope("/shop", "shop", "local", "cart")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def log(home: Home) -> Path:
    return home.file(*FILE)


@pytest.fixture
def access(database: Database, log: Path) -> PostgresAccess:
    return PostgresAccess(database, log, SystemClock())


async def all_reads(access: PostgresAccess) -> list[tuple[str, str, tuple[str, ...]]]:
    found = await access.reads("shop", "local", name=None, service=None, before=None, limit=100)
    return [(each.through, each.service, each.names) for each in reversed(found)]


async def test_what_processes_log_is_taken_in_once_by_however_many_workers(access: PostgresAccess, home: Home) -> None:
    record = read_log(home, SystemClock())
    assert await access.take_in() == 0
    record("agent", SCOPE, ["B", "A"])
    record("socket", SCOPE, ["C"])
    assert sum(await asyncio.gather(*(access.take_in() for _ in range(4)))) == 2
    record("agent", SCOPE, ["D"])
    await access.take_in()
    assert await all_reads(access) == [
        ("agent", "cart", ("A", "B")),
        ("socket", "cart", ("C",)),
        ("agent", "cart", ("D",)),
    ]


async def test_a_line_that_is_half_written_waits_and_one_that_is_none_is_passed_over(
    access: PostgresAccess, home: Home, log: Path
) -> None:
    record = read_log(home, SystemClock())
    record("agent", SCOPE, ["A"])
    whole = log.read_bytes()
    log.write_bytes(b"nonsense\n[]\n" + whole + whole[:20])
    assert await access.take_in() == 1
    log.write_bytes(log.read_bytes() + whole[20:])
    assert await access.take_in() == 1
    assert len(await all_reads(access)) == 2


async def test_a_log_that_begins_anew_is_read_from_its_beginning(access: PostgresAccess, home: Home, log: Path) -> None:
    record = read_log(home, SystemClock())
    record("agent", SCOPE, ["A"])
    record("agent", SCOPE, ["A"])
    await access.take_in()
    log.unlink()
    record("agent", SCOPE, ["B"])
    assert await access.take_in() == 1


async def test_reads_cannot_be_changed(access: PostgresAccess, database: Database) -> None:
    await access.add([Access(NOW, "me", "push", "shop", "local", "cart", ("A",))])
    for statement in ("UPDATE secret_access SET actor = 'you'", "DELETE FROM secret_access", "TRUNCATE secret_access"):
        with pytest.raises(Exception, match="append-only"):
            async with database.transaction() as tx:
                await tx.run(statement)


async def test_a_reminder_is_given_once_for_each_age(database: Database) -> None:
    reminders = PostgresReminders(database, SystemClock())
    due = Reminder("shop", "local", "TOKEN", "", "due", NOW, NOW)
    later = Reminder("shop", "local", "TOKEN", "", "due", datetime(2026, 6, 1, tzinfo=UTC), NOW)
    overdue = Reminder("shop", "local", "TOKEN", "", "overdue", NOW, NOW)
    assert [await reminders.remind([due]), await reminders.remind([due, overdue]), await reminders.remind([later])] == [
        1, 1, 1,
    ]  # fmt: skip
    async with database.transaction() as tx:
        events = [row["event"] for row in await tx.rows("SELECT event FROM outbox ORDER BY id")]
    assert [event["type"] for event in events] == [
        "org.chittyops.secret.due",
        "org.chittyops.secret.overdue",
        "org.chittyops.secret.due",
    ]
    assert events[0]["subject"] == "shop/local/TOKEN"
