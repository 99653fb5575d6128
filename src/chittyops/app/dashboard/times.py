"""Times as people say them: ages, durations, days."""

from __future__ import annotations

from datetime import datetime

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def ago(now: datetime, then: datetime) -> str:
    """Return an age in its largest unit: ``3 min ago``. The pages' script writes the same words."""
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago" if seconds >= 2 else "just now"  # noqa: PLR2004 - one second is not worth a number


def duration(seconds: float) -> str:
    """Return a duration with two units at most: ``0.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 10 min``."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds a tenth says something
        return f"{max(0.0, seconds):.1f} s"
    whole = int(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004 - seconds in an hour
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def between(start: datetime | None, end: datetime | None) -> str:
    """Return the duration between two moments, or "" while one of them is not known."""
    return duration((end - start).total_seconds()) if start and end else ""
