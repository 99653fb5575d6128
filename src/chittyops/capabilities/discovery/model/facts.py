"""What single files tell, before it is known which service they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chittyops.capabilities.discovery.model.findings import Finding, Stage, Suite


@dataclass(frozen=True, slots=True)
class Reference:
    """A file names something it needs: ``target`` is a service's name, or a variable's for kind variable-url."""

    kind: str
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Member:
    """One service of a compose file: the folder it is built from, and whom it waits for."""

    name: str
    folder: str
    depends_on: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What one file tells. ``deployable`` ones make their folder a service.

    ``rank`` decides whose name, entry point and environments count where several files tell them.
    """

    path: str
    platform: str = ""
    rank: int = 0
    deployable: bool = False
    config: bool = False
    name: str = ""
    entrypoint: str = ""
    health: str = ""
    start: tuple[str, str] = ("", "")
    manifest: str = ""
    serves: bool = False
    tests: Suite | None = None
    package_manager: str = ""
    stages: Mapping[str, Stage] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    secrets: tuple[tuple[str, int], ...] = ()
    databases: tuple[tuple[str, int], ...] = ()
    members: tuple[Member, ...] = ()
    problems: tuple[Finding, ...] = ()
    fingerprint: str = ""
