"""What ``chittyops context --json`` prints. Field names are published and stable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.awareness.model.project import Commit, FileChange, Head, KnownProblem

FORMAT: Final = 1
"""The version of the output; it grows only when a field changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What could be meant, and how likely it is: from 0 to 1."""

    name: str
    sure: float


@dataclass(frozen=True, slots=True)
class Choice:
    """What is taken to be meant.

    ``by`` says why: path (the folder is the service's), only (there is no other), option, answer, use (learned from
    use), branch (the branch's name), convention (no such environment is configured) or none (nothing is known).
    """

    name: str
    by: str
    sure: float
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """The service one is in."""

    name: str
    path: str
    platform: str
    status: str
    in_fleet: bool


@dataclass(frozen=True, slots=True)
class Need:
    """Something the service depends on; ``known`` tells whether it is a service of this project."""

    name: str
    kinds: tuple[str, ...]
    known: bool


@dataclass(frozen=True, slots=True)
class Deployed:
    """A service in one environment, as the operations centre knows it."""

    service: str
    environment: str
    build: str = ""
    release: str = ""
    since: str = ""
    address: str = ""
    health: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Centre:
    """What the operations centre told. ``state`` is running, not running or unknown; ``remark`` says why."""

    state: str = "not running"
    remark: str = ""
    deployments: tuple[Deployed, ...] = ()


@dataclass(frozen=True, slots=True)
class Base:
    """What changes are counted from: kind is deployment, tag, remote (the remote's branch) or none."""

    kind: str = "none"
    name: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since ``since``: commits, and files that are not committed (paths within the workspace)."""

    since: Base = Base()
    commits: tuple[Commit, ...] = ()
    more_commits: bool = False
    files: tuple[FileChange, ...] = ()
    more_files: bool = False
    remark: str = ""
    """Why something is not known; "" where all is."""


@dataclass(frozen=True, slots=True)
class Problems:
    """What discovery found: counts, and the worst of them. ``fresh`` tells whether the files are still those read."""

    errors: int
    warnings: int
    items: tuple[KnownProblem, ...]
    read_at: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class MigrationState:
    """A folder of migrations. ``pending`` came since the base of the changes; ``unlisted`` are in no journal.

    ``remark`` says what is known: which are applied to a database is not told by files.
    """

    path: str
    tool: str
    database: str
    count: int
    pending: tuple[str, ...]
    unlisted: tuple[str, ...]
    remark: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A command that is likely to be wanted next, and why."""

    command: str
    reason: str


@dataclass(frozen=True, slots=True)
class Context:
    """Where one is, and what goes on there. ``workspace`` is "" outside of any project."""

    folder: str
    workspace: str
    fleet: str
    fleet_file: str
    repository: str
    head: Head
    project: Choice
    service: Choice
    where: Where | None
    environment: Choice
    environments: tuple[str, ...]
    depends_on: tuple[Need, ...]
    dependents: tuple[str, ...]
    centre: Centre
    changes: Changes
    problems: Problems | None
    alerts: tuple[Deployed, ...]
    migrations: tuple[MigrationState, ...]
    next: tuple[Suggestion, ...]
    version: int = FORMAT
