"""How long a workflow goes on trying what may pass."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from chittyops.kernel.errors import ChittyOpsError, Unavailable

T = TypeVar("T")

RETRY_SECONDS = 20.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Do what must be recorded, however long the database is away: the worker's guard ends a wait without hope."""
    pause_seconds = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await call()
        except Unavailable:
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)


async def retrying(call: Callable[[], Awaitable[T]], seconds: float = RETRY_SECONDS) -> T:
    """Try again what may pass, for ``seconds``; raise what is permanent at once."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    pause_seconds = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await call()
        except ChittyOpsError as error:
            if error.permanent or loop.time() + pause_seconds > deadline:
                raise
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
