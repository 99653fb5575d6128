"""A release as a worker drives it: every write is fenced by the attempt that makes it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chittyops.capabilities.deploy.model import (
    Activated,
    Claim,
    Deployed,
    Desired,
    Release,
    ReleaseStatus,
    ServiceStatus,
    Target,
)
from chittyops.capabilities.deploy.providers.postgres.releases import changed, read, say
from chittyops.interface.codec import load
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Conflict
from chittyops.kernel.event import Event, Json
from chittyops.kernel.plan import Action
from chittyops.runtime.outbox import announce
from chittyops.runtime.postgres import Database, Transaction

OPEN = ("waiting", "running")

# A service of a release, locked, with everything that decides about it: one statement, since a release of
# thousands makes thousands of them. The list of statuses is that of the partial index release_service_dead.
OPEN_SERVICE = """
SELECT s.*, r.fleet, r.environment, r.cancel_requested,
       (SELECT b.service || ' ' || b.status FROM release_service b
        WHERE b.release = s.release AND b.service <> s.service
          AND b.status IN ('failed', 'blocked', 'cancelled', 'reverted')
          AND (r.on_failure <> 'continue' AND b.status = 'failed' OR b.service = ANY(s.depends_on))
        ORDER BY b.position LIMIT 1) AS broken,
       (SELECT jsonb_object_agg(d.service, d.address) FROM deployment d
        WHERE d.fleet = r.fleet AND d.environment = r.environment AND d.service = ANY(s.depends_on)) AS addresses
