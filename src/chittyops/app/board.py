"""A release as it goes: what each service does, told by the events of its stream. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from chittyops.capabilities.deploy.model import Release, ReleaseService, ReleaseStatus, ServiceStatus
from chittyops.interface.client import StreamEvent, text
from chittyops.kernel.plan import Action

LOG_LINES = 12

ENDED = (
    ServiceStatus.SUCCEEDED,
    ServiceStatus.FAILED,
    ServiceStatus.BLOCKED,
    ServiceStatus.REVERTED,
    ServiceStatus.CANCELLED,
)
"""A service in one of these does nothing more, though a resumed release begins it again."""


@dataclass(slots=True)
class Line:
    """One service that the release deploys. Times are the centre's."""

    name: str
    depends_on: tuple[str, ...]
    status: ServiceStatus
    phase: str = ""
    error: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))

    @property
    def ended(self) -> bool:
        """Return whether nothing more happens to it."""
        return self.status in ENDED

    def seconds(self, now: datetime) -> float | None:
        """Return how long it took, or has taken up to ``now``; None before it began."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.ended_at or now) - self.started_at).total_seconds())


class Board:
    """What is known of a release that runs."""

    def __init__(self, release: Release) -> None:
        """Begin with what the centre says of the release now."""
        self.release = release
        self.status = release.status
        self.gap = ""
        """Why the stream is interrupted, or ""."""
        deployed = (s for s in release.services if s.action == Action.DEPLOY)
        self.lines = {s.name: _line(s) for s in deployed}

    def apply(self, event: StreamEvent, now: datetime) -> Line | None:
        """Take an event in; return the service whose status or phase it changed."""
        at = _moment(event.data.get("at")) or now
        service = text(event.data.get("service"))
        line = self.lines.get(service)
        if event.event == "log" and line:
            line.log.append(text(event.data.get("text")))
        elif event.event in ("state", "end") and not service:
            self.status = ReleaseStatus(text(event.data.get("status")))
        elif event.event == "state" and line:
            return line if _move(line, event, at) else None
        return None

    @property
    def done(self) -> int:
        """Return how many services have ended."""
        return sum(line.ended for line in self.lines.values())

    def waits_for(self, line: Line) -> tuple[str, ...]:
        """Return the services of this release that ``line`` still waits for."""
        pending = (self.lines[name] for name in line.depends_on if name in self.lines)
        return tuple(each.name for each in pending if each.status is not ServiceStatus.SUCCEEDED)

    def with_status(self, *statuses: ServiceStatus) -> Iterable[Line]:
        """Return the services in one of ``statuses``, in order."""
        return (line for line in self.lines.values() if line.status in statuses)


def _line(service: ReleaseService) -> Line:
    return Line(
        service.name,
        service.depends_on,
        service.status,
        service.phase,
        service.error,
        service.started_at,
        service.ended_at,
    )


def _move(line: Line, event: StreamEvent, at: datetime) -> bool:
    status = ServiceStatus(text(event.data.get("status")))
    phase = text(event.data.get("phase"))
    if (status, phase) == (line.status, line.phase):
        return False
    if status is ServiceStatus.RUNNING and line.status is not ServiceStatus.RUNNING:
        line.started_at, line.ended_at = at, None
    line.status, line.phase, line.error = status, phase, text(event.data.get("error"))
    if line.ended:
        line.ended_at = at
    return True


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
