"""Releases as people see and steer them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chittyops.capabilities.deploy.model import (
    Check,
    OnFailure,
    Release,
    ReleaseEvent,
    ReleaseOptions,
    ReleaseService,
    ReleaseStatus,
    ServiceStatus,
    StoredPlan,
)
from chittyops.capabilities.deploy.service import base_of, build_id
from chittyops.interface.codec import dump, load
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Conflict, NotFound, Refused
from chittyops.kernel.event import Event, Json
from chittyops.kernel.plan import Action, Plan
from chittyops.runtime.journal import record
from chittyops.runtime.outbox import announce
from chittyops.runtime.postgres import Database, Transaction

FIRST_STATUS = {
    Action.DEPLOY: ServiceStatus.WAITING,
    Action.SKIP: ServiceStatus.SKIPPED,
    Action.UNAVAILABLE: ServiceStatus.UNAVAILABLE,
}


UNLOCKED = "SELECT * FROM release WHERE id = :id"
LOCKED = UNLOCKED + " FOR UPDATE"
# Without the plan, which may be large: lists do not show it.
LISTED = """
SELECT id, sequence, fleet, number, environment, kind, status, on_failure, max_parallel, actor, cancel_requested,
       generation, error, created_at, started_at, ended_at
FROM release
"""

# Without what only the worker reads, and may be large: the service's inputs, and what it replaced.
SERVICES = """
SELECT service, action, status, depends_on, phase, attempt, build_id, digest, provider, handle, address, checked_by,
       note, error, undo, started_at, ended_at
FROM release_service WHERE release = :id ORDER BY position
"""

# The oldest transaction of this database that still runs, else the next one there will be. A snapshot's own xmin
# would do too, but it also counts the databases of the fleet's services, whose long transactions are not ours.
HORIZON = """
SELECT CAST(coalesce(
    (SELECT min(running) FROM pg_snapshot_xip(snapshot) AS running WHERE EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database()
          AND CAST(backend_xid AS text) = CAST(mod(CAST(CAST(running AS text) AS numeric), 4294967296) AS text))),
    pg_snapshot_xmax(snapshot)) AS text) AS tx
