"""A workspace as it was last published, and the problems that people live with for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from chittyops.kernel.inventory import Finding, FoundService, Inventory


@dataclass(frozen=True, slots=True)
class Workspace:
    """A published workspace. ``stats`` are those of its inventory."""

    name: str
    published_at: datetime
    actor: str
    stats: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Published:
    """A workspace with all that was found in it."""

    workspace: Workspace
    inventory: Inventory


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A problem that is accepted, with the reason, up to and including the day ``until``."""

    fingerprint: str
    reason: str
    until: date
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Weighed:
    """A problem, and its acceptance where there is one that has not expired."""

    finding: Finding
    acceptance: Acceptance | None = None
    lapsed: Acceptance | None = None
    """The acceptance that has expired, where there is one."""

    @property
    def state(self) -> str:
        """Return open, accepted or expired."""
        return "accepted" if self.acceptance else "expired" if self.lapsed else "open"


@dataclass(frozen=True, slots=True)
class Entry:
    """A service as the catalogue lists it.

    ``needs`` are the names it depends on, each once; ``needed_by`` are the services that depend on its name;
    ``problems`` counts those that are not accepted, by severity.
    """

    service: FoundService
    needs: tuple[str, ...]
    needed_by: tuple[FoundService, ...]
    problems: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which services are asked for, in which order. What is "" asks for nothing.

    ``problems`` is any, none or a severity; ``sort`` is one of the columns, with ``-`` before it downwards.
    """

    text: str = ""
    platform: str = ""
    status: str = ""
    repository: str = ""
    owner: str = ""
    problems: str = ""
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class ProblemFilter:
    """Which problems are asked for. What is "" asks for nothing; ``state`` is open, accepted or expired."""

    text: str = ""
    severity: str = ""
    code: str = ""
    service: str = ""
    state: str = ""
