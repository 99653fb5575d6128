"""Live streams: their form, their heartbeat, their end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from starlette.requests import Request

from chittyops.interface.web import stream as module
from chittyops.interface.web.stream import ServerEvent, stream
from chittyops.kernel.errors import Unavailable


def request() -> Request:
    app = FastAPI()
    app.state.closing = asyncio.Event()
    return Request({"type": "http", "app": app, "headers": []})


async def read(asked: Request, events: AsyncIterator[ServerEvent]) -> list[bytes]:
    return [bytes(frame) async for frame in stream(asked, events).body_iterator]  # type: ignore[arg-type]


def test_an_event_is_written_as_the_standard_says() -> None:
    event = ServerEvent({"text": "two\nlines"}, "log", "12-3")
    assert event.encode() == b'id: 12-3\nevent: log\ndata: {"text":"two\\nlines"}\n\n'
    assert ServerEvent(1).encode() == b"data: 1\n\n"


async def test_it_ends_when_the_events_end() -> None:
    async def events() -> AsyncIterator[ServerEvent]:
        yield ServerEvent(1)
        yield ServerEvent(2)

    assert await read(request(), events()) == [b"retry: 1000\n\n", b"data: 1\n\n", b"data: 2\n\n"]


async def test_it_says_that_it_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.05)

    async def events() -> AsyncIterator[ServerEvent]:
        await asyncio.sleep(0.13)
        yield ServerEvent(1)

    frames = await read(request(), events())
    assert frames[1:3] == [b": still here\n\n"] * 2
    assert frames[-1] == b"data: 1\n\n"


async def test_it_ends_at_once_when_the_process_ends_and_lets_go_of_its_source() -> None:
    released = asyncio.Event()
    asked = request()

    async def events() -> AsyncIterator[ServerEvent]:
        try:
            yield ServerEvent(1)
            await asyncio.sleep(60)
        finally:
            released.set()

    reading = asyncio.create_task(read(asked, events()))
    await asyncio.sleep(0.05)
    asked.app.state.closing.set()
    assert await asyncio.wait_for(reading, 1) == [b"retry: 1000\n\n", b"data: 1\n\n"]
    assert released.is_set()


async def test_trouble_on_the_way_is_told() -> None:
    async def events() -> AsyncIterator[ServerEvent]:
        yield ServerEvent(1)
        raise Unavailable("the database is away")

    last = (await read(request(), events()))[-1]
    assert last.startswith(b"event: problem\n")
    assert b"the database is away" in last
