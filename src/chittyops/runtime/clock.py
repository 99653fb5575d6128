"""The clock of this machine: the only place that reads the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Tells the time of this machine."""

    def now(self) -> datetime:
        """Return the present moment, in UTC and aware of it."""
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        """Return seconds since an arbitrary moment, which never go backwards."""
        return time.monotonic()
