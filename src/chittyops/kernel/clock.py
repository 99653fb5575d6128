"""Time as a thing that is passed in, never read."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; tests pass one that stands still."""

    def now(self) -> datetime:
        """Return the present moment, in UTC and aware of it."""
        ...

    def monotonic_seconds(self) -> float:
        """Return seconds from an arbitrary start that never go backwards."""
        ...