FROM (SELECT pg_current_snapshot() AS snapshot) AS present
"""


class PostgresReleases:
    """Implements the port ``Releases``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock

    async def create(self, stored: StoredPlan, options: ReleaseOptions, actor: str) -> Release:
        """Queue a release of the plan.

        The row of the fleet is locked first, so that numbers have no gaps and the base cannot change under us;
        the partial unique index ``release_lock`` is the lock of the environment.
        """
        plan, now = stored.plan, self._clock.now()
        async with self._database.transaction() as tx:
            fleet = await tx.row("SELECT last_release FROM fleet WHERE name = :name FOR UPDATE", name=plan.fleet)
            number = (fleet["last_release"] if fleet else 0) + 1
            await self._refuse_held(tx, plan)
            await self._refuse_stale(tx, plan)
            release_id = f"{plan.fleet}-{number}"
            await tx.run("UPDATE fleet SET last_release = :n WHERE name = :name", n=number, name=plan.fleet)
            await tx.run(
                """
                INSERT INTO release (id, fleet, number, environment, kind, status, on_failure, max_parallel, actor,
                                     document, created_at)
                VALUES (:id, :fleet, :number, :environment, :kind, 'queued', :on_failure, :max_parallel, :actor,
                        :document, :now)
                """,
                id=release_id,
                fleet=plan.fleet,
                number=number,
                environment=plan.environment,
                kind=stored.kind,
                on_failure=options.on_failure.value,
                max_parallel=options.max_parallel,
                actor=actor,
                document=dump(plan),
                now=now,
            )
            await self._add_services(tx, release_id, number, stored)
            await changed(tx, release_id, ReleaseStatus.QUEUED, now)
            await record(
                tx, at=now, actor=actor, action=f"release.{stored.kind}", target=release_id, detail={"plan": stored.id}
            )
        return await self.release(release_id)

    @staticmethod
    async def _add_services(tx: Transaction, release_id: str, number: int, stored: StoredPlan) -> None:
        services = [
            {
                "service": s.name,
                "position": position,
                "action": s.action.value,
                "status": FIRST_STATUS[s.action].value,
                "depends_on": list(s.depends_on),
                "build_id": build_id(number, s.digest) if s.action is Action.DEPLOY else s.running,
                "digest": s.digest,
                "provider": s.provider,
                "note": s.note,
                "desired": dump(stored.desired[s.name]) if s.action is Action.DEPLOY else None,
            }
            for position, s in enumerate(stored.plan.services)
        ]
        await tx.run(
            """
            INSERT INTO release_service (release, service, position, action, status, depends_on, build_id, digest,
                                         provider, note, desired)
            SELECT :release, s.* FROM jsonb_to_recordset(CAST(:document AS jsonb) -> 'services')
                AS s (service text, position integer, action text, status text, depends_on text[], build_id text,
                      digest text, provider text, note text, desired jsonb)
            """,
            release=release_id,
            document={"services": services},
        )

    @staticmethod
    async def _refuse_held(tx: Transaction, plan: Plan) -> None:
        holder = await tx.row(
            """
            SELECT id, status, actor FROM release WHERE fleet = :fleet AND environment = :environment
              AND status IN ('queued', 'running', 'reverting')
            """,
            fleet=plan.fleet,
            environment=plan.environment,
        )
        if holder:
            message = f"{plan.environment} is held by release {holder['id']} ({holder['status']}, by {holder['actor']})"
            raise Conflict(message, hint=f"wait for it, or `chittyops cancel {holder['id']}`")

    @staticmethod
    async def _refuse_stale(tx: Transaction, plan: Plan) -> None:
        rows = await tx.rows(
            "SELECT service, build_id FROM deployment WHERE fleet = :fleet AND environment = :environment",
            fleet=plan.fleet,
            environment=plan.environment,
        )
        builds = {row["service"]: row["build_id"] for row in rows}
        if base_of(builds) == plan.base:
            return
        planned = {s.name: s.running for s in plan.services}
        moved = sorted(name for name, build in builds.items() if planned.get(name, build) != build)
        message = "the plan is stale: " + (f"{', '.join(moved)} changed since" if moved else "what is deployed changed")
        raise Refused(message, hint="make a new plan")

    async def release(self, release_id: str) -> Release:
        """Return one release with its services and plan. Raises NotFound."""
        async with self._database.transaction() as tx:
            return await read(tx, release_id)

    async def status(self, release_id: str) -> ReleaseStatus:
        """Return where a release is. Raises NotFound."""
        async with self._database.transaction() as tx:
            row = await tx.row("SELECT status FROM release WHERE id = :id", id=release_id)
        if row is None:
            raise _unknown(release_id)
        return ReleaseStatus(row["status"])

    async def releases(
        self, *, fleet: str | None = None, environment: str | None = None, before: int | None = None, limit: int = 50
    ) -> list[Release]:
        """Return releases, the newest first, without services."""
        async with self._database.transaction() as tx:
            rows = await tx.rows(
                LISTED
                + """
                WHERE (CAST(:fleet AS text) IS NULL OR fleet = :fleet)
                  AND (CAST(:environment AS text) IS NULL OR environment = :environment)
                  AND (CAST(:before AS bigint) IS NULL OR sequence < :before)
                ORDER BY sequence DESC LIMIT :limit
                """,
                fleet=fleet,
                environment=environment,
                before=before,
                limit=limit,
            )
        return [_release(row) for row in rows]

    async def cancel(self, release_id: str, actor: str) -> None:
        """Ask the release to stop. Raises Refused when it has ended."""
        async with self._database.transaction() as tx:
            release = await read(tx, release_id, lock=True)
            if not release.status.active:
                message = f"release {release_id} has already ended ({release.status})"
                raise Refused(message, hint="`chittyops rollback` goes back to an earlier release")
            await tx.run("UPDATE release SET cancel_requested = true WHERE id = :id", id=release_id)
            await say(tx, release_id, "", "log", {"text": f"{actor} asked to cancel"}, self._clock.now())
            await record(tx, at=self._clock.now(), actor=actor, action="release.cancel", target=release_id, detail={})

    async def resume(self, release_id: str, actor: str) -> None:
        """Queue again what did not succeed. Raises Refused when there is nothing to resume or a later release."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            release = await read(tx, release_id, lock=True)
            if release.status.active or release.status is ReleaseStatus.SUCCEEDED:
                message = f"release {release_id} is {release.status}: there is nothing to resume"
                raise Refused(message)
            later = await tx.row(
                "SELECT id FROM release WHERE fleet = :fleet AND environment = :environment AND number > :number",
                fleet=release.fleet,
                environment=release.environment,
                number=release.number,
            )
            if later:
                message = f"release {later['id']} came after {release_id}, which can no longer be resumed"
                raise Refused(message, hint="`chittyops deploy` plans anew")
            await tx.run(
                """
                UPDATE release_service SET status = 'waiting', phase = '', error = '', handle = '', undo = '',
                       started_at = NULL, ended_at = NULL
                WHERE release = :id AND action = 'deploy' AND status <> 'succeeded'
                """,
                id=release_id,
            )
            await tx.run(
                """
                UPDATE release SET status = 'queued', generation = generation + 1, cancel_requested = false,
                       error = '', ended_at = NULL WHERE id = :id
                """,
                id=release_id,
            )
            await changed(tx, release_id, ReleaseStatus.QUEUED, now)
            await record(tx, at=now, actor=actor, action="release.resume", target=release_id, detail={})

    async def events(self, release_id: str, after: str, limit: int = 1000) -> list[ReleaseEvent]:
        """Return what was said after the cursor ``after``, in order, of transactions that all have ended."""
        seen_tx, _, seen_id = after.partition("-")
        async with self._database.transaction() as tx:
            horizon = await tx.row(HORIZON)
            # A statement of its own: its snapshot sees whatever committed before the horizon was taken.
            rows = await tx.rows(
                """
                SELECT CAST(tx AS text) || '-' || id AS cursor, at, service, kind, data FROM release_event
                WHERE release = :id AND tx < CAST(CAST(:horizon AS text) AS xid8)
                  AND (tx, id) > (CAST(CAST(:tx AS text) AS xid8), :seen)
                ORDER BY tx, id LIMIT :limit
                """,
                id=release_id,
                horizon=horizon["tx"] if horizon else "0",
                tx=seen_tx if seen_tx.isdigit() else "0",
                seen=int(seen_id) if seen_id.isdigit() else 0,
                limit=limit,
            )
        return [ReleaseEvent(r["cursor"], r["at"], r["service"], r["kind"], r["data"]) for r in rows]


async def read(tx: Transaction, release_id: str, *, lock: bool = False) -> Release:
    """Return a release with its services. Raises NotFound."""
    row = await tx.row(LOCKED if lock else UNLOCKED, id=release_id)
    if row is None:
        raise _unknown(release_id)
    services = await tx.rows(SERVICES, id=release_id)
    return _release(row, tuple(_service(s) for s in services))


def _unknown(release_id: str) -> NotFound:
    return NotFound(f"there is no release {release_id}", hint="`chittyops history` lists the releases")


async def say(tx: Transaction, release: str, service: str, kind: str, data: Mapping[str, Json], at: datetime) -> None:
    """Append to what the release said and became."""
    await tx.run(
        """
        INSERT INTO release_event (release, service, kind, data, at) VALUES (:release, :service, :kind, :data, :at)
        """,
        release=release,
        service=service,
        kind=kind,
        data=dict(data),
        at=at,
    )


async def changed(tx: Transaction, release: str, status: ReleaseStatus, at: datetime, error: str = "") -> None:
    """Tell the live log and the world what the release has become."""
    data: dict[str, Json] = {"release": release, "status": status.value, "error": error}
    await say(tx, release, "", "state", data, at)
    await announce(tx, Event(str(uuid.uuid4()), f"release.{status.value}", "/chittyops/releases", release, at, data))


def _service(row: Mapping[str, Any]) -> ReleaseService:
    return ReleaseService(
        name=row["service"],
        action=row["action"],
        status=ServiceStatus(row["status"]),
        depends_on=tuple(row["depends_on"]),
        phase=row["phase"],
        attempt=row["attempt"],
        build_id=row["build_id"],
        digest=row["digest"],
        provider=row["provider"],
        handle=row["handle"],
        address=row["address"],
        check=Check(row["checked_by"]) if row["checked_by"] else None,
        note=row["note"],
        error=row["error"],
        undo=row["undo"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


def _release(row: Mapping[str, Any], services: tuple[ReleaseService, ...] = ()) -> Release:
    return Release(
        id=row["id"],
        fleet=row["fleet"],
        number=row["number"],
        environment=row["environment"],
        kind=row["kind"],
        status=ReleaseStatus(row["status"]),
        on_failure=OnFailure(row["on_failure"]),
        max_parallel=row["max_parallel"],
        actor=row["actor"],
        created_at=row["created_at"],
        sequence=row["sequence"],
        generation=row["generation"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        cancel_requested=row["cancel_requested"],
        error=row["error"],
        plan=load(Plan, row["document"]) if services else None,
        services=services,
    )
