"""What single files tell, before it is known which service they belong to.

Structs of msgspec and not dataclasses: facts go between processes and into the cache by the ten thousand
(docs/adr/0014). One ``Facts`` a file; each recogniser fills the fields it knows of.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from chittyops.kernel.inventory import Finding


class Reference(Struct, frozen=True, omit_defaults=True):
    """A configuration names something it needs: see kernel.inventory.Dependency for the kinds.

    ``target`` is a service's name; for variable-url the variable's, for queue the queue's, for database the id. The
    kinds own-domain and own-port are no needs: they tell of a domain that it is the workspace's own, and of a port that
    the program of this folder listens at it.
    """

    kind: str
    target: str
    line: int
    environment: str = ""


class StageFacts(Struct, frozen=True, omit_defaults=True):
    """One environment of a deployment, with what it inherits by the platform's rules."""

    name: str = ""
    bindings: dict[str, tuple[dict[str, Any], ...]] = {}
    routes: tuple[tuple[str, int], ...] = ()
    """Patterns and custom domains, each with its line."""
    crons: tuple[str, ...] = ()
    vars: tuple[str, ...] = ()
    lines: dict[str, int] = {}
    """Where each binding is defined: ``kind/binding`` to line."""


class Deployment(Struct, frozen=True, omit_defaults=True):
    """Something that a configuration file deploys. One file may hold several.

    ``folder`` is relative to the file's own folder ("" is that folder). ``entrypoint`` likewise. ``rank`` decides
    whose name, entry point and environments count where several files tell them of one service; the higher wins.
    """

    platform: str
    line: int = 1
    name: str = ""
    folder: str = ""
    kind: str = ""
    entrypoint: str = ""
    entrypoint_line: int = 0
    rank: int = 0
    stages: dict[str, StageFacts] = {}
    """Environments by name; "" is the one without a name."""
    references: tuple[Reference, ...] = ()
    secrets: tuple[tuple[str, int], ...] = ()
    start: str = ""
    build: str = ""
    commands: tuple[tuple[str, int], ...] = ()
    """Command lines that the platform runs in ``command_folder``, each with its line."""
    command_folder: str = ""
    """Relative to the file's folder."""
    aliases: tuple[str, ...] = ()
    """Other names that it is found by in its network."""
    ports: tuple[int, ...] = ()
    """Where it answers on the machine that it runs on."""
    health: str = ""
    health_line: int = 0
    output: str = ""
    """The folder of assets or build output that is deployed, relative to the file's folder."""
    standard: bool = True
    """Whether the platform's tool reads this file without being told its name."""
    local_only: bool = False
    """A harness that must never be deployed (says so itself, or binds to local things alone)."""
    template: bool = False
    """Full of things to be filled in: a model for services, and none itself."""
    migrations: tuple[str, ...] = ()
    """Folders of a database's migrations that it names, relative to the file's folder."""


class Command(Struct, frozen=True, omit_defaults=True, array_like=True):
    """One simple command of a shell, as words with quotes removed; ``$NAME`` stays where its value is unknown.

    Assignments before it are left out but for their names, so that no value of a secret is kept.
    """

    words: tuple[str, ...]
    line: int
    assigns: tuple[str, ...] = ()
    loop: bool = False
    """Inside of a loop (``while``, ``until``, ``for``)."""
    piped_to: str = ""
    """First word of the command that its output goes to."""
    ignored: bool = False
    """Its failure is ignored: ``|| true``, ``|| :``, ``|| echo``, ``continue-on-error``."""
    folder: str = ""
    """Where it runs, relative to the script's starting folder, as ``cd`` before it says; "" for that folder."""


class ScriptFacts(Struct, frozen=True, omit_defaults=True):
    """A script file, npm script, make target, cron entry, or the steps of a workflow's job."""

    name: str
    kind: str
    line: int
    commands: tuple[Command, ...] = ()
    inputs: tuple[str, ...] = ()
    lines: int = 0
    digest: str = ""
    shingles: tuple[int, ...] = ()
    """A MinHash signature of its commands, for near duplicates; () for very short ones."""
    summary: str = ""
    """First sentence of its leading comment, where there is one."""


class WorkflowFacts(Struct, frozen=True, omit_defaults=True):
    """A CI workflow."""

    name: str
    triggers: tuple[str, ...]
    jobs: tuple[ScriptFacts, ...]
    """The commands of each job; ``uses: owner/action`` steps are commands ("uses", "owner/action@v1", inputs...)."""
    secrets: tuple[tuple[str, int], ...] = ()
    vendor: str = "github"


class Package(Struct, frozen=True, omit_defaults=True):
    """A package manifest: package.json, pyproject.toml, requirements.txt, deno.json, Cargo.toml ..."""

    ecosystem: str
    """node, python, deno ..."""
    name: str = ""
    entrypoint: str = ""
    scripts: dict[str, str] = {}
    bin: tuple[str, ...] = ()
    """What its programs start from, relative to the manifest: files, or modules of Python as paths without suffix."""
    dependencies: tuple[tuple[str, str, int], ...] = ()
    """Name, version specifier, line; development ones too."""
    workspaces: tuple[str, ...] = ()
    """Globs of member folders, for the root of a monorepo (from pnpm-workspace.yaml, lerna, uv ... too)."""
    manager: str = ""
    private: bool = False
    library: bool = False
    """Says of itself that it is published for others (exports, types, files) and starts nothing."""
    tests: tuple[str, str] = ("", "")
    """Runner and command."""
    start: str = ""
    mcp: bool = False


