"""What a workspace holds: the model that discovery makes and that audit, adoption, awareness and pages read.

Field names are those of the JSON output, which is published and stable. Paths are relative to the workspace, with
``/`` between names; lines and columns count from 1, and 0 means unknown. No field ever holds a secret's value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Row = Mapping[str, Any]
Rows = Mapping[str, tuple[Row, ...]]

FORMAT: Final = 1
"""The version of the JSON output; it grows only when a field changes its meaning or goes."""

CAPABILITIES: Final[Mapping[str, str]] = {
    "registry": "Service discovery",
    "secrets": "Secrets",
    "deploy": "Deployment",
    "config": "Configuration",
    "health": "Health and alerting",
    "events": "Messaging",
    "databases": "Databases",
    "testing": "Testing",
    "backup": "Backup and recovery",
    "performance": "Performance",
    "security": "Security",
    "resources": "Resources and cost",
}
"""The twelve functions a fleet needs of its operations, by the slice that has them."""


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """Where something was seen."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``severity`` is error, warning or info; ``code`` is stable, in kebab-case."""

    code: str
    severity: str
    path: str
    message: str
    line: int = 0
    column: int = 0
    hint: str = ""
    service: str = ""
    """Name of the service it belongs to; "" where it belongs to none."""
    fingerprint: str = ""
    """Names this problem in later runs too, when lines move. Set by the pipeline, not by who finds it."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A service needs another one, or something outside.

    ``kind`` is service-binding, tail, queue, durable-object, variable-url, literal-url, template-url, package,
    database or compose. ``reachable`` says whether the evidence is in files that the entry point leads to (always
    true for configuration).
    """

    target: str
    kind: str
    evidence: tuple[Evidence, ...]
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """Something named that a service expects, and where that is said."""

    name: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Migrations:
    """A folder of migrations. ``tool`` is drizzle, prisma, knex, alembic, wrangler, supabase, sql ..."""

    path: str
    tool: str
    count: int
    state: str
    """journaled, unjournaled, push-only, empty or files (kept in order by their names alone)."""


@dataclass(frozen=True, slots=True)
class Store:
    """A database: its engine, and the variable or binding the service reaches it by."""

    name: str
    engine: str
    variable: str
    migrations: tuple[Migrations, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """How the service's tests are run. ``files`` counts its test files."""

    runner: str
    command: str
    files: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """One environment of a service, with what it inherits. ``vars`` are names: values may be secrets."""

    bindings: Rows = field(default_factory=dict)
    routes: tuple[str, ...] = ()
    crons: tuple[str, ...] = ()
    vars: tuple[str, ...] = ()
    name: str = ""
    """What the service is called there, where the file says so."""


@dataclass(frozen=True, slots=True)
class FoundService:
    """One deployable service: a folder, with whatever its files tell.

    ``status`` is canonical, variant, copy, stub, legacy, quarantined, template or library; ``reason`` says why.
    ``entrypoint_state`` is present, missing, build-output or none. ``bindings``, ``routes``, ``crons`` and ``vars``
    are those without a named environment.
    """

    name: str
    path: str
    repository: str
    platform: str
    platforms: tuple[str, ...]
    status: str
    copy_of: str = ""
    reason: str = ""
    kind: str = "service"
    """service, worker, pages, static, job, mcp-stdio, mcp-http or library."""
    config_files: tuple[str, ...] = ()
    entrypoint: str = ""
    entrypoint_state: str = "none"
    environments: Mapping[str, Stage] = field(default_factory=dict)
    bindings: Rows = field(default_factory=dict)
    routes: tuple[str, ...] = ()
    crons: tuple[str, ...] = ()
    vars: tuple[str, ...] = ()
    secrets: tuple[Named, ...] = ()
    databases: tuple[Store, ...] = ()
    tests: Suite | None = None
    package_manager: str = ""
    health: str = ""
    health_evidence: tuple[Evidence, ...] = ()
    owners: tuple[str, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    start: tuple[str, str] = ("", "")
    """How it starts where the names of its files alone do not tell: a key of ``deploy`` and its value."""
    build: str = ""
    """The command line that builds it; "" where none is known."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing an ops script does, read from its commands.

    ``category`` is one of CAPABILITIES, or build, clean, git, install, network, other. ``environment``, ``config``
    and ``target`` are what the command names, "" where it names none; ``command`` is the command line with
    everything secret masked.
    """

    category: str
    verb: str
    """What is done, as a verb and its object: deploy worker, put secret, apply migrations, poll health ..."""
    tool: str
    command: str
    line: int
    environment: str = ""
    config: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """One piece of ops work: a script file, an npm script, a make target, a cron entry.

    ``kind`` is shell, javascript, typescript, python, npm-script, make-target, cron or task. ``name`` is the file's
    name, or the script's or target's within its file. ``uses`` are the paths or names of scripts that it runs.
    """

    path: str
    name: str
    kind: str
    line: int
    actions: tuple[Action, ...] = ()
    categories: tuple[str, ...] = ()
    """Its categories, the weightiest first; () for a script that does no ops work."""
    summary: str = ""
    inputs: tuple[str, ...] = ()
    """Environment variables it reads, then ``$1`` ... for its arguments."""
    uses: tuple[str, ...] = ()
    service: str = ""
    lines: int = 0
    digest: str = ""
    """SHA-256 of its content without blanks and comments; equal digests are exact duplicates."""
    similar: str = ""
    """Name of the group of near duplicates it belongs to (the first one's path), "" where it is like no other."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A CI workflow. ``active`` is false where the vendor never runs it, with the ``reason``."""

    path: str
    name: str
    triggers: tuple[str, ...]
    jobs: tuple[str, ...]
    actions: tuple[Action, ...] = ()
    categories: tuple[str, ...] = ()
    active: bool = True
    reason: str = ""
    secrets: tuple[Named, ...] = ()
    uses: tuple[str, ...] = ()
    service: str = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that is committed: what it is, where, and a keyed fingerprint. Never the value.

    Equal values have equal fingerprints within one workspace's runs, so that one leak is followed over all files.
    """

    kind: str
    path: str
    line: int
    column: int
    fingerprint: str
    service: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that was found in one workspace."""

    workspace: str
    services: tuple[FoundService, ...]
    problems: tuple[Finding, ...]
    scripts: tuple[Script, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    credentials: tuple[Credential, ...] = ()
    stats: Mapping[str, int] = field(default_factory=dict)
    version: int = FORMAT

    def canonical(self) -> tuple[FoundService, ...]:
        """Return the services that are one's own and alive."""
        return tuple(each for each in self.services if each.status in {"canonical", "variant"})

    def dependencies(self) -> Mapping[str, tuple[str, ...]]:
        """Return who depends on whom among the canonical services: names to names, as kernel.graph.Graph takes it."""
        names = {each.name for each in self.canonical()}
        return {
            each.name: tuple(
                dict.fromkeys(d.target for d in each.depends_on if d.target in names and d.target != each.name)
            )
            for each in self.canonical()
        }
