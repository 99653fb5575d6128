"""What discovery finds. The field names are those of its JSON output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
Rows = Mapping[str, tuple[Row, ...]]


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """Where something was seen. Paths are relative to the workspace; lines count from 1."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``severity`` is error, warning or info."""

    code: str
    severity: str
    path: str
    message: str
    line: int = 0
    column: int = 0
    hint: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A service needs another: by service-binding, tail, compose or variable-url."""

    target: str
    kind: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Something named that a service expects, and where that is said."""

    name: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """A database: its engine, and the variable or binding the service reaches it by."""

    name: str
    engine: str
    variable: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """How the service's tests are run."""

    runner: str
    command: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One named environment of a configuration file. ``vars`` are names: values may be secrets."""

    bindings: Rows = field(default_factory=dict)
    routes: tuple[str, ...] = ()
    crons: tuple[str, ...] = ()
    vars: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundService:
    """One deployable service: a folder, with whatever its files tell."""

    name: str
    path: str
    repository: str
    platform: str
    platforms: tuple[str, ...]
    status: str
    copy_of: str
    config_files: tuple[str, ...]
    entrypoint: str
    entrypoint_state: str
    environments: Mapping[str, Stage]
    bindings: Rows
    routes: tuple[str, ...]
    crons: tuple[str, ...]
    secrets: tuple[Named, ...]
    databases: tuple[Store, ...]
    tests: Suite | None
    package_manager: str
    health: str
    depends_on: tuple[Dependency, ...] = ()
    start: tuple[str, str] = ("", "")
    """How it starts where the names of its files alone do not tell: a key of ``deploy`` and its value."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """All that was found in one workspace."""

    services: tuple[FoundService, ...]
    problems: tuple[Finding, ...]
    stats: Mapping[str, int]
