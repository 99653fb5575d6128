"""Server-sent events: live, resumable (Last-Event-ID), with a heartbeat, and quick to end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header
from starlette.requests import Request
from starlette.responses import StreamingResponse

from chittyops.interface.web.problems import from_error
from chittyops.kernel.errors import ChittyOpsError

HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 1000

LastEventId = Annotated[str, Header(alias="Last-Event-ID", max_length=64, pattern=r"^[0-9A-Za-z:._-]*$")]
"""The cursor from which a client that lost its connection goes on."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: ``data`` is sent as JSON; ``id`` is the cursor a client resumes from."""

    data: object
    event: str = "message"
    id: str = ""

    def encode(self) -> bytes:
        """Return the event in the wire format of https://html.spec.whatwg.org/#parsing-an-event-stream."""
        lines = [f"id: {self.id}"] if self.id else []
        if self.event != "message":
            lines.append(f"event: {self.event}")
        lines.append(f"data: {json.dumps(self.data, separators=(',', ':'))}")
        return ("\n".join(lines) + "\n\n").encode()


class EventStream(StreamingResponse):
    """The response of a route that streams; also the ``response_class`` that documents it."""

    media_type = "text/event-stream"


def stream(request: Request, events: AsyncIterator[ServerEvent]) -> EventStream:
    """Return a response that sends ``events`` until they, the client or the process end.

    ``request.app.state.closing`` (an asyncio.Event) ends every stream at shutdown. An error of ours in the
    middle becomes an event ``problem``.
    """
    closing: asyncio.Event = request.app.state.closing
    return EventStream(_frames(events, closing), headers={"X-Accel-Buffering": "no"})


async def _frames(events: AsyncIterator[ServerEvent], closing: asyncio.Event) -> AsyncIterator[bytes]:
    stop = asyncio.ensure_future(closing.wait())
    following: asyncio.Task[ServerEvent | None] | None = None
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        while not closing.is_set():
            following = following or asyncio.create_task(_next(events))
            waiting: set[asyncio.Future[Any]] = {following, stop}
            await asyncio.wait(waiting, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                event = following.result()
                following = None
                if event is None:
                    return
                yield event.encode()
            elif not stop.done():
                yield b": still here\n\n"
    except ChittyOpsError as error:
        yield ServerEvent(from_error(error).model_dump(exclude_none=True), "problem").encode()
    finally:
        stop.cancel()
        if following is not None:
            following.cancel()
            with suppress(asyncio.CancelledError, ChittyOpsError):
                await following
        if isinstance(events, AsyncGenerator):
            await events.aclose()


async def _next(events: AsyncIterator[ServerEvent]) -> ServerEvent | None:
    return await anext(events, None)
