"""Rotations as people see and steer them."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chittyops.capabilities.secrets.service.rotation import steps
from chittyops.capabilities.secrets.service.rotation.model import (
    Rotation,
    RotationRequest,
    RotationStatus,
    RotationStep,
    StepStatus,
)
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Conflict, NotFound, Refused
from chittyops.kernel.event import Event, Json
from chittyops.runtime.journal import record
from chittyops.runtime.outbox import announce
from chittyops.runtime.postgres import Database, Transaction

OPEN = ["queued", "running", "reverting", "held", "failed"]
UNLOCKED = "SELECT * FROM rotation WHERE id = :id"
LOCKED = UNLOCKED + " FOR UPDATE"
_STEPS = """
SELECT rotation, step, status, attempt, detail, error, started_at, ended_at FROM rotation_step
WHERE rotation = ANY(:ids) ORDER BY position
"""


class PostgresRotations:
    """Implements the port ``Rotations``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock

    async def create(self, request: RotationRequest, actor: str) -> Rotation:
        """Queue a rotation; the partial unique index ``rotation_lock`` keeps a second one of its secret out."""
        now, rotation_id = self._clock.now(), f"rot-{secrets.token_hex(4)}"
        try:
            async with self._database.transaction() as tx:
                await tx.run(
                    """
                    INSERT INTO rotation (id, fleet, environment, root, secret, file, level, owner, rotator, previous,
                                          hold, status, actor, created_at)
                    VALUES (:id, :fleet, :environment, :root, :secret, :file, :level, :owner, :rotator, :previous,
                            :hold, 'queued', :actor, :now)
                    """,
                    id=rotation_id,
                    actor=actor,
                    now=now,
                    **{name: getattr(request, name) for name in RotationRequest.__dataclass_fields__},
                )
                rotation = await read(tx, rotation_id)
                await changed(tx, rotation, RotationStatus.QUEUED, now)
                await record(
                    tx, at=now, actor=actor, action="rotation.create", target=rotation_id,
                    detail={"fleet": request.fleet, "environment": request.environment, "name": request.secret,
                            "rotator": request.rotator},
                )  # fmt: skip
        except Conflict:
            raise await self._held(request) from None
        return rotation

    async def _held(self, request: RotationRequest) -> Conflict:
        async with self._database.transaction() as tx:
            holder = await tx.row(
                """
                SELECT id, status, actor FROM rotation
                WHERE fleet = :fleet AND file = :file AND level = :level AND owner = :owner AND secret = :secret
                  AND status = ANY(:open)
                """,
                fleet=request.fleet,
                file=request.file,
                level=request.level,
                owner=request.owner,
                secret=request.secret,
                open=OPEN,
            )
        if holder is None:
            return Conflict(f"{request.secret} was being rotated until just now", hint="try again")
        return Conflict(
            f"{request.secret} is being rotated already: {holder['id']} ({holder['status']}, by {holder['actor']})",
            hint=f"chittyops secrets rotate --status {holder['id']}; --resume and --cancel take its id, too",
        )

    async def rotation(self, rotation_id: str) -> Rotation:
        """Return one with its steps. Raises NotFound."""
        async with self._database.transaction() as tx:
            return await read(tx, rotation_id)

    async def rotations(
        self, *, fleet: str | None, environment: str | None, before: int | None, limit: int
    ) -> list[Rotation]:
        """Return rotations, the newest first, with their steps."""
        async with self._database.transaction() as tx:
            rows = await tx.rows(
                """
                SELECT * FROM rotation
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
            taken = await tx.rows(_STEPS, ids=[row["id"] for row in rows])
        return [_rotation(row, [step for step in taken if step["rotation"] == row["id"]]) for row in rows]

    async def cancel(self, rotation_id: str, actor: str) -> None:
        """Have it taken back; one that stopped goes on, backwards."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            rotation = await read(tx, rotation_id, lock=True)
            if rotation.status in (RotationStatus.SUCCEEDED, RotationStatus.ROLLED_BACK):
                raise Refused(f"rotation {rotation_id} has ended ({rotation.status})")
            if beyond_return(rotation):
                raise Refused(
                    f"rotation {rotation_id} cannot be taken back: the old credential is being ended",
                    hint=f"chittyops secrets rotate --resume {rotation_id}",
                )
            await tx.run("UPDATE rotation SET cancel_requested = true WHERE id = :id", id=rotation_id)
            if not rotation.status.active:
                await self._queue(tx, rotation, now)
            await record(tx, at=now, actor=actor, action="rotation.cancel", target=rotation_id, detail={})

    async def resume(self, rotation_id: str, actor: str) -> None:
        """Go on with one that is held or failed."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            rotation = await read(tx, rotation_id, lock=True)
            if rotation.status not in (RotationStatus.HELD, RotationStatus.FAILED):
                raise Refused(f"rotation {rotation_id} is {rotation.status}: there is nothing to resume")
            await self._queue(tx, rotation, now)
            await record(tx, at=now, actor=actor, action="rotation.resume", target=rotation_id, detail={})

    @staticmethod
    async def _queue(tx: Transaction, rotation: Rotation, now: datetime) -> None:
        await tx.run(
            """
            UPDATE rotation SET status = 'queued', generation = generation + 1, hold = false, error = '',
                   ended_at = NULL WHERE id = :id
            """,
            id=rotation.id,
        )
        await changed(tx, rotation, RotationStatus.QUEUED, now)


def beyond_return(rotation: Rotation) -> bool:
    """Return whether the old credential has begun to end."""
    return rotation.begun(steps.point_of_no_return(second=bool(rotation.request.previous)))


async def read(tx: Transaction, rotation_id: str, *, lock: bool = False) -> Rotation:
    """Return a rotation with its steps. Raises NotFound."""
    row = await tx.row(LOCKED if lock else UNLOCKED, id=rotation_id)
    if row is None:
        raise NotFound(f"there is no rotation {rotation_id}", hint="`chittyops secrets rotate --status` lists them")
    return _rotation(row, await tx.rows(_STEPS, ids=[rotation_id]))


async def changed(tx: Transaction, rotation: Rotation, status: RotationStatus, at: datetime, error: str = "") -> None:
    """Tell the world what the rotation has become."""
    data = {**about(rotation), "status": status.value, "error": error}
    await tell(tx, f"rotation.{status.value}", rotation, data, at)


async def tell(tx: Transaction, what: str, rotation: Rotation, data: Mapping[str, Json], at: datetime) -> None:
    """Announce that ``what`` happened to the rotation."""
    await announce(tx, Event(str(uuid.uuid4()), what, "/chittyops/rotations", rotation.id, at, data))


def about(rotation: Rotation) -> dict[str, Json]:
    """Return what every event of a rotation says of it."""
    request = rotation.request
    return {
        "rotation": rotation.id,
        "fleet": request.fleet,
        "environment": request.environment,
        "secret": request.secret,
        "rotator": request.rotator,
    }


def _rotation(row: Mapping[str, Any], taken: list[Mapping[str, Any]]) -> Rotation:
    return Rotation(
        id=row["id"],
        sequence=row["sequence"],
        request=RotationRequest(**{name: row[name] for name in RotationRequest.__dataclass_fields__}),
        status=RotationStatus(row["status"]),
        actor=row["actor"],
        created_at=row["created_at"],
        generation=row["generation"],
        turned=row["turned"],
        cancel_requested=row["cancel_requested"],
        error=row["error"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        steps=tuple(
            RotationStep(
                each["step"],
                StepStatus(each["status"]),
                each["attempt"],
                each["detail"],
                each["error"],
                each["started_at"],
                each["ended_at"],
            )
            for each in taken
        ),
    )
