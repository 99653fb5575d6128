"""What a rotation needs from outside: who issues the credential, and a record of how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chittyops.capabilities.secrets.service.rotation.model import (
    Access,
    Issued,
    Rotation,
    RotationRequest,
    RotationStatus,
    StepClaim,
    StepStatus,
)
from chittyops.capabilities.secrets.service.rotation.reminders import Reminder
from chittyops.kernel.event import Json
from chittyops.kernel.secret import Secret


class Rotator(Protocol):
    """Knows the authority of one kind of credential. Every call may be repeated: it looks before it acts.

    ``mark`` is the rotation's id. Raises ChittyOpsError; nothing that it raises shows a value.
    """

    async def identify(self, value: Secret) -> str:
        """Return what the authority calls the credential in use. Raises where it, or its rotation, cannot be had."""
        ...

    async def create(self, mark: str, current: Issued) -> Issued:
        """Return a second credential that may what ``current`` may.

        What an earlier call with this ``mark`` left at the authority is used or ended, so that there is never a third.
        """
        ...

    async def admit(self, mark: str, new: Issued, current: Issued) -> None:
        """Have the authority accept ``new``, where making it was not enough."""
        ...

    async def verify(self, new: Issued) -> None:
        """Use ``new``. Raises Unavailable while it is not accepted."""
        ...

    async def revoke(self, old: Issued) -> bool:
        """End ``old`` for good; return whether this call did it: False where it had ended before."""
        ...

    async def discard(self, mark: str, new: Issued | None) -> None:
        """End what ``create`` made; ``new`` is None where nobody got to know it."""
        ...


class Staging(Protocol):
    """The values of one rotation, kept until its end."""

    def read(self, which: str) -> Issued | None:
        """Return the credential kept as ``which``, None where there is none. Raises Misconfigured without a key."""
        ...

    def keep(self, which: str, issued: Issued) -> None:
        """Keep a credential; it is on disk, encrypted, when this returns."""
        ...

    def remove(self) -> None:
        """Forget all of them."""
        ...


class Rotations(Protocol):
    """Rotations as people see and steer them. Each call is one transaction."""

    async def create(self, request: RotationRequest, actor: str) -> Rotation:
        """Queue a rotation. Raises Conflict where the secret has one that has not ended."""
        ...

    async def rotation(self, rotation_id: str) -> Rotation:
        """Return one with its steps. Raises NotFound."""
        ...

    async def rotations(
        self, *, fleet: str | None, environment: str | None, before: int | None, limit: int
    ) -> list[Rotation]:
        """Return rotations, the newest first, with their steps; ``before`` is a cursor (``Rotation.sequence``)."""
        ...

    async def cancel(self, rotation_id: str, actor: str) -> None:
        """Have it taken back. Raises Refused when the old credential has begun to end, or nothing is left to do."""
        ...

    async def resume(self, rotation_id: str, actor: str) -> None:
        """Go on with one that is held or failed. Raises Refused for any other."""
        ...


class RotationProgress(Protocol):
    """A rotation as a worker drives it. A write that was overtaken raises Conflict."""

    async def queued(self) -> list[tuple[str, int]]:
        """Return the id and generation of each rotation that no worker has begun."""
        ...

    async def begin(self, rotation_id: str) -> Rotation:
        """Mark it as running and return it."""
        ...

    async def rotation(self, rotation_id: str) -> Rotation:
        """Return it with its steps."""
        ...

    async def claim(self, rotation_id: str, step: str, executor: str) -> StepClaim:
        """Take a step, or learn that it is done."""
        ...

    async def settle(self, claim: StepClaim, status: StepStatus, detail: Mapping[str, Json], error: str = "") -> None:
        """Record what a step came to."""
        ...

    async def turn(self, rotation_id: str) -> bool:
        """Begin to take it back, and return True; False where the old credential has begun to end."""
        ...

    async def finish(self, rotation_id: str, status: RotationStatus, error: str = "") -> None:
        """Record how a go at it ended."""
        ...


class AccessRecords(Protocol):
    """Who read which secrets: rows that are only ever added."""

    async def add(self, reads: Iterable[Access]) -> None:
        """Record reads."""
        ...

    async def pushed(self, fleet: str, environment: str, places: Sequence[Mapping[str, Json]], actor: str) -> None:
        """Record a push that ``actor`` made: audited, announced, and the reads that it was."""
        ...

    async def take_in(self) -> int:
        """Record what processes of this home have written to their log since the last call; return how many."""
        ...

    async def reads(
        self, fleet: str, environment: str, *, name: str | None, service: str | None, before: int | None, limit: int
    ) -> list[Access]:
        """Return reads, the newest first; ``before`` is a cursor (``Access.id``)."""
        ...


class Reminders(Protocol):
    """Which reminders were given."""

    async def remind(self, due: Sequence[Reminder]) -> int:
        """Announce each reminder that was not given before, and return how many those were."""
        ...

    async def rotated(self, fleet: str) -> Mapping[tuple[str, str, str, str], datetime]:
        """Return when secrets were last rotated, by file, level, owner and name."""
        ...


@dataclass(frozen=True, slots=True)
class Records:
    """What the centre's database holds of secrets."""

    rotations: Rotations
    progress: RotationProgress
    access: AccessRecords
    reminders: Reminders
