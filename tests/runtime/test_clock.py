"""The clock of the machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chittyops.kernel.clock import Clock
from chittyops.runtime.clock import SystemClock


def test_tells_the_time_in_utc_and_never_goes_back() -> None:
    clock: Clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.monotonic_seconds() <= clock.monotonic_seconds()
