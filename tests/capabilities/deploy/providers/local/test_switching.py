"""Versions are switched under load, and no request fails."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest
from tests.capabilities.deploy.providers.local.driving import Fleet, RunningAgent

READERS = 6


STREAMED = b"6\r\nchunk\n\r\n" * 10 + b"0\r\n\r\n"


class Load:
    """Asks without pause: over kept connections, over new ones, and for streamed answers.

    Raw sockets, since a full client would be slower than what it measures.
    """

    def __init__(self, address: str) -> None:
        self.port = int(address.rpartition(":")[2])
        self.builds: Counter[str] = Counter()
        self.failures: list[str] = []
        self.stopped = False

    async def run(self, number: int) -> None:
        while not self.stopped:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    await self._ask(reader, writer, number % 3)
                finally:
                    writer.close()
            except (OSError, EOFError, ValueError, AssertionError) as error:
                self.failures.append(repr(error))

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: int) -> None:
        once = True
        while once or (kind != 2 and not self.stopped):
            once = False
            writer.write(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"/stream" if kind == 1 else b"/"))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            if kind == 1:
                assert await reader.readexactly(len(STREAMED)) == STREAMED
                self.builds["stream"] += 1
                continue
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            self.builds[json.loads(await reader.readexactly(length))["build"]] += 1


async def switch(fleet: Fleet, times: int) -> tuple[Load, float]:
    """Deploy ``times`` versions under load; return it, and how many seconds it lasted."""
    _, activated = await fleet.deploy(fleet.target("build-0"))
    load = Load(activated.address)
    readers = [asyncio.create_task(load.run(number)) for number in range(READERS)]
    began = asyncio.get_running_loop().time()
    for number in range(1, times + 1):
        target = fleet.target(f"build-{number}")
        prepared, activated = await fleet.deploy(target)
        await fleet.provider.verify(target, activated.address)
        assert prepared.handle == target.build_id
    await asyncio.sleep(0.3)
    seconds = asyncio.get_running_loop().time() - began
    load.stopped = True
    await asyncio.gather(*readers)
    return load, seconds


async def test_a_few_switches_under_load_fail_no_request(agent: RunningAgent, fleet: Fleet) -> None:
    load, _ = await switch(fleet, 3)
    assert load.failures == []
    assert {"build-0", "build-3", "stream"} <= load.builds.keys()


@pytest.mark.slow
async def test_twenty_switches_at_two_hundred_requests_per_second_fail_no_request(
    agent: RunningAgent, fleet: Fleet
) -> None:
    load, seconds = await switch(fleet, 20)
    assert load.failures == []
    assert {f"build-{number}" for number in range(21)} <= load.builds.keys()
    assert load.builds.total() / seconds >= 200
