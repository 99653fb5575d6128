"""One TCP connection: reads that can be given back, writes that wait for a slow peer, bounded buffers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chittyops.capabilities.deploy.providers.local.framing import BadMessage

MAX_HEAD = 64 * 1024
HIGH_WATER = 256 * 1024


class Stream(asyncio.Protocol):
    """A connection with one reader and one writer.

    ``on_gone`` is called once when the peer has closed or the connection broke.
    """

    def __init__(self, accepted: Callable[[Stream], None] | None = None) -> None:
        self.on_gone: Callable[[], None] | None = None
        self._accepted = accepted
        self._buffer = bytearray()
        self._eof = False
        self._lost = False
        self._broken = False
        self._paused_reading = False
        self._paused_writing = False
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and announce the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells mypy what TCP always gives
        self._transport = transport
        transport.set_write_buffer_limits(HIGH_WATER)
        if self._accepted:
            self._accepted(self)

    def data_received(self, data: bytes) -> None:
        """Buffer what came, and stop the peer when nobody takes it."""
        self._buffer += data
        if len(self._buffer) > HIGH_WATER and not self._paused_reading:
            self._paused_reading = True
            self._transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> bool:
        """Note that the peer sends no more; what it still reads may be sent."""
        self._eof = True
        self._gone()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits."""
        self._eof = self._lost = True
        self._broken = exc is not None
        self._gone()
        _wake(self._writer)

    def pause_writing(self) -> None:
        """Make the next ``send`` wait."""
        self._paused_writing = True

    def resume_writing(self) -> None:
        """Let ``send`` go on."""
        self._paused_writing = False
        _wake(self._writer)

    def _gone(self) -> None:
        _wake(self._reader)
        if self.on_gone is not None:
            callback, self.on_gone = self.on_gone, None
            callback()

    @property
    def at_end(self) -> bool:
        """Return whether the peer sends no more."""
        return self._eof

    async def head(self) -> bytes:
        """Return the bytes up to and with the next empty line, or b"" when the peer ended before any.

        Raises BadMessage when it is too long, ConnectionError when it breaks off.
        """
        searched = 0
        while True:
            found = self._buffer.find(b"\r\n\r\n", max(0, searched - 3))
            searched = len(self._buffer)
            if (found if found >= 0 else searched) > MAX_HEAD:
                raise BadMessage("the head is too long")
            if found >= 0:
                return self._take(found + 4)
            if self._eof:
                if self._buffer.strip(b"\r\n"):
                    raise ConnectionResetError("the peer closed in the middle of a head")
                return b""
            await self._more()

    async def read(self) -> bytes:
        """Return what has come, at least one byte; b"" when the peer sends no more.

        Raises ConnectionError when the connection broke, which is not an orderly end.
        """
        while not self._buffer and not self._eof:
            await self._more()
        if self._broken and not self._buffer:
            raise ConnectionResetError("the connection broke")
        return self._take(len(self._buffer))

    def unread(self, data: bytes) -> None:
        """Give back bytes that belong to the next message."""
        self._buffer[:0] = data

    async def send(self, data: bytes) -> None:
        """Write ``data`` and wait while the peer is slow. Raises ConnectionError when it is gone."""
        if self._lost:
            raise ConnectionResetError("the peer is gone")
        self._transport.write(data)
        while self._paused_writing and not self._lost:
            self._writer = asyncio.get_running_loop().create_future()
            await self._writer
        if self._lost:
            raise ConnectionResetError("the peer is gone")

    def end(self) -> None:
        """Send no more, and keep reading."""
        if not self._lost and self._transport.can_write_eof():
            self._transport.write_eof()

    def close(self) -> None:
        """Close once everything written has been sent."""
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        if self._paused_reading and len(self._buffer) <= HIGH_WATER and not self._lost:
            self._paused_reading = False
            self._transport.resume_reading()
        return taken

    async def _more(self) -> None:
        self._reader = asyncio.get_running_loop().create_future()
        await self._reader


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