FROM release_service s JOIN release r ON r.id = s.release
WHERE s.release = :release AND s.service = :service
FOR UPDATE OF s
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a service becomes, and when."""

    status: ServiceStatus
    phase: str
    error: str
    at: datetime


class PostgresProgress:
    """Implements the ports ``Progress`` and ``Log``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock

    async def queued(self) -> list[tuple[str, int]]:
        """Return the id and generation of each release that no worker has begun."""
        async with self._database.transaction() as tx:
            rows = await tx.rows("SELECT id, generation FROM release WHERE status = 'queued' ORDER BY sequence")
        return [(row["id"], row["generation"]) for row in rows]

    async def begin(self, release_id: str) -> Release:
        """Mark the release as running and return it."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            moved = await tx.run(
                """
                UPDATE release SET status = 'running', started_at = coalesce(started_at, :now)
                WHERE id = :id AND status = 'queued'
                """,
                id=release_id,
                now=now,
            )
            if moved:
                await changed(tx, release_id, ReleaseStatus.RUNNING, now)
            return await read(tx, release_id)

    async def claim(self, release_id: str, service: str, executor: str) -> Claim:
        """Take a service, or learn why there is nothing to do for it."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await tx.row(OPEN_SERVICE, release=release_id, service=service)
            if row is None or row["status"] not in OPEN:
                status = ServiceStatus(row["status"]) if row else ServiceStatus.SKIPPED
                return Claim(release_id, service, verdict=status, reason=row["error"] if row else "")
            verdict, reason = _verdict(row)
            if verdict is not None:
                claim = Claim(release_id, service, row["provider"], row["attempt"], verdict, reason)
                await self._settle(tx, claim, verdict, reason, now)
                return claim
            claim = _claim(row, row["attempt"] + 1)
            await _move(
                tx,
                claim,
                Moment(ServiceStatus.RUNNING, "preparing", "", now),
                """
                UPDATE release_service SET status = :status, phase = :phase, attempt = :attempt, executor = :executor,
                       started_at = coalesce(started_at, :now)
                WHERE release = :release AND service = :service
                """,
                executor=executor,
            )
            return claim

    async def advance(self, claim: Claim, phase: str, handle: str) -> None:
        """Record how far the service is, and the provider's name for the version."""
        async with self._database.transaction() as tx:
            await _move(
                tx,
                claim,
                Moment(ServiceStatus.RUNNING, phase, "", self._clock.now()),
                """
                UPDATE release_service SET phase = :phase, handle = :handle
                WHERE release = :release AND service = :service AND attempt = :attempt AND status = :status
                """,
                handle=handle,
            )

    async def settle(
        self, claim: Claim, status: ServiceStatus, *, error: str = "", deployed: Deployed | None = None
    ) -> None:
        """Record what a service came to, and the deployment when there is one, in one transaction."""
        async with self._database.transaction() as tx:
            now = self._clock.now()
            if deployed and claim.target:
                await self._replace(tx, claim, claim.target, deployed, now)
            await self._settle(tx, claim, status, error, now)
            if status is ServiceStatus.REVERTED:
                await self._restore(tx, claim)

    @staticmethod
    async def _settle(tx: Transaction, claim: Claim, status: ServiceStatus, error: str, now: datetime) -> None:
        await _move(
            tx,
            claim,
            Moment(status, "", error, now),
            """
            UPDATE release_service SET status = :status, error = :error, phase = :phase, ended_at = :now
            WHERE release = :release AND service = :service AND attempt = :attempt AND status = ANY(:from)
            """,
            **{"from": ["succeeded"] if status is ServiceStatus.REVERTED else list(OPEN)},
        )
        data: dict[str, Json] = {"release": claim.release, "service": claim.service, "error": error}
        subject = f"{claim.release}/{claim.service}"
        happened = f"service.{status.value}"
        await announce(tx, Event(str(uuid.uuid4()), happened, "/chittyops/releases", subject, now, data))

    @staticmethod
    async def _replace(tx: Transaction, claim: Claim, target: Target, deployed: Deployed, now: datetime) -> None:
        """Make the new deployment the active one, and keep the old one beside the release that replaced it."""
        await tx.run(
            """
            WITH replaced AS (
                UPDATE release_service s SET handle = :handle, address = :address, checked_by = :checked_by,
                       undo = :undo, note = :note,
                       previous = (SELECT to_jsonb(d) FROM deployment d WHERE d.fleet = :fleet
                                   AND d.environment = :environment AND d.service = :service)
                WHERE s.release = :release AND s.service = :service AND s.attempt = :attempt AND s.status = 'running'
                RETURNING s.*)
            INSERT INTO deployment (fleet, environment, service, build_id, digest, inputs, spec, release, provider,
                                    handle, address, checked_by, since)
            SELECT :fleet, :environment, service, build_id, digest, desired -> 'inputs', desired -> 'service', release,
                   provider, handle, address, checked_by, :now FROM replaced
            ON CONFLICT (fleet, environment, service) DO UPDATE SET build_id = EXCLUDED.build_id,
                digest = EXCLUDED.digest, inputs = EXCLUDED.inputs, spec = EXCLUDED.spec, release = EXCLUDED.release,
                provider = EXCLUDED.provider, handle = EXCLUDED.handle, address = EXCLUDED.address,
                checked_by = EXCLUDED.checked_by, since = EXCLUDED.since
            """,
            fleet=target.fleet,
            environment=target.environment,
            service=claim.service,
            release=claim.release,
            attempt=claim.attempt,
            handle=deployed.handle,
            address=deployed.address,
            checked_by=deployed.check.value,
            undo=deployed.undo,
            note=deployed.note,
            now=now,
        )

    @staticmethod
    async def _restore(tx: Transaction, claim: Claim) -> None:
        """Put back the deployment this release replaced, or none where there was none."""
        await tx.run(
            "DELETE FROM deployment WHERE release = :release AND service = :service",
            release=claim.release,
            service=claim.service,
        )
        await tx.run(
            """
            INSERT INTO deployment SELECT d.* FROM release_service s,
                   jsonb_populate_record(NULL::deployment, s.previous) d
            WHERE s.release = :release AND s.service = :service AND s.previous IS NOT NULL
            ON CONFLICT DO NOTHING
            """.replace("NULL::deployment", "CAST(NULL AS deployment)"),
            release=claim.release,
            service=claim.service,
        )

    async def reverting(self, release_id: str, service: str, executor: str) -> Claim:
        """Take a deployed service back for reverting; the claim's ``activated`` says how."""
        async with self._database.transaction() as tx:
            row = await tx.row(OPEN_SERVICE, release=release_id, service=service)
            if row is None or row["status"] != ServiceStatus.SUCCEEDED or row["action"] != Action.DEPLOY:
                return Claim(release_id, service, verdict=ServiceStatus.REVERTED)
            claim = _claim(row, row["attempt"] + 1)
            await _move(
                tx,
                claim,
                Moment(ServiceStatus.SUCCEEDED, "reverting", "", self._clock.now()),
                """
                UPDATE release_service SET attempt = :attempt, executor = :executor, phase = :phase
                WHERE release = :release AND service = :service
                """,
                executor=executor,
            )
            return claim

    async def stuck(self, claim: Claim, error: str) -> None:
        """Record that a service could not be reverted: it stays deployed, and says so."""
        async with self._database.transaction() as tx:
            await _move(
                tx,
                claim,
                Moment(ServiceStatus.SUCCEEDED, "", error, self._clock.now()),
                """
                UPDATE release_service SET phase = :phase, error = :error
                WHERE release = :release AND service = :service AND attempt = :attempt
                """,
            )

    async def finish(self, release_id: str, status: ReleaseStatus, error: str = "") -> None:
        """Move the release as a whole (reverting, or to an end) and free the environment at an end."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            moved = await tx.run(
                """
                UPDATE release SET status = :status, error = :error, ended_at = :ended
                WHERE id = :id AND status IN ('queued', 'running', 'reverting') AND status <> :status
                """,
                status=status.value,
                error=error,
                ended=None if status.active else now,
                id=release_id,
            )
            if moved:
                await changed(tx, release_id, status, now, error)

    async def forget_plans(self, made_before: datetime) -> int:
        """Delete plans made before a time: an applied one lives on in its release. Return how many."""
        async with self._database.transaction() as tx:
            return await tx.run("DELETE FROM plan WHERE created_at < :before", before=made_before)

    async def say(self, release_id: str, service: str, text: str) -> None:
        """Append one line to the log of a release."""
        async with self._database.transaction() as tx:
            await say(tx, release_id, service, "log", {"text": text}, self._clock.now())

    async def cancel_requested(self, release_id: str) -> bool:
        """Return whether somebody asked the release to stop."""
        async with self._database.transaction() as tx:
            row = await tx.row("SELECT cancel_requested FROM release WHERE id = :id", id=release_id)
        return bool(row and row["cancel_requested"])


async def _move(tx: Transaction, claim: Claim, moment: Moment, update: str, **columns: Any) -> None:
    """Do ``update`` of the service and tell the live log, in one statement. Raises Conflict when nothing matched."""
    said: dict[str, Json] = {
        "service": claim.service,
        "status": moment.status.value,
        "phase": moment.phase,
        "error": moment.error,
    }
    moved = await tx.run(
        f"""
        WITH moved AS ({update} RETURNING service)
        INSERT INTO release_event (release, service, kind, data, at)
        SELECT :release, service, 'state', :said, :now FROM moved
        """,  # noqa: S608 - ``update`` is a constant of this module
        release=claim.release,
        service=claim.service,
        attempt=claim.attempt,
        status=moment.status.value,
        phase=moment.phase,
        error=moment.error,
        now=moment.at,
        said=said,
        **columns,
    )
    if not moved:
        message = f"another worker has taken over {claim.service} (attempt {claim.attempt} is not the last)"
        raise Conflict(message)


def _verdict(row: Mapping[str, Any]) -> tuple[ServiceStatus | None, str]:
    if row["cancel_requested"]:
        return ServiceStatus.CANCELLED, "the release was cancelled"
    return (ServiceStatus.BLOCKED, row["broken"]) if row["broken"] else (None, "")


def _claim(row: Mapping[str, Any], attempt: int) -> Claim:
    target = Target(
        row["fleet"],
        row["environment"],
        row["release"],
        row["build_id"],
        attempt,
        load(Desired, row["desired"]),
        row["addresses"] or {},
    )
    return Claim(
        row["release"],
        row["service"],
        row["provider"],
        attempt,
        target=target,
        activated=Activated(row["address"], row["undo"]) if row["address"] else None,
    )
