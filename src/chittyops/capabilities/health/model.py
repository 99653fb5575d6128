"""Health of deployed services: what a probe found, and what that makes of the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

UNHEALTHY_AFTER_FAILURES = 3


class HealthStatus(StrEnum):
    """How a service is.

    healthy: it answers well. degraded: it answers, but slowly or as another build than was deployed.
    unhealthy: it failed several times in a row. unknown: not enough was seen yet.
    """

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class ServiceKey:
    """One service in one environment of one fleet."""

    fleet: str
    environment: str
    service: str

    def __str__(self) -> str:
        """Return ``fleet/environment/service``."""
        return f"{self.fleet}/{self.environment}/{self.service}"


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """Whom to ask, and what to expect.

    ``address`` is the service's base URL; without a ``path`` a connection that opens is enough. An empty
    ``build_id`` expects none.
    """

    key: ServiceKey
    address: str
    path: str
    build_id: str
    timeout_seconds: float
    interval_seconds: float


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one probe found. ``build_id`` is what the service reported, empty when it reports none."""

    target: ProbeTarget
    at: datetime
    ok: bool
    detail: str = ""
    build_id: str = ""
    latency_ms: float | None = None

    @property
    def foreign(self) -> bool:
        """Return whether another build answered than the one deployed."""
        return bool(self.build_id and self.target.build_id) and self.build_id != self.target.build_id


@dataclass(frozen=True, slots=True)
class HealthState:
    """How a service is. ``failures`` counts those in a row; ``since`` is when ``status`` began."""

    key: ServiceKey
    status: HealthStatus
    detail: str
    build_id: str
    latency_ms: float | None
    failures: int
    since: datetime
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A service went from one status to another."""

    key: ServiceKey
    before: HealthStatus
    after: HealthStatus
    detail: str
    at: datetime
    id: int = 0


def transition(before: HealthState | None, result: ProbeResult, slow_ms: float) -> HealthState:
    """Return the state that follows from ``before`` by ``result``; a result older than the state changes nothing.

    One good answer makes a service healthy; ``UNHEALTHY_AFTER_FAILURES`` failures in a row make it unhealthy.
    """
    if before is not None and result.at < before.checked_at:
        return before
    failures = 0 if result.ok else (before.failures if before else 0) + 1
    was = before.status if before else HealthStatus.UNKNOWN
    status, detail = _verdict(was, result, failures, slow_ms)
    return HealthState(
        key=result.target.key,
        status=status,
        detail=detail,
        build_id=result.build_id or (before.build_id if before and not result.ok else ""),
        latency_ms=result.latency_ms,
        failures=failures,
        since=before.since if before and before.status is status else result.at,
        checked_at=result.at,
    )


def _verdict(was: HealthStatus, result: ProbeResult, failures: int, slow_ms: float) -> tuple[HealthStatus, str]:
    if not result.ok:
        return (HealthStatus.UNHEALTHY if failures >= UNHEALTHY_AFTER_FAILURES else was), result.detail
    if result.foreign:
        return HealthStatus.DEGRADED, f"answers as build {result.build_id}, deployed is {result.target.build_id}"
    if result.latency_ms is not None and result.latency_ms > slow_ms:
        return HealthStatus.DEGRADED, f"answered after {result.latency_ms:.0f} ms, the limit is {slow_ms:.0f} ms"
    return HealthStatus.HEALTHY, result.detail


def change(before: HealthState | None, after: HealthState) -> HealthChange | None:
    """Return the change of status between two states, or None where there is none."""
    was = before.status if before else HealthStatus.UNKNOWN
    if was is after.status:
        return None
    return HealthChange(after.key, was, after.status, after.detail, after.checked_at)
