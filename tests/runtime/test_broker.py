"""The broker, on a real NATS server that is killed and comes back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.runtime import broker as broker_module
from chittyops.runtime.broker import Broker, Message
from chittyops.runtime.embedded_nats import EmbeddedNats
from chittyops.runtime.home import Home


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "_CONNECT_TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(broker_module, "_ACK_TIMEOUT_SECONDS", 1.0)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedNats]:
    server = EmbeddedNats(Home.locate({"CHITTYOPS_HOME": str(tmp_path / "nats-home")}))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def broker(server: EmbeddedNats) -> AsyncIterator[Broker]:
    broker = await Broker.connect(server.url, name="test")
    yield broker
    await broker.close()


async def kill(server: EmbeddedNats) -> None:
    child = server._child
    assert child is not None
    child.identity.signal(signal.SIGKILL)
    await child.wait()


async def collect(broker: Broker, pattern: str, into: list[Message]) -> None:
    async with aclosing(broker.subscribe(pattern)) as messages:
        async for message in messages:
            into.append(message)  # noqa: PERF401 - the caller looks at the list while it grows


async def listening(broker: Broker, pattern: str, into: list[Message]) -> asyncio.Task[None]:
    """Start to collect; return when the first message came through, which is not kept."""
    task = asyncio.create_task(collect(broker, pattern, into))
    number = 0
    while not into:
        number += 1
        await broker.publish("chittyops.test.ready", b"", message_id=f"ready-{number}")
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)
    into.clear()
    return task


async def until(condition: list[Message], count: int) -> None:
    async with asyncio.timeout(15):
        while len(condition) < count:
            await asyncio.sleep(0.02)


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def publish_until_taken(broker: Broker, channel: str, payload: bytes, message_id: str) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                return await broker.publish(channel, payload, message_id=message_id)
            except Unavailable:
                await asyncio.sleep(0.05)


async def test_a_subscriber_gets_new_messages_of_its_pattern_in_order(broker: Broker) -> None:
    await broker.publish("chittyops.test.early", b"0", message_id="early")
    got: list[Message] = []
    task = await listening(broker, "chittyops.test.*", got)
    for number in range(20):
        await broker.publish("chittyops.test.a", str(number).encode(), message_id=str(number))
        await broker.publish("chittyops.other.a", b"x", message_id=f"other-{number}")
    await until(got, 20)
    await stop(task)
    assert [(m.channel, m.payload) for m in got] == [("chittyops.test.a", str(n).encode()) for n in range(20)]
    assert [m.sequence for m in got] == sorted({m.sequence for m in got})


async def test_publishing_twice_under_one_id_stores_one_message(broker: Broker) -> None:
    got: list[Message] = []
    task = await listening(broker, "chittyops.test.*", got)
    for payload in (b"first", b"again"):
        await broker.publish("chittyops.test.a", payload, message_id="same")
    await broker.publish("chittyops.test.a", b"last", message_id="other")
    await until(got, 2)
    await stop(task)
    assert [m.payload for m in got] == [b"first", b"last"]


async def test_both_sides_survive_kills_of_the_server_without_loss_or_double(
    server: EmbeddedNats, broker: Broker
) -> None:
    got: list[Message] = []
    task = await listening(broker, "chittyops.test.*", got)
    for number in range(60):
        if number in {20, 40}:
            await kill(server)
            await server.start()
        await publish_until_taken(broker, "chittyops.test.a", str(number).encode(), str(number))
    await until(got, 60)
    await stop(task)
    assert [m.payload for m in got] == [str(n).encode() for n in range(60)]


async def test_a_duplicate_is_known_after_a_kill_of_the_server(server: EmbeddedNats, broker: Broker) -> None:
    await broker.publish("chittyops.test.a", b"x", message_id="one")
    await kill(server)
    await server.start()
    got: list[Message] = []
    task = await listening(broker, "chittyops.test.*", got)
    await publish_until_taken(broker, "chittyops.test.a", b"x", "one")
    await publish_until_taken(broker, "chittyops.test.a", b"y", "two")
    await until(got, 1)
    await stop(task)
    assert [m.payload for m in got] == [b"y"]


async def test_publishing_to_a_server_that_is_away_is_unavailable_and_works_again_after(
    server: EmbeddedNats, broker: Broker
) -> None:
    await kill(server)
    with pytest.raises(Unavailable) as caught:
        await broker.publish("chittyops.test.a", b"x", message_id="1")
    assert not caught.value.permanent
    await server.start()
    await publish_until_taken(broker, "chittyops.test.a", b"x", "1")


async def test_a_server_that_lost_its_data_gets_the_stream_again(server: EmbeddedNats, broker: Broker) -> None:
    await broker._client.jsm().delete_stream("chittyops")
    await publish_until_taken(broker, "chittyops.test.a", b"x", "1")
    assert (await broker._client.jetstream().stream_info("chittyops")).state.messages == 1


async def test_nobody_there_is_unavailable_and_the_message_holds_no_password() -> None:
    with pytest.raises(Unavailable) as caught:
        await Broker.connect("nats://me:hunter2@127.0.0.1:9", name="test")
    assert "127.0.0.1:9" in caught.value.message
    assert "hunter2" not in caught.value.message


async def test_a_wrong_password_is_unavailable_and_says_why(server: EmbeddedNats) -> None:
    with pytest.raises(Unavailable, match=r"(?i)authori[sz]ation"):
        await Broker.connect(f"nats://chittyops:wrong@127.0.0.1:{server.port}", name="test")


async def test_credentials_are_not_given_to_a_server_that_does_not_encrypt(server: EmbeddedNats) -> None:
    password = server.home.credential("nats").reveal()
    with pytest.raises(Unavailable, match=r"(?i)secure"):
        await Broker.connect(f"tls://chittyops:{password}@127.0.0.1:{server.port}", name="test")


@pytest.mark.parametrize("url", ["http://x", "nats://", "4222", "nats://broker.example:4222"])
async def test_a_url_that_is_none_or_not_safe_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        await Broker.connect(url, name="test")
    assert "tls://" in caught.value.hint


async def test_the_stream_keeps_a_month_and_knows_duplicates_for_a_day(broker: Broker) -> None:
    config = (await broker._client.jsm().stream_info("chittyops")).config
    assert (config.max_age, config.duplicate_window) == (30 * 86400, 86400)
    assert config.max_bytes == 2**30
