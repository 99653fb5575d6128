"""What a deploy needs from outside: a provider that runs services, and a journal of releases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol, runtime_checkable

from chittyops.capabilities.deploy.model import (
    Activated,
    Claim,
    Deployed,
    Deployment,
    Desired,
    FleetView,
    PlanRequest,
    Prepared,
    Release,
    ReleaseEvent,
    ReleaseOptions,
    ReleaseStatus,
    Running,
    ServiceStatus,
    StoredPlan,
    Target,
    Verified,
)
from chittyops.kernel.secret import Secret, SecretReader, SecretScope

Say = Callable[[str], Awaitable[None]]
"""Writes one line into the log of the service's release."""
Readers = Callable[[Mapping[str, Secret]], SecretReader]
"""Makes what finds secrets, given the values that only the provider has, by reference (``database:main``)."""
AccessLog = Callable[[SecretScope, Collection[str]], Awaitable[None]]
"""Records that the secrets of these names were read for a service."""


class Provider(Protocol):
    """Runs services somewhere. Every call may be repeated: it looks up what it did before doing it again.

    Raises ChittyOpsError; ``permanent`` tells the caller whether to try again.
    """

    def missing(self, target: Target) -> str:
        """Return why this machine or account cannot run the service, or "" when it can."""
        ...

    async def prepare(self, target: Target, say: Say) -> Prepared:
        """Build and start the version without traffic, and return once it proved healthy."""
        ...

    async def activate(self, target: Target, prepared: Prepared, say: Say) -> Activated:
        """Move all traffic to the prepared version without dropping a request; the old one drains."""
        ...

    async def verify(self, target: Target, address: str) -> Verified:
        """Return what the service says at its public address; raise Unavailable when it is not the new one."""
        ...

    async def revert(self, target: Target, activated: Activated | None, say: Say) -> None:
        """Undo: give traffic back to what ran before (nothing, if nothing did), and stop this version."""
        ...

    def logs(self, key: str, *, tail: int, follow: bool) -> AsyncIterator[str]:
        """Yield the running service's log: the last ``tail`` lines, then new ones if ``follow``."""
        ...


@runtime_checkable
class Telling(Protocol):
    """A provider that can tell with what the versions that run were started."""

    async def running(self, fleet: str, environment: str) -> list[Running]:
        """Return that of the services that run now. Raises Unavailable."""
        ...


class Fleets(Protocol):
    """What the centre knows of fleets and of what is deployed."""

    async def register(self, request: PlanRequest, fleet: str) -> None:
        """Remember the fleet as its files describe it."""
        ...

    async def fleets(self) -> list[FleetView]:
        """Return all fleets by name."""
        ...

    async def fleet(self, name: str) -> FleetView:
        """Return one fleet. Raises NotFound."""
        ...

    async def deployments(self, fleet: str, environment: str) -> list[Deployment]:
        """Return what is active, by service."""
        ...

    async def state_after(self, fleet: str, environment: str, number: int) -> dict[str, Desired]:
        """Return each service as release ``number`` left it."""
        ...


class Plans(Protocol):
    """Plans made and not yet applied."""

    async def save(self, stored: StoredPlan, actor: str) -> None:
        """Keep a plan."""
        ...

    async def plan(self, plan_id: str) -> StoredPlan:
        """Return a plan. Raises NotFound."""
        ...


class Releases(Protocol):
    """Releases as people see and steer them. Each call is one transaction."""

    async def create(self, stored: StoredPlan, options: ReleaseOptions, actor: str) -> Release:
        """Queue a release of the plan. Raises Conflict where another holds the environment, Refused if stale."""
        ...

    async def release(self, release_id: str) -> Release:
        """Return one release with its services and plan. Raises NotFound."""
        ...

    async def status(self, release_id: str) -> ReleaseStatus:
        """Return where a release is. Raises NotFound."""
        ...

    async def releases(
        self, *, fleet: str | None, environment: str | None, before: int | None, limit: int
    ) -> list[Release]:
        """Return releases, the newest first, without services; ``before`` is a cursor (``Release.sequence``)."""
        ...

    async def cancel(self, release_id: str, actor: str) -> None:
        """Ask the release to stop. Raises Refused when it has ended."""
        ...

    async def resume(self, release_id: str, actor: str) -> None:
        """Queue again what did not succeed. Raises Refused when there is nothing to resume or a later release."""
        ...

    async def events(self, release_id: str, after: str, limit: int = 1000) -> list[ReleaseEvent]:
        """Return what was said after the cursor ``after`` ("" for all), in order."""
        ...


class Steering(Protocol):
    """A release as a whole, as a worker drives it."""

    async def queued(self) -> list[tuple[str, int]]:
        """Return the id and generation of each release that no worker has begun."""
        ...

    async def begin(self, release_id: str) -> Release:
        """Mark the release as running and return it."""
        ...

    async def cancel_requested(self, release_id: str) -> bool:
        """Return whether somebody asked the release to stop."""
        ...

    async def finish(self, release_id: str, status: ReleaseStatus, error: str = "") -> None:
        """Move the release (to reverting, or to an end, which frees the environment)."""
        ...

    async def forget_plans(self, made_before: datetime) -> int:
        """Delete plans nobody has applied for so long; return how many."""
        ...


class Progress(Protocol):
    """The services of a release, as a worker drives them. A write that was overtaken raises Conflict."""

    async def claim(self, release_id: str, service: str, executor: str) -> Claim:
        """Take a service, or learn why there is nothing to do for it."""
        ...

    async def advance(self, claim: Claim, phase: str, handle: str) -> None:
        """Record how far the service is, and the provider's name for the version."""
        ...

    async def settle(
        self, claim: Claim, status: ServiceStatus, *, error: str = "", deployed: Deployed | None = None
    ) -> None:
        """Record what a service came to, and the deployment when there is one, in one transaction."""
        ...

    async def reverting(self, release_id: str, service: str, executor: str) -> Claim:
        """Take a deployed service back; the claim's ``activated`` says how."""
        ...

    async def stuck(self, claim: Claim, error: str) -> None:
        """Record that a service could not be reverted: it stays deployed, and says so."""
        ...

    async def say(self, release_id: str, service: str, text: str) -> None:
        """Append one line to the log of the release."""
        ...


@dataclass(frozen=True, slots=True)
class Driving:
    """What a worker needs to drive releases."""

    steering: Steering
    progress: Progress
    providers: Mapping[str, Provider]


class Bundles(Protocol):
    """The files of builds, by the digest of their content."""

    def missing(self, contents: Iterable[str]) -> list[str]:
        """Return which of ``contents`` the centre does not have."""
        ...

    def store(self, content: str, stream: BinaryIO) -> None:
        """Keep the tar ``stream``. Raises Refused when its files do not hash to ``content``."""
        ...
