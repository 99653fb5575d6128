"""The words of rotation: a rotation, its steps, and the credential that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chittyops.capabilities.secrets.model import Level, Part, Slot
from chittyops.kernel.event import Json
from chittyops.kernel.secret import Secret
from chittyops.kernel.service import SecretPolicy

KEY_LEVEL = "key"
"""The level of a rotation of somebody's own key, which stands in no file of the store: ``secret`` is the person."""
PREVIOUS = "previous"
"""The option of a policy that names the second variable; the rotator ``token`` takes NAME_PREVIOUS without it."""
NO_SECOND = "none"
"""What a policy says there where the old token may end at once."""
SHARED = "token"
"""The rotator of what services check themselves: the one whose secrets have a second variable."""


class RotationStatus(StrEnum):
    """Where a rotation is. All but the last two keep other rotations of the same secret out."""

    QUEUED = "queued"
    RUNNING = "running"
    REVERTING = "reverting"
    HELD = "held"
    """Everything uses the new credential; the old one lives until somebody resumes."""
    FAILED = "failed"
    """Stopped half-way, with both credentials alive: to be resumed or cancelled."""
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled_back"

    @property
    def active(self) -> bool:
        """Return whether a worker has it, or will."""
        return self in (RotationStatus.QUEUED, RotationStatus.RUNNING, RotationStatus.REVERTING)


class StepStatus(StrEnum):
    """Where a step is."""

    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential: its value, and what its authority calls it (no secret; "" where it has no name)."""

    value: Secret
    handle: str = ""


@dataclass(frozen=True, slots=True)
class RotationRequest:
    """What is asked for. ``level`` is a Level of the store, or KEY_LEVEL; ``file`` is EVERY or an environment."""

    fleet: str
    environment: str
    root: str
    secret: str
    file: str
    level: str
    rotator: str
    owner: str = ""
    previous: str = ""
    hold: bool = False

    @property
    def slot(self) -> Slot:
        """Return where the value stands in the store."""
        return Slot(Part(Level(self.level), self.owner, self.file), self.secret)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Return the slots that the rotation writes: that of the secret, and that of the second variable."""
        if self.level == KEY_LEVEL:
            return ()
        second = (Slot(self.slot.part, self.previous),) if self.previous else ()
        return (self.slot, *second)


@dataclass(frozen=True, slots=True)
class RotationStep:
    """One step as recorded. ``detail`` says what was done: names and counts, never a value."""

    name: str
    status: StepStatus
    attempt: int = 0
    detail: Mapping[str, Json] = field(default_factory=dict)
    error: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation, as recorded. ``turned``: it is being, or was, taken back."""

    id: str
    sequence: int
    request: RotationRequest
    status: RotationStatus
    actor: str
    created_at: datetime
    generation: int = 1
    turned: bool = False
    cancel_requested: bool = False
    error: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    steps: tuple[RotationStep, ...] = ()

    def begun(self, *names: str) -> bool:
        """Return whether any step of these ``names`` was begun."""
        return any(step.name in names for step in self.steps)


def second_variable(policy: SecretPolicy, kind: str = "") -> str:
    """Return the variable that services accept beside the secret of ``policy``, "" where there is none.

    ``kind`` is the rotator, by default that of the policy. Between rotations both have the same value.
    """
    second = str(policy.options.get(PREVIOUS, f"{policy.name}_PREVIOUS"))
    return second if (kind or policy.rotator) == SHARED and second != NO_SECOND else ""


@dataclass(frozen=True, slots=True)
class StepClaim:
    """A step taken by a worker. ``verdict`` is set where there is nothing to do any more."""

    rotation: Rotation
    step: str
    attempt: int = 0
    verdict: StepStatus | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """A read of secrets: who read which ones of which service, when, and through what. ``id`` is 0 for a new one."""

    at: datetime
    actor: str
    through: str
    fleet: str
    environment: str
    service: str
    names: tuple[str, ...]
    id: int = 0
