"""The stable port of a service: each request goes to the version that is active when the request comes.

Client connections outlive versions, requests do not: a keep-alive connection moves to the new version with
its next request. What the peers send is passed on byte for byte; only where messages end is followed.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from chittyops.capabilities.deploy.providers.local.framing import (
    BadMessage,
    Body,
    Head,
    parse_request,
    parse_response,
)
from chittyops.capabilities.deploy.providers.local.stream import Stream
from chittyops.kernel.errors import Unavailable

HOST = "127.0.0.1"
_IDLE_SECONDS = 300.0
_CONNECT_SECONDS = 3.0
_LINGER_SECONDS = 1.0
_BACKLOG = 1024


class Backend:
    """One version as the proxy sees it: its port, and how many requests are under way there."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def enter(self) -> None:
        """Count a request in."""
        self.in_flight += 1
        self._idle.clear()

    def leave(self) -> None:
        """Count a request out."""
        self.in_flight -= 1
        if not self.in_flight:
            self._idle.set()

    async def drained(self, within_seconds: float) -> bool:
        """Return whether all requests ended ``within_seconds``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._idle.wait()
        return not self.in_flight


class Proxy:
    """Listens on one stable port. ``backend`` is where traffic goes; None answers 503."""

    def __init__(self, port: int, protocol: str = "http") -> None:
        self.port = port
        self.protocol = protocol
        self.backend: Backend | None = None
        self._server: asyncio.Server | None = None
        self._clients: dict[Stream, asyncio.Task[None]] = {}

    @property
    def listening(self) -> bool:
        """Return whether the port is open."""
        return self._server is not None

    async def open(self) -> None:
        """Listen, unless it does already. Raises Unavailable when another program holds the port."""
        if self._server is not None:
            return
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Stream(self._accept),
                HOST,
                self.port,
                backlog=_BACKLOG,
            )
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            message = f"port {self.port} is in use by another program"
            raise Unavailable(message, hint="end that program; the service keeps its stable port") from error

    async def close(self) -> None:
        """Stop listening and end all connections."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        tasks = list(self._clients.values())
        for client in list(self._clients):
            client.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self, client: Stream) -> None:
        serve = self._serve_tcp if self.protocol == "tcp" else self._serve_http
        task = asyncio.get_running_loop().create_task(serve(client))
        self._clients[client] = task
        task.add_done_callback(lambda _: self._clients.pop(client, None))

    async def _serve_http(self, client: Stream) -> None:
        try:
            while await self._exchange(client):
                pass
        except (ConnectionError, TimeoutError):
            client.abort()
        finally:
            client.close()

    async def _serve_tcp(self, client: Stream) -> None:
        try:
            async with self._connected() as upstream:
                await _splice(client, upstream)
        except (ConnectionError, TimeoutError):
            client.abort()
        finally:
            client.close()

    async def _exchange(self, client: Stream) -> bool:
        """Carry one request and its response; return whether another may follow on the connection."""
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                raw = await client.head()
            if not raw:
                return False
            request = parse_request(raw)
        except BadMessage as error:
            return await _answer(client, "400 Bad Request", str(error))
        if self.backend is None:
            return await _answer(client, "503 Service Unavailable", "no version of this service is active")
        exchange = _Exchange(client, request)
        try:
            async with self._connected() as upstream:
                return await exchange.run(upstream)
        except (BadMessage, ConnectionError) as error:
            client.on_gone = None
            if exchange.answered or client.at_end:
                raise ConnectionResetError("the response broke off") from error
            status = "400 Bad Request" if exchange.client_at_fault else "502 Bad Gateway"
            return await _answer(client, status, str(error))

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Stream]:
        """Connect to the active version; one that just starts or is being replaced gets a moment.

        Nothing has been sent while this tries again, so no request is ever delivered twice.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _CONNECT_SECONDS
        pause_seconds = 0.01
        while True:
            backend = self.backend
            if backend is None:
                raise ConnectionRefusedError("no version is active")
            backend.enter()
            try:
                try:
                    _, upstream = await loop.create_connection(Stream, HOST, backend.port)
                except OSError:
                    if loop.time() > deadline:
                        raise ConnectionRefusedError("the active version does not accept connections") from None
                else:
                    try:
                        yield upstream
                    finally:
                        upstream.abort()
                    return
            finally:
                backend.leave()
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, 0.1)


class _Exchange:
    """One request and its response, between a client and the version it was sent to."""

    def __init__(self, client: Stream, request: Head) -> None:
        self.answered = False
        self.client_at_fault = False
        self._client = client
        self._request = request

    async def run(self, upstream: Stream) -> bool:
        """Send the request while the response comes in; return whether the client's connection can go on."""
        client, request = self._client, self._request
        client.on_gone = upstream.abort
        if client.at_end:
            return False
        await upstream.send(request.raw)
        if request.body.done:
            keep = await self._respond(upstream)
        else:
            keep = await self._respond_while_uploading(upstream)
        client.on_gone = None
        return keep and request.keep_alive

    async def _respond_while_uploading(self, upstream: Stream) -> bool:
        upload = asyncio.get_running_loop().create_task(self._upload(upstream))
        try:
            keep = await self._respond(upstream)
            if not self._request.body.done:
                await asyncio.wait({upload}, timeout=_LINGER_SECONDS)
            if not self._request.body.done:
                await _linger(self._client)
            return keep and self._request.body.done
        finally:
            upload.cancel()
            await asyncio.gather(upload, return_exceptions=True)

    async def _upload(self, upstream: Stream) -> None:
        try:
            await _relay(self._client, upstream, self._request.body)
        except BadMessage:
            self.client_at_fault = True
            upstream.abort()
        except ConnectionError:
            pass  # whichever side is gone, the response in progress meets it too

    async def _respond(self, upstream: Stream) -> bool:
        while True:
            raw = await upstream.head()
            if not raw:
                if self.client_at_fault:
                    raise BadMessage("the body of the request is malformed")
                raise ConnectionResetError("the service closed the connection without an answer")
            response = parse_response(raw, self._request)
            self.answered = True
            await self._client.send(raw)
            if response.tunnel:
                self._client.on_gone = None
                await _splice(self._client, upstream)
                return False
            if response.status // 100 != 1:
                break
        await _relay(upstream, self._client, response.body)
        return response.keep_alive


async def _relay(source: Stream, sink: Stream, body: Body) -> None:
    """Pass a body on; what comes after it stays with ``source``. Raises ConnectionError when it breaks off."""
    while not body.done:
        data = await source.read()
        if not data:
            if body.until_close:
                return
            raise ConnectionResetError("the body broke off")
        count = body.feed(data)
        if count < len(data):
            source.unread(data[count:])
            data = data[:count]
        await sink.send(data)


async def _splice(left: Stream, right: Stream) -> None:
    """Pass bytes both ways until both sides have ended."""

    async def one_way(source: Stream, sink: Stream) -> None:
        while data := await source.read():
            await sink.send(data)
        sink.end()

    ways = [asyncio.ensure_future(one_way(left, right)), asyncio.ensure_future(one_way(right, left))]
    try:
        await asyncio.gather(*ways)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _linger(client: Stream) -> None:
    """Read on for a moment after an early response, so that closing does not destroy it on its way."""
    client.end()
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            while await client.read():
                pass


async def _answer(client: Stream, status: str, text: str) -> bool:
    body = f"{text}\n".encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    await client.send(head.encode() + body)
    await _linger(client)
    return False
