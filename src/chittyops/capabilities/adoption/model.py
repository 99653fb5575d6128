"""What adoption proposes: edits to the fleet file, and what becomes of every script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chittyops.kernel.edit import Edit

Values = Mapping[str, Any]
"""Values proposed for the fleet file, by dotted key: the common ancestor when people and repository both changed."""


class Outcome(StrEnum):
    """What becomes of a script."""

    REPLACED = "replaced"
    WRAPPED = "wrapped"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Disposition:
    """What becomes of one script or workflow.

    ``command`` does its work from now on ("" where it is left), ``planned`` is what will do it once ChittyOps can,
    ``task`` the title of the task that runs it.
    """

    path: str
    name: str
    kind: str
    service: str
    does: str
    outcome: Outcome
    reason: str
    command: str = ""
    planned: str = ""
    task: str = ""

    @property
    def key(self) -> str:
        """Return what names the script: its path, and its name where the file holds several."""
        return script_key(self.path, self.name, self.kind)


def script_key(path: str, name: str, kind: str) -> str:
    """Return what names a script: its path, and its name where the file holds several."""
    return f"{path}#{name}" if kind in {"npm-script", "make-target", "cron", "task"} else path


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that people should know, and that adoption leaves alone. ``key`` is where in the fleet file."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this ChittyOps can do by now: its commands, and the platforms it deploys to."""

    commands: frozenset[str]
    platforms: frozenset[str]

    def can(self, command: str, platform: str = "") -> bool:
        """Return whether there is ``command``, and for services of ``platform`` where one is given."""
        return command in self.commands and (not platform or platform in self.platforms)


@dataclass(frozen=True, slots=True)
class Present:
    """What is there: the fleet file as plain data, what adoption proposed before, and the scripts with a shim."""

    data: Mapping[str, Any] = field(default_factory=dict)
    proposed: Values = field(default_factory=dict)
    retired: Mapping[str, Disposition] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What adoption would do. ``values`` is what to remember as proposed when it is done."""

    edits: tuple[Edit, ...]
    dispositions: tuple[Disposition, ...]
    remarks: tuple[Remark, ...]
    values: Values
