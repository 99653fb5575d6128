"""A fleet, its environments and its services, as everything below the fleet file sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chittyops.kernel.graph import Graph
from chittyops.kernel.secret import SecretRef

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""A name of a fleet, environment or service: a DNS label (RFC 1123), so that it fits every platform."""

_LONGEST_NAME = 63


def label(text: str) -> str:
    """Return ``text`` as a name of a service: what does not fit becomes dashes; "" where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST_NAME].strip("-")


@dataclass(frozen=True, slots=True)
class Launch:
    """How a service is started: one kind, and the word that kind needs.

    command: a command line; procfile: a process type; script: a package.json script; module: a Python
    module; worker: a wrangler configuration file. Empty ``kind`` means: find out from its files.
    """

    kind: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may use; 0 means no limit."""

    memory_mb: int = 0
    open_files: int = 0
    processes: int = 0


@dataclass(frozen=True, slots=True)
class Deploy:
    """How a service is built, started and stopped.

    ``environment``, ``config_file`` and ``project`` are what its platform knows it by: the environment's name there,
    the platform's own configuration file, and the project, application or service.
    """

    launch: Launch = Launch()
    build: str = ""
    protocol: str = "http"
    start_timeout_seconds: float = 30.0
    stop_grace_seconds: float = 10.0
    limits: Limits = Limits()
    environment: str = ""
    config_file: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """Where a service says that it is well. An empty path means it has no HTTP endpoint."""

    path: str = "/health"
    timeout_seconds: float = 2.0
    interval_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Database:
    """A database a service owns; its connection URL reaches the service in the variable ``env``.

    ``migrations`` is the folder of its migrations, ``tool`` what applies them; for a D1 database ``env`` is the name
    of the binding.
    """

    name: str
    engine: str = "postgres"
    env: str = "DATABASE_URL"
    migrations: str = ""
    tool: str = ""


@dataclass(frozen=True, slots=True)
class Sink:
    """A place that the values of a service's secrets are pushed to.

    ``kind`` is one of SINK_KINDS; ``target`` says which place of that kind: a path, an account, a project ...
    Empty ``secrets`` stand for all that the service declares.
    """

    name: str
    kind: str
    target: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


SINK_KINDS = ("dev-vars", "dotenv", "cloudflare", "railway", "vercel", "github")


@dataclass(frozen=True, slots=True)
class SecretPolicy:
    """What is asked of a secret, whoever uses it.

    ``rotator`` is who makes the next value ("" where people do) and ``options`` are its own words; ``expires`` is an
    ISO date, "" where none is known. 0 stands for "no limit".
    """

    name: str
    max_age_days: float = 0
    min_bits: int = 0
    expires: str = ""
    rotator: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecretStore:
    """The fleet's own secrets: the folder of its SOPS files, people by name and age recipient, policies by secret."""

    folder: str = "secrets"
    recipients: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, SecretPolicy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """A managed task: an ops script that is run with its inputs checked, locked, timed, logged and recorded.

    ``kind`` is file (a script file), script (of package.json), target (of a Makefile) or command (a command line),
    ``value`` what that kind needs. ``folder`` is where it runs, relative to the workspace. ``inputs`` maps the
    variables it reads to whether it needs them; ``arguments`` is how many arguments it needs. ``service`` is ""
    for a task of the whole fleet.
    """

    name: str
    kind: str
    value: str
    folder: str = "."
    service: str = ""
    description: str = ""
    inputs: Mapping[str, bool] = field(default_factory=dict)
    arguments: int = 0
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)
    timeout_seconds: float = 3600.0
    schedule: str = ""
    lock: str = ""

    @property
    def title(self) -> str:
        """Return what people call it: ``service/name``, or its name alone."""
        return f"{self.service}/{self.name}" if self.service else self.name


@dataclass(frozen=True, slots=True)
class Service:
    """One deployable service, as one environment sees it (overrides already applied)."""

    name: str
    path: str
    platform: str = "local"
    depends_on: tuple[str, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)
    databases: tuple[Database, ...] = ()
    health: Health = Health()
    deploy: Deploy = Deploy()
    tests: str = ""
    owners: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    git: str = ""
    groups: tuple[str, ...] = ()
    """The groups it is in, in the order of the fleet file."""
    sinks: tuple[Sink, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """A place the whole fleet can be deployed to.

    ``provider`` is the one that runs every service here; empty means each service's own platform does.
    """

    name: str
    provider: str = ""
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """The desired state of one environment of one fleet, read from files. ``environments`` names all it has."""

    name: str
    root: str
    environment: Environment
    services: Mapping[str, Service]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    """The managed tasks, those of the services too, by title."""
    store: SecretStore = SecretStore()

    @property
    def graph(self) -> Graph:
        """Return who depends on whom."""
        return Graph({name: service.depends_on for name, service in self.services.items()})
