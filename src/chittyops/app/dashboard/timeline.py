"""When each service of a release ran: bars on one scale of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chittyops.app.dashboard.states import SERVICE, State
from chittyops.app.dashboard.times import duration
from chittyops.capabilities.deploy.model import Release

MOST_TICKS = 6
SMALLEST_PERCENT = 0.4
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Bar:
    """One service: from where to where, in percent of the whole; width 0 where it never started."""

    name: str
    state: State
    left: float
    width: float
    took: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the scale, in percent of the whole."""

    left: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bars of a release, in the order in which they began, and its scale."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def timeline(release: Release, now: datetime) -> Timeline:
    """Return the timeline of what has begun; ``now`` is where running bars end."""
    begun = [(s, s.started_at) for s in release.services if s.started_at is not None]
    if not begun:
        return Timeline((), ())
    start = min(at for _, at in begun)
    end = max(s.ended_at or now for s, _ in begun)
    whole = max((end - start).total_seconds(), 0.1)

    def percent(at: datetime) -> float:
        return round(100 * (at - start).total_seconds() / whole, 2)

    bars = []
    for service, at in sorted(begun, key=lambda pair: pair[1]):
        until = service.ended_at or now
        width = max(percent(until) - percent(at), SMALLEST_PERCENT)
        took = duration((until - at).total_seconds())
        bars.append(Bar(service.name, SERVICE[service.status], min(percent(at), 100 - SMALLEST_PERCENT), width, took))
    return Timeline(tuple(bars), _ticks(whole))


def _ticks(whole: float) -> tuple[Tick, ...]:
    step = next((s for s in _STEPS if whole / s <= MOST_TICKS), _STEPS[-1])
    count = min(int(whole / step), MOST_TICKS)
    return tuple(Tick(round(100 * i * step / whole, 2), _label(i * step)) for i in range(count + 1))


def _label(seconds: float) -> str:
    if seconds < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"  # noqa: PLR2004 - in an hour
