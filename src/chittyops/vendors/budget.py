"""One budget of calls for each account at a vendor, shared by every process of this home."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Unavailable
from chittyops.runtime import atomic
from chittyops.runtime.filelock import locked

LONGEST_WAIT_SECONDS = 60.0
"""Who would have to wait longer is told so instead."""


@dataclass(frozen=True, slots=True)
class Budget:
    """``calls`` in every ``seconds``, counted in the file ``path``: windows follow each other without overlap.

    A vendor that says "not now" closes the budget for everybody, so that the others do not find out one by one.
    """

    path: Path
    name: str
    calls: int
    seconds: float
    clock: Clock
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def take(self) -> None:
        """Take one call; wait for it, if need be. Raises Unavailable where that would take more than a minute."""
        while wait := self._reserve():
            if wait > LONGEST_WAIT_SECONDS:
                at = self.clock.now() + timedelta(seconds=wait)
                raise Unavailable(
                    f"no call to {self.name} is left for this account before {at:%H:%M:%S} UTC",
                    hint="the same command then goes on where it stopped",
                )
            await self.pause(wait)

    def close(self, seconds: float) -> None:
        """Let nobody call for ``seconds``."""
        with locked(self._lock):
            since, used, closed = self._read()
            self._write(since, used, max(closed, self.clock.now().timestamp() + seconds))

    def _reserve(self) -> float:
        """Count one call and return 0, or return the seconds until one can be had."""
        now = self.clock.now().timestamp()
        with locked(self._lock):
            since, used, closed = self._read()
            # A clock that was put back must not close the account until it has caught up.
            if not since <= now < since + self.seconds:
                since, used = now, 0
            if now < closed <= now + self.seconds + LONGEST_WAIT_SECONDS:
                return closed - now
            if used >= self.calls:
                return since + self.seconds - now
            self._write(since, used + 1, closed)
        return 0.0

    @property
    def _lock(self) -> Path:
        return self.path.with_suffix(".lock")

    def _read(self) -> tuple[float, int, float]:
        try:
            data = json.loads(self.path.read_bytes())
            return float(data["since"]), int(data["used"]), float(data["closed"])
        except (OSError, ValueError, KeyError, TypeError):
            # A new or a damaged file: the count starts anew, and the vendor's own limit still stands.
            return 0.0, 0, 0.0

    def _write(self, since: float, used: int, closed: float) -> None:
        atomic.write(self.path, json.dumps({"since": since, "used": used, "closed": closed}).encode())
