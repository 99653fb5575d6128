"""What is known of a project: where it is, what its repository says, what it holds, how it is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

FORMAT: Final = 1
"""The version of what is kept in the state directory; it grows when a field changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a repository stands, read from its own files.

    ``state`` is branch, detached, unborn (a branch without commits), bare or none (no repository). ``file`` is the
    file that says so: it changes with every change of the branch.
    """

    state: str = "none"
    branch: str = ""
    commit: str = ""
    file: str = ""
    line: str = ""
    """The first line of ``file``."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder and the project it lies in.

    ``root`` is the folder of the fleet file, else the repository's, else "": ``projects`` are then the folders of
    the projects below. All are absolute.
    """

    folder: str
    root: str = ""
    fleet_file: str = ""
    repository: str = ""
    head: Head = Head()
    projects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownMigrations:
    """A folder of migrations, relative to the project's root."""

    path: str
    tool: str
    state: str
    database: str = ""


@dataclass(frozen=True, slots=True)
class KnownService:
    """A service of the project. ``path`` is relative to the project's root; ``depends_on`` maps names to kinds."""

    name: str
    path: str
    platform: str = ""
    status: str = "canonical"
    copy_of: str = ""
    environments: tuple[str, ...] = ()
    depends_on: dict[str, tuple[str, ...]] = field(default_factory=dict)
    migrations: tuple[KnownMigrations, ...] = ()
    tests: str = ""
    in_fleet: bool = False

    @property
    def alive(self) -> bool:
        """Return whether it is one's own and in use."""
        return self.in_fleet or self.status in {"canonical", "variant"}


@dataclass(frozen=True, slots=True)
class KnownProblem:
    """A problem that discovery found."""

    code: str
    severity: str
    path: str
    message: str
    line: int = 0
    hint: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a project held when it was last read. ``stamp`` changes when the project does."""

    root: str
    stamp: str
    read_at: float
    """Seconds since 1970."""
    fleet: str = ""
    environments: tuple[str, ...] = ()
    services: tuple[KnownService, ...] = ()
    problems: tuple[KnownProblem, ...] = ()
    """The worst first; not more than are ever shown."""
    errors: dict[str, int] = field(default_factory=dict)
    """How many errors there are, by service; "" is what belongs to none."""
    warnings: dict[str, int] = field(default_factory=dict)
    version: int = FORMAT

    def service(self, name: str) -> KnownService | None:
        """Return the service called ``name``, a living one where several are."""
        named = [each for each in self.services if each.name == name]
        return next((each for each in named if each.alive), named[0] if named else None)


@dataclass(frozen=True, slots=True)
class Activity:
    """One sign of use. ``kind`` is visit, command, answer or option; ``at`` is in seconds since 1970.

    ``service`` is the name of a service of ``root``, or, where ``root`` is a folder above projects, one of those;
    "" means all of it.
    """

    at: float
    root: str
    service: str
    folder: str = ""
    branch: str = ""
    kind: str = "visit"
    environment: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that differs from the last commit; ``path`` is relative to the repository, or the root.

    ``state`` is added, modified, deleted, renamed, untracked or conflict.
    """

    path: str
    state: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; ``at`` is its committer date in UTC, ISO 8601."""

    id: str
    at: str
    subject: str


@dataclass(frozen=True, slots=True)
class History:
    """What happened since a base: the newest commits, and every file that they changed."""

    commits: tuple[Commit, ...] = ()
    files: tuple[str, ...] = ()
    more: bool = False
    """Whether there are more commits than these."""
