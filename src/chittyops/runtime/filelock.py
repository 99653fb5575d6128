"""Exclusive locks on files, which the kernel releases when their holder dies (flock(2)).

A lock belongs to the open file, so a child that inherits the descriptor keeps it locked for as long as it lives.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chittyops.kernel.errors import Unavailable

POLL_SECONDS = 0.02


def try_lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock on ``path``, or None when somebody else holds it."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


async def lock(path: Path, *, timeout_seconds: float) -> int:
    """Wait for the lock on ``path`` and return its descriptor. Raises Unavailable when it stays taken."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + timeout_seconds
    while (descriptor := try_lock(path)) is None:
        if loop.time() > give_up_at:
            raise Unavailable(f"{path} is still locked by another process", hint="is a second one running?")
        await asyncio.sleep(POLL_SECONDS)
    return descriptor


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on ``path`` during the block; wait for it as long as it takes."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
