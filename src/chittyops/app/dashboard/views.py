"""What each page shows, gathered and put into the words of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chittyops.app.dashboard.fleet import Chosen, Described
from chittyops.app.dashboard.picture import Look, Picture, picture, release_picture
from chittyops.app.dashboard.states import ABSENT, CHECKS, DEPLOYED, RELEASE, SERVICE, State, health
from chittyops.capabilities.deploy.model import Deployment, Release, ReleaseEvent, ReleaseService, ServiceStatus
from chittyops.capabilities.health.model import HealthState
from chittyops.kernel.plan import Action, Change


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service of the chosen environment: what is described, deployed and observed."""

    described: Described
    state: State
    deployment: Deployment | None
    health: HealthState | None
    activity: State | None = None
    """What the running release does with it now."""

    @property
    def name(self) -> str:
        """Return the service's name."""
        return self.described.name

    @property
    def check(self) -> str:
        """Return in words how sure we are that this version runs."""
        return CHECKS[self.deployment.check] if self.deployment else ""

    @property
    def latency(self) -> str:
        """Return the last probe's latency, or ""."""
        known = self.health.latency_ms if self.health else None
        return "" if known is None else f"{known:.0f} ms" if known >= 1 else "<1 ms"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a release is. ``settled`` of ``total`` services to be deployed have come to an end."""

    total: int
    settled: int
    counts: tuple[tuple[State, int], ...]

    @property
    def percent(self) -> int:
        """Return how much of the release is over."""
        return round(100 * self.settled / self.total) if self.total else 100


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release as pages show it."""

    release: Release
    state: State
    progress: Progress
    picture: Picture | None

    @property
    def failed(self) -> tuple[ReleaseService, ...]:
        """Return the services that failed, with their errors."""
        return tuple(s for s in self.release.services if s.status is ServiceStatus.FAILED)

    @property
    def may_resume(self) -> bool:
        """Return whether something is left to resume (the centre still refuses when a later release exists)."""
        return self.release.status in {"failed", "cancelled", "rolled_back"}


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A service of a plan: what was to be done with it, why, and what came of it."""

    name: str
    action: Action
    note: str
    reasons: tuple[Change, ...]
    state: State
    service: ReleaseService | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page: a fleet in one environment."""

    rows: tuple[ServiceRow, ...]
    picture: Picture | None
    current: ReleaseView | None
    last: ReleaseView | None
    recent: tuple[Release, ...]

    @property
    def shown(self) -> tuple[ServiceRow, ...]:
        """Return the rows for the first page: all, or of a large fleet those that need attention first."""
        if len(self.rows) <= MOST_ROWS:
            return self.rows
        return tuple(sorted(self.rows, key=lambda row: row.state.tone not in TROUBLE)[:MOST_ROWS])

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many services are in each tone."""
        return Counter(row.state.tone for row in self.rows)

    @property
    def deployed(self) -> int:
        """Return how many services are deployed."""
        return sum(row.deployment is not None for row in self.rows)

    @property
    def verified(self) -> int:
        """Return how many services reported their own build id."""
        return sum(row.deployment is not None and row.deployment.check == "build" for row in self.rows)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one release did with one service."""

    release: Release
    service: ReleaseService
    state: State


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log."""

    at: datetime
    service: str
    text: str


MOST_ROWS = 100
TROUBLE = frozenset({"bad", "warn"})
_ACTIVE = frozenset({ServiceStatus.WAITING, ServiceStatus.RUNNING})


def rows(
    chosen: Chosen,
    deployments: Sequence[Deployment],
    observed: Sequence[HealthState],
    current: Release | None,
) -> tuple[ServiceRow, ...]:
    """Return a row for each service that is described or deployed, by name."""
    deployed = {d.service: d for d in deployments}
    healths = {state.key.service: state for state in observed}
    busy = {s.name: SERVICE[s.status] for s in current.services if s.status in _ACTIVE} if current else {}
    names = sorted(chosen.services.keys() | deployed.keys())
    return tuple(
        ServiceRow(
            chosen.services.get(name) or _undescribed(deployed[name]),
            _state(deployed.get(name), healths.get(name)),
            deployed.get(name),
            healths.get(name),
            busy.get(name),
        )
        for name in names
    )


def _undescribed(deployment: Deployment) -> Described:
    spec = deployment.spec
    return Described(spec.name, spec.platform, spec.depends_on, spec.owners, spec.tags)


def _state(deployment: Deployment | None, observed: HealthState | None) -> State:
    if deployment is None:
        return ABSENT
    return health(observed.status) if observed else DEPLOYED


def fleet_picture(chosen: Chosen, all_rows: Sequence[ServiceRow]) -> Picture:
    """Return the graph of the services, each with its state, version and latency."""
    by_name = {row.name: row for row in all_rows}

    def look(name: str) -> Look:
        row = by_name[name]
        parts = (row.deployment.build_id if row.deployment else "", row.latency)
        line = " · ".join(part for part in parts if part) or row.state.word
        return Look(row.state, line, chosen.link(f"/services/{name}"))

    return picture({row.name: row.described.depends_on for row in all_rows}, look)


def release_view(release: Release, *, drawn: bool = True) -> ReleaseView:
    """Return a release with its progress, and its picture where it is to be ``drawn``."""
    wanted = [s for s in release.services if s.action == Action.DEPLOY.value]
    counts = Counter(SERVICE[s.status] for s in release.services)
    progress = Progress(
        len(wanted),
        sum(s.status not in _ACTIVE for s in wanted),
        tuple((state, counts[state]) for state in SERVICE.values() if counts[state]),
    )
    return ReleaseView(
        release, RELEASE[release.status], progress, release_picture(release) if drawn and release.services else None
    )


def reasoned(release: Release) -> tuple[Reasoned, ...]:
    """Return why each service of a release's plan was deployed or not, and what came of it."""
    services = {s.name: s for s in release.services}
    planned = release.plan.services if release.plan else ()
    return tuple(
        Reasoned(p.name, p.action, p.note, p.reasons, SERVICE[s.status] if s else ABSENT, s)
        for p in planned
        for s in (services.get(p.name),)
    )


def took(release: Release, now: datetime) -> float | None:
    """Return for how many seconds a release has run, or None while it waits."""
    if release.started_at is None:
        return None
    return ((release.ended_at or now) - release.started_at).total_seconds()


def taken(releases: Sequence[Release], service: str) -> list[Taken]:
    """Return what each of the releases did with a service."""
    return [Taken(r, s, SERVICE[s.status]) for r in releases for s in r.services if s.name == service]


def lines(events: Sequence[ReleaseEvent], service: str) -> list[Line]:
    """Return the lines among the events, those of one service or ("") of all."""
    said = (e for e in events if e.kind == "log" and service in {"", e.service})
    return [Line(e.at, e.service, str(e.data.get("text", ""))) for e in said]
