"""A release as a worker drives it: every write is fenced by the attempt that makes it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chittyops.capabilities.deploy.model import (
    Activated,
    Check,
    Claim,
    Deployed,
    Desired,
    Prepared,
    Release,
    ReleaseStatus,
    ServiceStatus,
    Target,
    Verified,
)
from chittyops.capabilities.deploy.providers.postgres.releases import changed, read, say
from chittyops.interface.codec import dump, load
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Conflict
from chittyops.kernel.event import Event, Json
from chittyops.runtime.outbox import announce
from chittyops.runtime.postgres import Database, Transaction

OPEN = ("waiting", "running")
DEAD_END = ("failed", "blocked", "cancelled", "reverted")


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
            row = await tx.row(
                """
                SELECT s.*, r.fleet, r.environment, r.on_failure, r.cancel_requested
                FROM release_service s JOIN release r ON r.id = s.release
                WHERE s.release = :release AND s.service = :service FOR UPDATE OF s
                """,
                release=release_id,
                service=service,
            )
            if row is None or row["status"] not in OPEN:
                status = ServiceStatus(row["status"]) if row else ServiceStatus.SKIPPED
                return Claim(release_id, service, verdict=status, reason=row["error"] if row else "")
            verdict, reason = await self._verdict(tx, row)
            if verdict is not None:
                claim = Claim(release_id, service, row["provider"], row["attempt"], verdict, reason)
                await self._settle(tx, claim, verdict, reason, now)
                return claim
            attempt = row["attempt"] + 1
            await tx.run(
                """
                UPDATE release_service SET status = 'running', attempt = :attempt, executor = :executor,
                       started_at = coalesce(started_at, :now)
                WHERE release = :release AND service = :service
                """,
                attempt=attempt,
                executor=executor,
                now=now,
                release=release_id,
                service=service,
            )
            await _state(tx, release_id, service, ServiceStatus.RUNNING, row["phase"], "", now)
            return _claim(row, attempt, await self._addresses(tx, row))

    @staticmethod
    async def _verdict(tx: Transaction, row: Mapping[str, Any]) -> tuple[ServiceStatus | None, str]:
        if row["cancel_requested"]:
            return ServiceStatus.CANCELLED, "the release was cancelled"
        broken = await tx.row(
            """
            SELECT service, status FROM release_service
            WHERE release = :release AND service <> :service AND status = ANY(:dead)
              AND (:stops AND status = 'failed' OR service = ANY(:needed))
            ORDER BY position LIMIT 1
            """,
            release=row["release"],
            service=row["service"],
            dead=list(DEAD_END),
            stops=row["on_failure"] != "continue",
            needed=row["depends_on"],
        )
        return (ServiceStatus.BLOCKED, f"{broken['service']} {broken['status']}") if broken else (None, "")

    @staticmethod
    async def _addresses(tx: Transaction, row: Mapping[str, Any]) -> dict[str, str]:
        found = await tx.rows(
            """
            SELECT service, address FROM deployment
            WHERE fleet = :fleet AND environment = :environment AND service = ANY(:needed)
            """,
            fleet=row["fleet"],
            environment=row["environment"],
            needed=row["depends_on"],
        )
        return {r["service"]: r["address"] for r in found}

    async def advance(self, claim: Claim, phase: str, **columns: str) -> None:
        """Record how far the service is; ``columns`` are handle, address, undo, checked_by or note."""
        now = self._clock.now()
        known = {name: columns.get(name) for name in ("handle", "address", "undo", "checked_by", "note")}
        async with self._database.transaction() as tx:
            moved = await tx.run(
                """
                UPDATE release_service SET phase = :phase, handle = coalesce(:handle, handle),
                       address = coalesce(:address, address), undo = coalesce(:undo, undo),
                       checked_by = coalesce(:checked_by, checked_by), note = coalesce(:note, note)
                WHERE release = :release AND service = :service AND attempt = :attempt AND status = 'running'
                """,
                phase=phase,
                release=claim.release,
                service=claim.service,
                attempt=claim.attempt,
                **known,
            )
            _refuse_overtaken(moved, claim)
            await _state(tx, claim.release, claim.service, ServiceStatus.RUNNING, phase, "", now)

    async def settle(
        self, claim: Claim, status: ServiceStatus, *, error: str = "", deployed: Deployed | None = None
    ) -> None:
        """Record what a service came to, and the deployment when there is one, in one transaction."""
        async with self._database.transaction() as tx:
            await self._settle(tx, claim, status, error, self._clock.now(), deployed)

    async def _settle(
        self,
        tx: Transaction,
        claim: Claim,
        status: ServiceStatus,
        error: str,
        now: datetime,
        deployed: Deployed | None = None,
    ) -> None:
        moved = await tx.run(
            """
            UPDATE release_service SET status = :status, error = :error, phase = '', ended_at = :now
            WHERE release = :release AND service = :service AND attempt = :attempt AND status = ANY(:from)
            """,
            status=status.value,
            error=error,
            now=now,
            release=claim.release,
            service=claim.service,
            attempt=claim.attempt,
            **{"from": ["succeeded"] if status is ServiceStatus.REVERTED else list(OPEN)},
        )
        _refuse_overtaken(moved, claim)
        if deployed:
            await self._replace(tx, claim, deployed, now)
        elif status is ServiceStatus.REVERTED:
            await self._restore(tx, claim)
        await _state(tx, claim.release, claim.service, status, "", error, now)
        data: dict[str, Json] = {"release": claim.release, "service": claim.service, "error": error}
        await announce(
            tx,
            Event(
                str(uuid.uuid4()),
                f"service.{status.value}",
                "/chittyops/releases",
                f"{claim.release}/{claim.service}",
                now,
                data,
            ),
        )

    @staticmethod
    async def _replace(tx: Transaction, claim: Claim, deployed: Deployed, now: datetime) -> None:
        """Make the new deployment the active one, and keep the old one beside the release that replaced it."""
        target = claim.target
        if target is None:
            message = "a claim without a target cannot deploy"
            raise Conflict(message)
        place = {"fleet": target.fleet, "environment": target.environment, "service": claim.service}
        await tx.run(
            """
            UPDATE release_service s SET handle = :handle, address = :address, checked_by = :checked_by, note = :note,
                   previous = (SELECT to_jsonb(d) FROM deployment d WHERE d.fleet = :fleet
                               AND d.environment = :environment AND d.service = :service)
            WHERE s.release = :release AND s.service = :service
            """,
            handle=deployed.handle,
            address=deployed.address,
            checked_by=deployed.check.value,
            note=deployed.note,
            release=claim.release,
            **place,
        )
        await tx.run(
            """
            INSERT INTO deployment (fleet, environment, service, build_id, digest, inputs, spec, release, provider,
                                    handle, address, checked_by, since)
            VALUES (:fleet, :environment, :service, :build_id, :digest, :inputs, :spec, :release, :provider,
                    :handle, :address, :checked_by, :now)
            ON CONFLICT (fleet, environment, service) DO UPDATE SET build_id = EXCLUDED.build_id,
                digest = EXCLUDED.digest, inputs = EXCLUDED.inputs, spec = EXCLUDED.spec, release = EXCLUDED.release,
                provider = EXCLUDED.provider, handle = EXCLUDED.handle, address = EXCLUDED.address,
                checked_by = EXCLUDED.checked_by, since = EXCLUDED.since
            """,
            build_id=target.build_id,
            digest=target.desired.digest,
            inputs=dict(target.desired.inputs),
            spec=dump(target.desired.service),
            release=claim.release,
            provider=claim.provider,
            handle=deployed.handle,
            address=deployed.address,
            checked_by=deployed.check.value,
            now=now,
            **place,
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
            row = await tx.row(
                """
                UPDATE release_service s SET attempt = attempt + 1, executor = :executor, phase = 'reverting'
                FROM release r WHERE r.id = s.release AND s.release = :release AND s.service = :service
                  AND s.status = 'succeeded' AND s.action = 'deploy'
                RETURNING s.*, r.fleet, r.environment
                """,
                release=release_id,
                service=service,
                executor=executor,
            )
            if row is None:
                return Claim(release_id, service, verdict=ServiceStatus.REVERTED)
            await _state(tx, release_id, service, ServiceStatus.RUNNING, "reverting", "", self._clock.now())
            return _claim(row, row["attempt"], await self._addresses(tx, row))

    async def stuck(self, claim: Claim, error: str) -> None:
        """Record that a service could not be reverted: it stays deployed, and says so."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await tx.run(
                """
                UPDATE release_service SET phase = '', error = :error
                WHERE release = :release AND service = :service AND attempt = :attempt
                """,
                error=error,
                release=claim.release,
                service=claim.service,
                attempt=claim.attempt,
            )
            await _state(tx, claim.release, claim.service, ServiceStatus.SUCCEEDED, "", error, now)

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

    async def say(self, release_id: str, service: str, text: str) -> None:
        """Append one line to the log of a release."""
        async with self._database.transaction() as tx:
            await say(tx, release_id, service, "log", {"text": text}, self._clock.now())

    async def cancel_requested(self, release_id: str) -> bool:
        """Return whether somebody asked the release to stop."""
        async with self._database.transaction() as tx:
            row = await tx.row("SELECT cancel_requested FROM release WHERE id = :id", id=release_id)
        return bool(row and row["cancel_requested"])


async def _state(
    tx: Transaction, release: str, service: str, status: ServiceStatus, phase: str, error: str, now: datetime
) -> None:
    data: dict[str, Json] = {"service": service, "status": status.value, "phase": phase, "error": error}
    await say(tx, release, service, "state", data, now)


def _refuse_overtaken(moved: int, claim: Claim) -> None:
    if not moved:
        message = f"another worker has taken over {claim.service} (attempt {claim.attempt} is not the last)"
        raise Conflict(message)


def _claim(row: Mapping[str, Any], attempt: int, addresses: dict[str, str]) -> Claim:
    target = Target(
        row["fleet"],
        row["environment"],
        row["release"],
        row["build_id"],
        attempt,
        load(Desired, row["desired"]),
        addresses,
    )
    check = Check(row["checked_by"]) if row["checked_by"] else Check.PROCESS
    return Claim(
        row["release"],
        row["service"],
        row["provider"],
        attempt,
        target=target,
        prepared=Prepared(row["handle"], Verified(check)) if row["handle"] else None,
        activated=Activated(row["address"], row["undo"]) if row["address"] else None,
    )
