"""The embedded NATS server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import nats.errors
import nats.js.errors
import psutil
import pytest
from nats.aio.client import Client

from chittyops.kernel.errors import Misconfigured
from chittyops.runtime.embedded_nats import EmbeddedNats, _program
from chittyops.runtime.home import Home


@pytest.fixture
async def server(home: Home) -> AsyncIterator[EmbeddedNats]:
    """Return a running server."""
    started = EmbeddedNats(home)
    await started.start()
    yield started
    await started.stop()


async def ignore(_error: Exception) -> None:
    """Take the errors that `connect` raises as well."""


async def enter(url: str) -> Client:
    client = Client()
    try:
        await client.connect(url, allow_reconnect=False, error_cb=ignore)
    except BaseException:
        await client.close()
        raise
    return client


def main_process(server: EmbeddedNats) -> psutil.Process:
    assert server._child
    return psutil.Process(server._child.identity.pid)


async def test_listens_on_loopback_only_and_syncs_every_message(server: EmbeddedNats) -> None:
    process = main_process(server)
    assert [c.laddr for c in process.net_connections() if c.status == psutil.CONN_LISTEN] == [
        ("127.0.0.1", server.port)
    ]
    configuration = json.loads((server.home.path / "nats.json").read_text())
    assert configuration["jetstream"]["sync_interval"] == "always"


async def test_its_passwords_are_private(server: EmbeddedNats) -> None:
    assert stat.S_IMODE((server.home.path / "nats.json").stat().st_mode) == 0o600
    process = main_process(server)
    for name in ("nats", "nats_services"):
        password = server.home.credential(name).reveal()
        assert password not in " ".join(process.cmdline())
        assert password not in str(process.environ())


@pytest.mark.parametrize("user", ["", "chittyops:wrong@", "services:wrong@"])
async def test_nobody_enters_without_a_password(server: EmbeddedNats, user: str) -> None:
    with pytest.raises(nats.errors.Error):
        await enter(f"nats://{user}127.0.0.1:{server.port}")


async def test_messages_survive_a_kill_and_the_port_stays(server: EmbeddedNats) -> None:
    client = await enter(server.url)
    stream = client.jetstream()
    await stream.add_stream(name="S", subjects=["chittyops.>"])
    await stream.publish("chittyops.a", b"kept")
    url = server.url
    await client.close()
    os.kill(main_process(server).pid, signal.SIGKILL)
    assert server._child
    await server._child.wait()
    assert await server.start() == url
    client = await enter(url)
    assert (await client.jetstream().get_msg("S", 1)).data == b"kept"
    await client.close()


async def test_a_port_that_somebody_took_before_the_start_is_given_up(home: Home) -> None:
    server = EmbeddedNats(home)
    server._choose_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", server.port))
        other.listen()
        taken = server.port
        try:
            await server.start()
            assert server.port != taken
        finally:
            await server.stop()


async def test_services_use_their_subjects_and_streams_and_see_nothing_of_the_centre(server: EmbeddedNats) -> None:
    centre, service = await enter(server.url), await enter(server.services_url)
    await centre.jetstream().add_stream(name="CENTRE", subjects=["chittyops.>"])
    streams = service.jetstream()
    await streams.add_stream(name="ORDERS", subjects=["fleet.orders.>"])
    await streams.publish("fleet.orders.new", b"1")
    subscription = await streams.pull_subscribe("fleet.orders.>", durable="billing")
    [message] = await subscription.fetch(1, timeout=5)
    await message.ack_sync()
    with pytest.raises(nats.js.errors.NotFoundError):
        await streams.delete_stream("CENTRE")
    await streams.add_stream(name="OTHER", subjects=["chittyops.>"])
    with pytest.raises(nats.errors.Error):
        await streams.publish("chittyops.release.started", b"forged", timeout=0.5)
    assert (await centre.jetstream().stream_info("CENTRE")).state.messages == 0
    await centre.close()
    await service.close()


async def test_the_centre_can_listen_to_what_services_say(server: EmbeddedNats) -> None:
    centre, service = await enter(server.url), await enter(server.services_url)
    subscription = await centre.subscribe("fleet.>")
    await centre.flush()
    await service.publish("fleet.orders.new", b"1")
    await service.flush()
    assert (await subscription.next_msg(timeout=5)).data == b"1"
    await centre.close()
    await service.close()


async def test_two_never_run_on_one_store(server: EmbeddedNats) -> None:
    second = asyncio.create_task(EmbeddedNats(server.home).launch())
    await asyncio.sleep(0.2)
    assert not second.done()
    second.cancel()


async def test_a_program_of_the_users_own_is_taken_and_checked(home: Home, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="CHITTYOPS_NATS_SERVER names /no/program"):
        await EmbeddedNats(home, {"CHITTYOPS_NATS_SERVER": "/no/program"}).start()
    (tmp_path / "mine").symlink_to(_program(""))
    server = EmbeddedNats(home, {"CHITTYOPS_NATS_SERVER": str(tmp_path / "mine")})
    await server.start()
    assert main_process(server).cmdline()[0] == str(tmp_path / "mine")
    await server.stop()