class Server(Struct, frozen=True, omit_defaults=True):
    """An MCP server that a manifest names. ``transport`` is stdio or http."""

    name: str
    transport: str
    command: tuple[str, ...] = ()
    url: str = ""
    line: int = 0


class Import(Struct, frozen=True, array_like=True):
    """A module that code asks for: ``specifier`` as written."""

    specifier: str
    line: int


class Url(Struct, frozen=True, array_like=True, omit_defaults=True):
    """A URL in code or text, without user, password and query.

    Parts filled in at run time are ``*`` in ``host`` and ``path``; ``template`` says that there are some.
    """

    host: str
    path: str
    line: int
    template: bool = False


class Variable(Struct, frozen=True, array_like=True, omit_defaults=True):
    """An environment variable or binding that code reads."""

    name: str
    line: int
    source: str = ""
    """env (a Worker's), process, import-meta, os, deno."""


class Code(Struct, frozen=True, omit_defaults=True):
    """What a source file tells."""

    language: str
    imports: tuple[Import, ...] = ()
    variables: tuple[Variable, ...] = ()
    urls: tuple[Url, ...] = ()
    health: tuple[tuple[str, int], ...] = ()
    """Health endpoints it serves: path and line."""
    calls: tuple[tuple[str, str, int], ...] = ()
    """Kind, target, line: ``binding`` for ``env.NAME.fetch(...)``, ``queue`` for ``env.NAME.send(...)``."""
    serves: tuple[str, ...] = ()
    """How it serves: fetch-handler, hono, express, http, fastapi, flask, mcp-stdio, mcp-http, queue, cron ..."""
    main: bool = False
    """It is made to be run: ``if __name__ == "__main__"``, a shebang, top-level ``listen``."""
    cases: int = 0
    """Tests that it defines."""
    asserts: int = 0
    ports: tuple[int, ...] = ()
    """Where it listens, if it is not told otherwise."""
    engines: tuple[tuple[str, int], ...] = ()
    """Database drivers it imports, as engines: postgres, sqlite, d1, mysql, redis, mongodb."""


class Migration(Struct, frozen=True, omit_defaults=True):
    """One file of migrations: its ordering prefix as written, and its dialect: postgres, sqlite, mysql or ""."""

    number: str
    name: str
    dialect: str = ""
    destructive: bool = False


class Journal(Struct, frozen=True, omit_defaults=True):
    """The list a migration tool keeps of its files."""

    tool: str
    dialect: str
    entries: tuple[tuple[str, int], ...]
    """Tags (file names without suffix) and lines."""


class DatabaseConfig(Struct, frozen=True, omit_defaults=True):
    """What a tool's configuration says: drizzle.config.ts, prisma schema, alembic.ini, knexfile, supabase."""

    tool: str
    dialect: str = ""
    folder: str = ""
    """Of its migrations, relative to the file's folder."""
    schema: str = ""
    variable: str = ""
    line: int = 1


class Secret(Struct, frozen=True, array_like=True):
    """A secret that is expected by name: ``source`` is example, put, reference, readme, workflow or vars."""

    name: str
    line: int
    source: str


class Leak(Struct, frozen=True, array_like=True):
    """A committed credential. ``digest`` is a keyed hash of its value."""

    kind: str
    line: int
    column: int
    digest: str


class Facts(Struct, frozen=True, omit_defaults=True):
    """What one file tells. All of it is made from text in which every credential found is masked."""

    path: str
    digest: str = ""
    """SHA-256 of the content, shortened; "" for files too small to tell copies by."""
    kind: str = ""
    """config, code, test, script, document, lock, data: what the file is for."""
    lines: int = 0
    """How many lines it has; 0 where nobody counted."""
    deployments: tuple[Deployment, ...] = ()
    package: Package | None = None
    code: Code | None = None
    scripts: tuple[ScriptFacts, ...] = ()
    workflow: WorkflowFacts | None = None
    servers: tuple[Server, ...] = ()
    secrets: tuple[Secret, ...] = ()
    references: tuple[Reference, ...] = ()
    databases: tuple[tuple[str, int], ...] = ()
    """Variables of connection strings, with their lines."""
    migration: Migration | None = None
    journal: Journal | None = None
    database_config: DatabaseConfig | None = None
    owners: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Rules of a CODEOWNERS file, in order: pattern and owners."""
    manager: str = ""
    """The package manager that a lock file or manifest tells."""
    aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names that code imports files by: a pattern with at most one ``*``, and paths relative to this file's folder."""
    leaks: tuple[Leak, ...] = ()
    problems: tuple[Finding, ...] = ()
    """What this file alone shows to be wrong."""
