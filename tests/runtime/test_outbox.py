"""The outbox, on real servers: every committed event is published exactly once, in order, whatever is killed."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from chittyops.kernel.errors import Unavailable
from chittyops.kernel.event import Event
from chittyops.runtime.broker import Broker
from chittyops.runtime.embedded_nats import EmbeddedNats
from chittyops.runtime.home import Home
from chittyops.runtime.outbox import Publisher, announce
from chittyops.runtime.postgres import Database

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PUBLISHER = """
import asyncio, os
from chittyops.kernel.errors import Unavailable
from chittyops.runtime import outbox
from chittyops.runtime.broker import Broker
from chittyops.runtime.postgres import Database

outbox._FROZEN_SECONDS = 1
outbox._RETRY_SECONDS = 0.1

async def main():
    database = Database.connect(os.environ["DATABASE"], application_name="publisher")
    while True:
        try:
            broker = await Broker.connect(os.environ["NATS"], name="publisher")
            await outbox.Publisher(database, broker).run()
        except Unavailable:
            await asyncio.sleep(0.1)

asyncio.run(main())
"""


@dataclass(frozen=True)
class Servers:
    database_url: str
    nats: EmbeddedNats


@pytest.fixture
async def servers(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    nats = EmbeddedNats(Home.locate({"CHITTYOPS_HOME": str(tmp_path_factory.mktemp("nats"))}))
    await nats.start()
    yield Servers(database_url, nats)
    await nats.stop()


@pytest.fixture
async def database(servers: Servers) -> AsyncIterator[Database]:
    database = Database.connect(servers.database_url, application_name="test", pool_size=8)
    async with database.transaction() as tx:
        await tx.run("CREATE TABLE counter (name text PRIMARY KEY, n integer NOT NULL)")
        await tx.run("CREATE TABLE first_write (n integer)")
    yield database
    await database.close()


@pytest.fixture
async def broker(servers: Servers) -> AsyncIterator[Broker]:
    broker = await Broker.connect(servers.nats.url, name="test")
    yield broker
    await broker.close()


def event(name: str, number: int = 0) -> Event:
    return Event(f"{name}-{number}", f"test.{name}", "/test", name, NOW, {"n": number})


async def published(broker: Broker) -> dict[str, list[int]]:
    """Return the numbers of everything in the stream, by channel, in the order of the stream."""
    context = broker._client.jetstream()
    found: dict[str, list[int]] = {}
    state = (await context.stream_info("chittyops")).state
    for sequence in range(1, state.last_seq + 1):
        message = await context.get_msg("chittyops", sequence)
        assert message.subject is not None
        assert message.data is not None
        found.setdefault(message.subject, []).append(json.loads(message.data)["data"]["n"])
    return found


async def unsent(database: Database) -> int:
    async with database.transaction() as tx:
        row = await tx.row("SELECT count(*) AS n FROM outbox WHERE sent_at IS NULL")
    assert row is not None
    return int(row["n"])


async def drained(database: Database, seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        while await unsent(database):
            await asyncio.sleep(0.05)


class Process:
    """A publisher in a process of its own."""

    def __init__(self, servers: Servers) -> None:
        environ = {**os.environ, "DATABASE": servers.database_url, "NATS": servers.nats.url}
        self._process = subprocess.Popen([sys.executable, "-c", PUBLISHER], env=environ)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


async def write(database: Database, name: str, count: int, chance: random.Random) -> None:
    """Announce ``count`` numbered events; the number and its event are one transaction, some of them undone."""
    done = 0
    while done < count:
        undone = chance.random() < 0.2
        with suppress(ZeroDivisionError):
            async with database.transaction() as tx:
                if chance.random() < 0.5:
                    # Now this transaction has its id before it waits for the row of the counter.
                    await tx.run("INSERT INTO first_write VALUES (1)")
                    await asyncio.sleep(chance.random() * 0.01)
                row = await tx.row(
                    "INSERT INTO counter VALUES (:name, 1) ON CONFLICT (name) DO UPDATE SET n = counter.n + 1"
                    " RETURNING n",
                    name=name,
                )
                assert row is not None
                await announce(tx, event(name, row["n"]))
                if undone:
                    raise ZeroDivisionError
        done += not undone


async def test_an_event_is_published_if_and_only_if_its_transaction_commits(database: Database, broker: Broker) -> None:
    publisher = Publisher(database, broker)
    async with database.transaction() as tx:
        await announce(tx, event("kept"))
        assert await publisher.publish_batch() == 0
    with suppress(ZeroDivisionError):
        async with database.transaction() as tx:
            await announce(tx, event("dropped"))
            raise ZeroDivisionError
    assert await publisher.publish_batch() == 1
    assert await publisher.publish_batch() == 0
    assert await published(broker) == {"chittyops.test.kept": [0]}


async def test_what_is_published_is_the_cloud_event(database: Database, broker: Broker) -> None:
    async with database.transaction() as tx:
        await announce(tx, event("form", 7))
    await Publisher(database, broker).publish_batch()
    message = await broker._client.jetstream().get_msg("chittyops", 1)
    assert json.loads(message.data or b"") == event("form", 7).to_json()
    assert (message.headers or {})["Nats-Msg-Id"] == "form-7"


async def test_only_one_publisher_works_at_a_time(database: Database, broker: Broker) -> None:
    async with database.transaction() as tx:
        await announce(tx, event("one"))
    async with database.transaction() as tx:
        from chittyops.runtime import outbox

        await tx.row("SELECT pg_advisory_xact_lock(:key)", key=outbox._LOCK)
        assert await Publisher(database, broker).publish_batch() == 0
    assert await Publisher(database, broker).publish_batch() == 1


async def test_with_the_broker_away_events_wait_and_are_then_published_in_order(
    servers: Servers, database: Database, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chittyops.runtime import broker as broker_module

    monkeypatch.setattr(broker_module, "_ACK_TIMEOUT_SECONDS", 0.5)
    await servers.nats.stop()
    async with database.transaction() as tx:
        for number in range(5):
            await announce(tx, event("late", number))
    publisher = Publisher(database, broker)
    with pytest.raises(Unavailable):
        await publisher.publish_batch()
    assert await unsent(database) == 5
    await servers.nats.start()
    running = asyncio.create_task(publisher.run())
    await drained(database)
    running.cancel()
    assert await published(broker) == {"chittyops.test.late": [0, 1, 2, 3, 4]}


async def test_what_was_published_but_not_marked_is_not_doubled(database: Database, broker: Broker) -> None:
    async with database.transaction() as tx:
        for number in range(3):
            await announce(tx, event("twice", number))
    await Publisher(database, broker).publish_batch()
    async with database.transaction() as tx:
        await tx.run("UPDATE outbox SET sent_at = NULL")
    await Publisher(database, broker).publish_batch()
    assert await published(broker) == {"chittyops.test.twice": [0, 1, 2]}


async def test_sent_events_are_deleted_after_a_week_and_unsent_ones_never(database: Database, broker: Broker) -> None:
    async with database.transaction() as tx:
        for number in range(3):
            await announce(tx, event("old", number))
        await tx.run("UPDATE outbox SET sent_at = now() - interval '8 days' WHERE event ->> 'id' = 'old-0'")
        await tx.run("UPDATE outbox SET sent_at = now() - interval '6 days' WHERE event ->> 'id' = 'old-1'")
    await Publisher(database, broker)._prune()
    async with database.transaction() as tx:
        left = [row["id"] for row in await tx.rows("SELECT event ->> 'id' AS id FROM outbox ORDER BY id")]
    assert left == ["old-1", "old-2"]


async def test_a_frozen_publisher_is_replaced_and_does_no_harm_when_it_wakes(
    servers: Servers, database: Database, broker: Broker
) -> None:
    frozen = Process(servers)
    try:
        chance = random.Random(1)
        writing = asyncio.create_task(write(database, "frozen", 300, chance))
        async with asyncio.timeout(20):
            while not await published(broker):
                await asyncio.sleep(0.02)
        frozen.signal(signal.SIGSTOP)
        await writing
        other = asyncio.create_task(Publisher(database, broker).run())
        await drained(database)
        frozen.signal(signal.SIGCONT)
        await write(database, "frozen", 50, chance)
        await drained(database)
        other.cancel()
    finally:
        frozen.kill()
    [numbers] = (await published(broker)).values()
    assert numbers == list(range(1, 351))


@pytest.mark.timeout(120)
async def test_kills_of_publishers_and_of_the_broker_lose_double_and_reorder_nothing(
    servers: Servers, database: Database, broker: Broker, long_form: bool
) -> None:
    chance = random.Random(7)
    count, kills = (1500, 40) if long_form else (150, 8)
    publishers = [Process(servers) for _ in range(2)]
    try:
        # Two writers for each channel, so that they wait for each other's row of the counter.
        writers = asyncio.gather(*(write(database, f"w{n % 3}", count, random.Random(n)) for n in range(6)))
        for number in range(kills):
            await asyncio.sleep(chance.uniform(0.1, 0.6))
            publishers.pop(chance.randrange(len(publishers))).kill()
            publishers.append(Process(servers))
            if number == kills // 2:
                child = servers.nats._child
                assert child is not None
                child.identity.signal(signal.SIGKILL)
                await child.wait()
                await servers.nats.start()
        await writers
        await drained(database, 90)
    finally:
        for publisher in publishers:
            publisher.kill()
    expected = list(range(1, 2 * count + 1))
    assert await published(broker) == {f"chittyops.test.w{n}": expected for n in range(3)}
