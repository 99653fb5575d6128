"""The report of an audit: published as JSON, so that field names stay.

Paths are relative to the workspace, lines count from 1 and 0 means unknown, as in ``kernel.inventory``. Scales run
from 1 to 5. Nothing here ever holds a secret's value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chittyops.kernel.inventory import Credential, Evidence, Finding

FORMAT: Final = 1
"""The version of the JSON output; it grows only when a field changes its meaning or goes."""

SEVERITIES: Final = ("error", "warning", "info")
PRESENT, PARTIAL, MISSING, NOT_APPLICABLE = "present", "partial", "missing", "not-applicable"


def _nothing_yet(_command: str, _platform: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the audit has to know of ChittyOps itself.

    ``forms`` are the commands by category and verb of what they replace, with ``{service}`` and ``{env}`` left open;
    ``can`` tells whether a command exists, for services of a platform; ``meanings`` are severity and sentence by
    code of problem.
    """

    forms: Mapping[tuple[str, str], str] = field(default_factory=dict)
    can: Callable[[str, str], bool] = _nothing_yet
    meanings: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Count:
    """How many of something there are."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How often one kind of problem was found, and what it means."""

    code: str
    severity: str
    count: int
    meaning: str
    example: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The key figures. ``services`` counts those that are one's own and alive; ``found`` counts all."""

    services: int
    found: int
    repositories: int
    platforms: tuple[Count, ...]
    statuses: tuple[Count, ...]
    scripts: int
    functions: int
    """Scripts and workflows that do ops work."""
    duplicated: int
    """Functions of which there are exact or near duplicates."""
    workflows: int
    inert_workflows: int
    dependencies: int
    undefined_targets: int
    severities: tuple[Count, ...]
    codes: tuple[CodeCount, ...]
    leaks: int
    """Credentials that are committed, each counted once however many places hold it."""
    coverage: int
    """Per cent of the functions that apply to the services which are there; partial ones count half."""
    verdict: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """One scattered piece of ops work: a script, npm script, make target, cron entry or workflow.

    ``capability`` is one of kernel CAPABILITIES, "" where the work is none of theirs (builds, git, installing).
    ``command`` replaces it; ``planned`` says that this command does not exist by now.
    """

    path: str
    name: str
    kind: str
    line: int
    service: str
    verbs: tuple[str, ...]
    categories: tuple[str, ...]
    capability: str
    command: str
    planned: bool
    lines: int = 0
    summary: str = ""
    environments: tuple[str, ...] = ()
    active: bool = True
    duplicates: str = ""
    """Name of its group of duplicates, "" where it is like no other."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Functions that are the same: ``exact`` by content, else nearly."""

    name: str
    exact: bool
    capability: str
    members: tuple[Evidence, ...]
    services: tuple[str, ...]
    lines: int
    """Lines that are there more than once."""


@dataclass(frozen=True, slots=True)
class Integration:
    """Something that services touch: each other, or the outside.

    ``kind`` is service, undefined, shared, host, platform, database, ci or tool. For kind service ``services`` are
    the caller and the called one.
    """

    kind: str
    name: str
    services: tuple[str, ...]
    detail: str = ""
    evidence: tuple[Evidence, ...] = ()
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether a service has one capability: ``state`` is present, partial, missing or not-applicable."""

    state: str
    reason: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one service has of the twelve capabilities, in the order of kernel CAPABILITIES."""

    service: str
    path: str
    platform: str
    marks: Mapping[str, Mark]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One thing to do, with why it stands where it stands. ``score`` is 4 x impact - effort - risk + 6 (0 to 24).

    ``urgent`` ones stand above all others, whatever their score: a secret is out. ``count`` says how many there are
    of what the title names, ``places`` how many lines and files change.
    """

    name: str
    title: str
    reason: str
    impact: int
    effort: int
    risk: int
    score: int
    why: str
    """How impact, effort and risk came about, in words."""
    phase: int
    command: str
    planned: bool
    services: tuple[str, ...]
    unlocks: str
    count: int
    places: int
    urgent: bool = False
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A service in the dependency map; ``platform`` is undefined for a target that is nowhere."""

    name: str
    platform: str
    repository: str


@dataclass(frozen=True, slots=True)
class Link:
    """``dependent`` needs ``needed``; not ``reachable`` where the entry point leads to no such call."""

    dependent: str
    needed: str
    reachable: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Map:
    """The dependency map: who needs whom."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Radius:
    """What breaks with a service: who needs it directly, and who needs those."""

    service: str
    direct: tuple[str, ...]
    transitive: tuple[str, ...]
    share: int
    """Per cent of all other services that break."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One committed credential, wherever it is. ``order`` counts from 1: what to rotate first."""

    order: int
    fingerprint: str
    kind: str
    places: tuple[Evidence, ...]
    services: tuple[str, ...]
    downstream: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A stage of the plan: recommendations by name, the best first."""

    number: int
    title: str
    goal: str
    items: tuple[str, ...]
    effort: int
    """Sum of the efforts of its items."""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole audit of one workspace."""

    workspace: str
    summary: Summary
    recommendations: tuple[Recommendation, ...]
    phases: tuple[Phase, ...]
    coverage: tuple[Coverage, ...]
    functions: tuple[Function, ...]
    duplicates: tuple[Duplicates, ...]
    integrations: tuple[Integration, ...]
    map: Map
    radii: tuple[Radius, ...]
    leaks: tuple[Leak, ...]
    problems: tuple[Finding, ...]
    credentials: tuple[Credential, ...]
    version: int = FORMAT
