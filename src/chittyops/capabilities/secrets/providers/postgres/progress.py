"""A rotation as a worker drives it: every write is fenced by the attempt that makes it."""

from __future__ import annotations

from collections.abc import Mapping

from chittyops.capabilities.secrets.providers.postgres.rotations import about, beyond_return, changed, read, tell
from chittyops.capabilities.secrets.service.rotation.model import Rotation, RotationStatus, StepClaim, StepStatus
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Conflict
from chittyops.kernel.event import Json
from chittyops.runtime.journal import record
from chittyops.runtime.postgres import Database


class PostgresRotationProgress:
    """Implements the port ``RotationProgress``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock

    async def queued(self) -> list[tuple[str, int]]:
        """Return the id and generation of each rotation that no worker has begun."""
        async with self._database.transaction() as tx:
            rows = await tx.rows("SELECT id, generation FROM rotation WHERE status = 'queued' ORDER BY sequence")
        return [(row["id"], row["generation"]) for row in rows]

    async def begin(self, rotation_id: str) -> Rotation:
        """Mark it as running and return it."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            moved = await tx.run(
                """
                UPDATE rotation SET status = CASE WHEN turned THEN 'reverting' ELSE 'running' END,
                       started_at = coalesce(started_at, :now)
                WHERE id = :id AND status = 'queued'
                """,
                id=rotation_id,
                now=now,
            )
            rotation = await read(tx, rotation_id)
            if moved:
                await changed(tx, rotation, rotation.status, now)
        return rotation

    async def rotation(self, rotation_id: str) -> Rotation:
        """Return it with its steps."""
        async with self._database.transaction() as tx:
            return await read(tx, rotation_id)

    async def claim(self, rotation_id: str, step: str, executor: str) -> StepClaim:
        """Take a step, or learn that it is done. The row of the rotation is locked, so that a cancel comes before it.

        A step that was taken and not settled is taken again, with a higher attempt.
        """
        async with self._database.transaction() as tx:
            rotation = await read(tx, rotation_id, lock=True)
            known = next((each for each in rotation.steps if each.name == step), None)
            if known and known.status in (StepStatus.DONE, StepStatus.SKIPPED):
                return StepClaim(rotation, step, verdict=known.status)
            if rotation.cancel_requested and not rotation.turned and not beyond_return(rotation):
                return StepClaim(rotation, step, verdict=StepStatus.FAILED)
            taken = await tx.row(
                """
                INSERT INTO rotation_step (rotation, step, position, status, attempt, executor, started_at)
                VALUES (:rotation, :step, :position, 'running', 1, :executor, :now)
                ON CONFLICT (rotation, step) DO UPDATE SET status = 'running', attempt = rotation_step.attempt + 1,
                    executor = :executor, error = '', ended_at = NULL
                RETURNING attempt
                """,
                rotation=rotation_id,
                step=step,
                position=len(rotation.steps),
                executor=executor,
                now=self._clock.now(),
            )
        return StepClaim(rotation, step, taken["attempt"] if taken else 0)

    async def settle(self, claim: StepClaim, status: StepStatus, detail: Mapping[str, Json], error: str = "") -> None:
        """Record what a step came to. Raises Conflict where another worker has taken it meanwhile."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            settled = await tx.run(
                """
                UPDATE rotation_step SET status = :status, detail = :detail, error = :error, ended_at = :now
                WHERE rotation = :rotation AND step = :step AND attempt = :attempt AND status = 'running'
                """,
                rotation=claim.rotation.id,
                step=claim.step,
                attempt=claim.attempt,
                status=status.value,
                detail=dict(detail),
                error=error,
                now=now,
            )
            if not settled:
                raise Conflict(f"another worker has taken over {claim.step} of {claim.rotation.id}")
            data = {**about(claim.rotation), "step": claim.step, "status": status.value, "error": error}
            await tell(tx, "rotation.step", claim.rotation, {**data, "detail": dict(detail)}, now)

    async def turn(self, rotation_id: str) -> bool:
        """Begin to take it back; False where the old credential has begun to end."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            rotation = await read(tx, rotation_id, lock=True)
            if beyond_return(rotation):
                return False
            if not rotation.turned:
                await tx.run("UPDATE rotation SET turned = true, status = 'reverting' WHERE id = :id", id=rotation_id)
                await changed(tx, rotation, RotationStatus.REVERTING, now)
        return True

    async def finish(self, rotation_id: str, status: RotationStatus, error: str = "") -> None:
        """Record how a go at it ended; the reason of a rotation that is taken back stays what it was."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            rotation = await read(tx, rotation_id, lock=True)
            error = error or _reason(rotation)
            moved = await tx.run(
                """
                UPDATE rotation SET status = :status, error = :error, ended_at = :now
                WHERE id = :id AND status IN ('queued', 'running', 'reverting')
                """,
                id=rotation_id,
                status=status.value,
                error=error,
                now=now,
            )
            if moved:
                await changed(tx, rotation, status, now, error)
                await record(
                    tx, at=now, actor=rotation.actor, action=f"rotation.{status.value}", target=rotation_id,
                    detail={"name": rotation.request.secret, "error": error},
                )  # fmt: skip


def _reason(rotation: Rotation) -> str:
    failed = [step for step in rotation.steps if step.status is StepStatus.FAILED]
    return f"{failed[0].name}: {failed[0].error}" if failed else "cancelled" if rotation.cancel_requested else ""
