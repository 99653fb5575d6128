"""What a deploy is made of: releases, the services in them, deployments, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chittyops.kernel.event import Json
from chittyops.kernel.plan import Plan
from chittyops.kernel.service import Environment, Service


class ReleaseStatus(StrEnum):
    """Where a release is. The first three hold the environment's lock."""

    QUEUED = "queued"
    RUNNING = "running"
    REVERTING = "reverting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"

    @property
    def active(self) -> bool:
        """Return whether the release still holds its environment."""
        return self in ACTIVE


ACTIVE = (ReleaseStatus.QUEUED, ReleaseStatus.RUNNING, ReleaseStatus.REVERTING)


class ServiceStatus(StrEnum):
    """Where one service is within a release."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    UNAVAILABLE = "unavailable"
    REVERTED = "reverted"
    CANCELLED = "cancelled"


class OnFailure(StrEnum):
    """What a release does when a service in it fails.

    rollback: start nothing more and revert, in reverse order, what this release has deployed.
    stop: start nothing more and keep what succeeded, so that the release can be resumed.
    continue: deploy everything that does not depend on the failed service.
    """

    ROLLBACK = "rollback"
    STOP = "stop"
    CONTINUE = "continue"


class Check(StrEnum):
    """How sure we are that the new version runs, strongest first.

    build: it reported the expected build id. status: its health endpoint answered well, without a build
    id. port: it accepts connections. process: it is alive.
    """

    BUILD = "build"
    STATUS = "status"
    PORT = "port"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Desired:
    """One service as its files say it should be: the specification and every input of its digest.

    ``inputs`` maps ``file.<path>``, ``config.<KEY>``, ``secret.<NAME>``, ``setting.<key>`` and
    ``depends_on.<name>`` to short hashes; ``content`` is the digest of the files alone: the name of the
    build bundle that holds them. ``source`` is the absolute path of the service's folder, ``store`` the folder of
    the fleet's own secrets.
    """

    service: Service
    inputs: Mapping[str, str]
    content: str
    digest: str
    source: str
    store: str = "secrets"


@dataclass(frozen=True, slots=True)
class Target:
    """One service to be deployed by a provider: everything it may need, and no secret.

    ``build_id`` is unique for each release and service; the running service must report it. ``attempt``
    rises with each try and fences off older ones. ``addresses`` maps each dependency to its URL.
    """

    fleet: str
    environment: str
    release: str
    build_id: str
    attempt: int
    desired: Desired
    addresses: Mapping[str, str]

    @property
    def name(self) -> str:
        """Return the service's name."""
        return self.desired.service.name

    @property
    def key(self) -> str:
        """Return the address of the service among all fleets: ``fleet/environment/service``."""
        return f"{self.fleet}/{self.environment}/{self.name}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was observed of a version: by which check, and what it said."""

    check: Check
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A version that is ready but inert. ``handle`` is the provider's own name for it."""

    handle: str
    verified: Verified


@dataclass(frozen=True, slots=True)
class Activated:
    """A version that receives traffic. ``undo`` is what the provider needs to go back: its previous handle."""

    address: str
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is active for one service in one environment."""

    fleet: str
    environment: str
    service: str
    build_id: str
    digest: str
    inputs: Mapping[str, str]
    release: str
    provider: str
    handle: str
    address: str
    check: Check
    since: datetime
    spec: Service


@dataclass(frozen=True, slots=True)
class Running:
    """With what the active version of a service was started: variables, and keyed fingerprints of its secrets."""

    service: str
    build_id: str
    config: Mapping[str, str]
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReleaseService:
    """One service within a release, as recorded."""

    name: str
    action: str
    status: ServiceStatus
    depends_on: tuple[str, ...] = ()
    phase: str = ""
    attempt: int = 0
    build_id: str = ""
    digest: str = ""
    provider: str = ""
    handle: str = ""
    address: str = ""
    check: Check | None = None
    note: str = ""
    error: str = ""
    undo: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """One act over all services of an environment, under one id (``<fleet>-<number>``)."""

    id: str
    fleet: str
    number: int
    environment: str
    kind: str
    status: ReleaseStatus
    on_failure: OnFailure
    max_parallel: int
    actor: str
    created_at: datetime
    sequence: int = 0
    generation: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cancel_requested: bool = False
    error: str = ""
    plan: Plan | None = None
    services: tuple[ReleaseService, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a user asks to be planned.

    ``select`` names the services wanted (empty: all). ``changed`` takes in whatever depends on a changed
    one. ``force`` deploys unchanged ones too. ``document`` is the fleet as pages show it: name, services
    with platform, dependencies, owners and tags.
    """

    root: str
    environment: Environment
    document: Mapping[str, Json]
    services: tuple[Desired, ...]
    select: tuple[str, ...] = ()
    changed: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """Go back to the state after release number ``to``, or to the one before the last release."""

    to: int | None = None
    select: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan the centre keeps until it is applied. ``kind`` is deploy or rollback."""

    id: str
    kind: str
    plan: Plan
    desired: Mapping[str, Desired]


@dataclass(frozen=True, slots=True)
class ReleaseOptions:
    """How a release is carried out. ``max_parallel`` is how many services are deployed at the same time."""

    on_failure: OnFailure = OnFailure.ROLLBACK
    max_parallel: int = 8


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a successful step leaves behind."""

    handle: str
    address: str
    check: Check
    undo: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class FleetView:
    """A fleet as the centre last saw it."""

    name: str
    root: str
    document: Mapping[str, Json]
    environments: tuple[str, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """One thing a release said (kind log) or became (kind state). ``cursor`` orders them."""

    cursor: str
    at: datetime
    service: str
    kind: str
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Claim:
    """A service taken by a worker. ``verdict`` is set when there is nothing to do, and says what it came to."""

    release: str
    service: str
    provider: str = ""
    attempt: int = 0
    verdict: ServiceStatus | None = None
    reason: str = ""
    target: Target | None = None
    activated: Activated | None = None
