"""The steps of a rotation, in order: those that lead to the new credential, and those that lead back. Pure.

Where the authority knows two credentials at a time (a database, an API), the new value is stored, pushed and loaded
while the old one still works. Where services themselves check a shared token, they accept two variables: NAME, which
is used, and a second one. Then everything passes through a stage in which all accept both values before anybody uses
the new one:

==========  ===========  ==================
stage       NAME         the second variable
==========  ===========  ==================
OLD         old          old
BOTH        old          new
NEW         new          old
ONE         new          new
==========  ===========  ==================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from chittyops.capabilities.secrets.service.rotation.model import Rotation


class Act(StrEnum):
    """What a step does."""

    CHECK = "check"
    CREATE = "create"
    ADMIT = "admit"
    TRY = "try"
    STORE = "store"
    PUSH = "push"
    RELOAD = "reload"
    VERIFY = "verify"
    OVERLAP = "overlap"
    REVOKE = "revoke"
    DISCARD = "discard"


class Stage(StrEnum):
    """Which value stands under which variable; see above."""

    OLD = "old"
    BOTH = "both"
    NEW = "new"
    ONE = "one"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name in the records, what it does, and for which stage. ``title`` is for people."""

    name: str
    act: Act
    stage: Stage = Stage.NEW
    title: str = ""


_SPREAD = (
    (Act.STORE, "write the store"),
    (Act.PUSH, "push to sinks"),
    (Act.RELOAD, "start services with it"),
)
_WORDS = {
    Stage.OLD: "the old value",
    Stage.BOTH: "both accepted, the old one used",
    Stage.NEW: "the new value",
    Stage.ONE: "the new value alone",
}


def _spread(stage: Stage, prefix: str) -> Iterator[Step]:
    for act, title in _SPREAD:
        yield Step(f"{prefix}{act}", act, stage, f"{title}: {_WORDS[stage]}")


def forward(*, second: bool) -> tuple[Step, ...]:
    """Return the steps to the new credential; ``second``: services accept a second variable."""
    begin = (
        Step("check", Act.CHECK, title="check that everything can be reached"),
        Step("create", Act.CREATE, title="make the new credential"),
        Step("admit", Act.ADMIT, title="have it accepted"),
        Step("try", Act.TRY, title="try it"),
    )
    switch = (
        *_spread(Stage.NEW, ""),
        Step("verify", Act.VERIFY, title="verify it by use"),
        Step("overlap", Act.OVERLAP, title="let what is under way end"),
    )
    revoke = Step("revoke", Act.REVOKE, title="end the old credential")
    if not second:
        return (*begin, *switch, revoke)
    return (*begin, *_spread(Stage.BOTH, "both."), *switch, *_spread(Stage.ONE, "one."), revoke)


def backward(*, second: bool) -> tuple[Step, ...]:
    """Return the steps back to the old credential."""
    both = tuple(_spread(Stage.BOTH, "back.both.")) if second else ()
    discard = Step("discard", Act.DISCARD, Stage.OLD, "end the new credential")
    return (*both, *_spread(Stage.OLD, "back."), discard)


def point_of_no_return(*, second: bool) -> str:
    """Return the name of the step that begins to end the old credential."""
    return f"one.{Act.STORE}" if second else "revoke"


def needed(step: Step, rotation: Rotation) -> bool:
    """Return whether a step back has anything to take back: a stage that never began leaves nothing."""
    if step.act is Act.DISCARD:
        return rotation.begun("create")
    if step.stage is Stage.BOTH:
        return rotation.begun("store")
    return rotation.begun("store", f"both.{Act.STORE}")


def named(name: str, *, second: bool) -> Step:
    """Return the step called ``name``."""
    return next(step for step in (*forward(second=second), *backward(second=second)) if step.name == name)
