"""The HTTP probe, against real servers that answer well, badly, slowly, or not at all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from chittyops.capabilities.health.model import ProbeResult, ProbeTarget, ServiceKey
from chittyops.capabilities.health.providers.http import HttpProbe
from chittyops.runtime.clock import SystemClock

KEY = ServiceKey("shop", "local", "cart")
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """Run a server for the time of the block; yield its port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def answering(answer: bytes, heads: list[bytes] | None = None) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if heads is not None:
            heads.append(head)
        writer.write(answer)
        await writer.drain()

    return handle


async def ask(port: int, path: str = "/health", timeout_seconds: float = 2.0) -> ProbeResult:
    target = ProbeTarget(KEY, f"http://127.0.0.1:{port}", path, "r2", timeout_seconds, 5.0)
    return await HttpProbe(SystemClock()).ask(target)


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"build":"r2"}',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"build"\r\n6\r\n:"r2"}\r\n0\r\n\r\n',
        b'HTTP/1.0 200 OK\r\n\r\n{"build":"r2"}',
        b"HTTP/1.1 204 No Content\r\nX-Build-Id: r2\r\n\r\n",
        b'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"build":"r2"}',
    ],
    ids=["length", "chunked", "until-close", "header", "early-hints"],
)
async def test_a_good_answer_and_its_build_are_understood_in_every_form(answer: bytes) -> None:
    async with serving(answering(answer)) as port:
        result = await ask(port)
    assert (result.ok, result.build_id, result.detail, result.foreign) == (True, "r2", "", False)
    assert result.latency_ms is not None
    assert 0 < result.latency_ms < 2000


@pytest.mark.parametrize("body", [b"fine", b"{broken", b'{"build": 7}', b"[]", b"", b"\xff{"])
async def test_an_answer_without_a_build_is_well_all_the_same(body: bytes) -> None:
    async with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))) as port:
        result = await ask(port)
    assert (result.ok, result.build_id) == (True, "")


@pytest.mark.parametrize("status", [301, 404, 500, 503])
async def test_another_status_is_a_failure_and_named(status: int) -> None:
    async with serving(answering(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)) as port:
        result = await ask(port)
    assert (result.ok, result.detail) == (False, f"answered with status {status}")


async def test_the_request_names_host_and_path_and_asks_for_the_connection_to_close() -> None:
    heads: list[bytes] = []
    async with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", heads)) as port:
        await ask(port, "/api/v1/status?deep=1")
    head = heads[0].lower()
    assert head.startswith(b"get /api/v1/status?deep=1 http/1.1\r\n")
    assert b"host: 127.0.0.1:%d\r\n" % port in head
    assert b"connection: close\r\n" in head


async def test_silence_ends_at_the_time_limit() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as port:
        result = await ask(port, timeout_seconds=0.2)
    assert (result.ok, result.detail) == (False, "no answer within 0.2 s")


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "does not answer in HTTP"),
        (b"", "closes the connection without an answer"),
    ],
    ids=["another protocol", "nothing"],
)
async def test_what_is_not_http_is_a_failure(answer: bytes, detail: str) -> None:
    async with serving(answering(answer)) as port:
        result = await ask(port)
    assert (result.ok, result.detail) == (False, detail)


async def test_a_closed_port_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        result = await ask(unused.getsockname()[1])
    assert (result.ok, result.detail) == (False, "refuses connections")


async def test_without_a_path_a_connection_is_enough() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as port:
        result = await ask(port, path="")
    assert (result.ok, result.build_id) == (True, "")


async def test_an_endless_body_is_cut_off() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        except ConnectionError:
            return

    async with serving(endless) as port:
        assert (await ask(port)).ok


async def test_an_address_that_is_none_is_a_failure() -> None:
    target = ProbeTarget(KEY, "not a url", "/health", "r2", 1.0, 5.0)
    result = await HttpProbe(SystemClock()).ask(target)
    assert (result.ok, result.detail) == (False, "its address is not a URL")
