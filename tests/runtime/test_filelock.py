"""Locks on files."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from chittyops.kernel.errors import Unavailable
from chittyops.runtime.filelock import lock, locked, try_lock
from chittyops.runtime.process import Command, spawn


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    first = try_lock(tmp_path / "lock")
    assert first is not None
    assert try_lock(tmp_path / "lock") is None
    os.close(first)
    second = try_lock(tmp_path / "lock")
    assert second is not None
    os.close(second)


async def test_waiting_ends_with_an_error_when_the_lock_stays_taken(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(Unavailable, match="still locked"):
        await lock(tmp_path / "lock", timeout_seconds=0.05)


async def test_a_child_that_inherits_the_lock_keeps_it_until_it_dies(tmp_path: Path) -> None:
    held = await lock(tmp_path / "lock", timeout_seconds=1)
    child = spawn(Command((sys.executable, "-c", "import time; time.sleep(60)"), keep=(held,)))
    os.close(held)
    assert try_lock(tmp_path / "lock") is None
    waiting = asyncio.create_task(lock(tmp_path / "lock", timeout_seconds=10))
    await child.stop(number=signal.SIGKILL)
    os.close(await waiting)
