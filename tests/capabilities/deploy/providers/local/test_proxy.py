"""The stable port: versions change behind it and no request notices."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from chittyops.capabilities.deploy.providers.local.ports import Ports
from chittyops.capabilities.deploy.providers.local.proxy import Backend, Proxy
from chittyops.kernel.errors import Unavailable

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def upstream(handler: Handler, port: int = 0) -> AsyncIterator[Backend]:
    """Run a raw server; what it does with a connection is the test's."""
    serving: set[asyncio.Task[object] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await handler(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield Backend(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        async with asyncio.timeout(5):
            await asyncio.gather(*filter(None, serving))


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    opened = Proxy(Ports().take())
    await opened.open()
    yield opened
    await opened.close()
    await asyncio.sleep(0.02)


async def send(proxy: Proxy, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(data)
    return reader, writer


async def talk(proxy: Proxy, data: bytes) -> bytes:
    """Send ``data`` and return all that comes until the proxy closes."""
    reader, writer = await send(proxy, data)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


def answering(text: bytes, *, requests: int = 1) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(requests):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(text)
            await writer.drain()

    return handler


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def test_bytes_pass_unchanged(proxy: Proxy) -> None:
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 Fine\r\nX-ODD:  Yes \r\nContent-Length: 0\r\n\r\n")

    request = b"GET /a?b=%20 HTTP/1.1\r\nhOST: x\r\nX-Odd:   1\r\nConnection: close\r\n\r\n"
    async with upstream(handler) as proxy.backend:
        assert await talk(proxy, request) == b"HTTP/1.1 200 Fine\r\nX-ODD:  Yes \r\nContent-Length: 0\r\n\r\n"
    assert seen == [request]


async def test_pipelined_requests_are_answered_in_order(proxy: Proxy) -> None:
    count = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        await reader.readuntil(b"\r\n\r\n")
        count += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % count)

    async with upstream(handler) as proxy.backend:
        answer = await talk(proxy, GET + GET + LAST)
    assert [part[-1:] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"1", b"2", b"3"]


async def test_a_request_hidden_behind_a_body_is_a_request_of_its_own(proxy: Proxy) -> None:
    heads: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heads.append(head.split(b" HTTP")[0])
        if b"Content-Length" in head:
            assert await reader.readexactly(4) == b"body"
        writer.write(OK)
        assert await reader.read() == b""

    async with upstream(handler) as proxy.backend:
        await talk(proxy, b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody" + LAST)
    assert heads == [b"POST /one", b"GET /"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["nonsense", "two-framings", "long-head", "bad-chunk"],
)
async def test_a_bad_request_gets_400(proxy: Proxy, request_bytes: bytes) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with upstream(handler) as proxy.backend:
        assert (await talk(proxy, request_bytes)).startswith(b"HTTP/1.1 400 ")


async def test_without_a_version_the_answer_is_503(proxy: Proxy) -> None:
    assert (await talk(proxy, GET)).startswith(b"HTTP/1.1 503 ")


async def test_a_version_that_does_not_listen_gives_502(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chittyops.capabilities.deploy.providers.local.proxy._CONNECT_SECONDS", 0.1)
    proxy.backend = Backend(Ports().take())
    assert (await talk(proxy, GET)).startswith(b"HTTP/1.1 502 ")
    assert proxy.backend.in_flight == 0


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200", b"SSH-2.0 hello\r\n\r\n"], ids=["none", "part", "other"])
async def test_a_version_that_does_not_answer_gives_502(proxy: Proxy, answer: bytes) -> None:
    async with upstream(answering(answer)) as proxy.backend:
        assert (await talk(proxy, GET)).startswith(b"HTTP/1.1 502 ")


async def test_a_request_waits_for_a_version_that_just_starts(proxy: Proxy) -> None:
    port = Ports().take()
    proxy.backend = Backend(port)
    asking = asyncio.create_task(talk(proxy, LAST))
    await asyncio.sleep(0.2)
    async with upstream(answering(OK), port):
        assert await asking == OK


async def test_a_response_that_breaks_off_is_not_passed_off_as_complete(proxy: Proxy) -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
    async with upstream(answering(half)) as proxy.backend, httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.TransportError):
            await client.get(f"http://127.0.0.1:{proxy.port}/")


async def test_a_response_until_close_ends_with_the_connection(proxy: Proxy) -> None:
    async with upstream(answering(b"HTTP/1.1 200 OK\r\n\r\nall of it")) as proxy.backend:
        assert await talk(proxy, GET) == b"HTTP/1.1 200 OK\r\n\r\nall of it"


async def test_interim_responses_and_expect_continue(proxy: Proxy) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(4)
        writer.write(
            b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + body
        )

    head = b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"
    async with upstream(handler) as proxy.backend:
        reader, writer = await send(proxy, head)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"body")
        rest = await reader.read()
        writer.close()
    assert rest.endswith(b"Content-Length: 4\r\n\r\nbody")


async def test_an_early_answer_to_an_upload_arrives(proxy: Proxy) -> None:
    too_large = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    async with upstream(answering(too_large)) as proxy.backend:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n"
        assert await talk(proxy, head + b"x" * 200_000) == too_large


async def test_an_upgraded_connection_is_a_tunnel(proxy: Proxy) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        while data := await reader.read(100):
            writer.write(data[::-1])

    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
    async with upstream(handler) as proxy.backend:
        reader, writer = await send(proxy, request)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x00abc")
        assert await reader.readexactly(4) == b"cba\x00"
        assert proxy.backend.in_flight == 1
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()


async def test_a_slow_reader_holds_the_sender_back(proxy: Proxy) -> None:
    sent = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x" * 1_000_000)
            await writer.drain()
            sent += 1

    async with upstream(handler) as proxy.backend:
        _, writer = await send(proxy, LAST)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(0.5)
        assert sent < 40
        writer.transport.abort()
        assert await proxy.backend.drained(2)


async def test_a_client_that_leaves_frees_the_version(proxy: Proxy) -> None:
    left = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read()
        left.set()

    async with upstream(handler) as proxy.backend:
        _, writer = await send(proxy, GET)
        await asyncio.sleep(0.1)
        assert proxy.backend.in_flight == 1
        writer.close()
        async with asyncio.timeout(2):
            await left.wait()
        assert await proxy.backend.drained(2)


async def test_requests_under_way_end_where_they_began(proxy: Proxy) -> None:
    release = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await release.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold")

    new = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"
    async with upstream(slow) as old, upstream(answering(new)) as newer:
        proxy.backend = old
        waiting = asyncio.create_task(talk(proxy, LAST))
        await asyncio.sleep(0.1)
        proxy.backend = newer
        assert (await talk(proxy, LAST)).endswith(b"new")
        assert not await old.drained(0.05)
        release.set()
        assert (await waiting).endswith(b"old")
        assert await old.drained(1)


async def test_a_kept_connection_moves_to_the_new_version(proxy: Proxy) -> None:
    async with upstream(answering(OK)) as old, upstream(answering(OK.replace(b"ok", b"no"))) as newer:
        proxy.backend = old
        reader, writer = await send(proxy, GET)
        assert await reader.readexactly(len(OK)) == OK
        proxy.backend = newer
        writer.write(LAST)
        assert (await reader.read()).endswith(b"no")
        writer.close()


async def test_tcp_is_spliced() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)

    proxy = Proxy(Ports().take(), "tcp")
    await proxy.open()
    async with upstream(echo) as proxy.backend:
        reader, writer = await send(proxy, b"\x00\xff")
        assert await reader.readexactly(2) == b"\x00\xff"
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
    await proxy.close()


async def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        proxy = Proxy(taken.getsockname()[1])
        with pytest.raises(Unavailable, match="in use"):
            await proxy.open()


async def test_ports_are_given_out_once() -> None:
    ports = Ports()
    taken = [ports.take() for _ in range(200)]
    assert len(set(taken)) == 200
