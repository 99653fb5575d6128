"""The fleet file's format: the one list of its keys, from which the reader and the JSON Schema are made."""

from __future__ import annotations

from typing import Any, Final

from chittyops.capabilities.fleet.model.freeform import Keyed, ListOr, Open
from chittyops.capabilities.fleet.model.ruleformat import RULE
from chittyops.capabilities.fleet.model.schedule import Schedule
from chittyops.capabilities.fleet.model.schema import (
    AnyScalar,
    Choice,
    Flag,
    Kind,
    ListOf,
    MapOf,
    Number,
    Reference,
    Table,
    Text,
    WordOr,
)
from chittyops.capabilities.fleet.model.storeformat import SINKS, STORE
from chittyops.capabilities.fleet.model.words import LABEL, NAME_TEXT, PLATFORMS, VARIABLE, WITHIN
from chittyops.kernel.configuration import ITEM_KEYS, PLATFORM_SECTIONS
from chittyops.kernel.service import NAME

FILENAME: Final = "chittyops.yaml"
LOCAL_FILENAME: Final = "chittyops.local.yaml"
LAUNCH_KINDS: Final = ("command", "procfile", "script", "module", "worker")
TASK_KINDS: Final = ("command", "file", "script", "target")
_DAY_SECONDS: Final = 86_400

MIGRATION_TOOLS: Final = ("drizzle", "prisma", "knex", "alembic", "wrangler", "supabase", "sql")
FOLDER: Final = Text(
    "Its folder, relative to the fleet file.",
    r"[^/\\\x00~][^\\\x00]*",
    "must be a folder relative to the fleet file, with / between names",
)

HEALTH: Final = WordOr(
    "none",
    Table(
        "Where the service says that it is well; `none` when it has no HTTP endpoint.",
        {
            "path": Text("Path of the health endpoint.", r"/[!-~]*", "must begin with / and hold no blanks"),
            "timeout_seconds": Number("How long one probe may take.", 0.05, 300),
            "interval_seconds": Number("How long to wait between probes.", 0.2, _DAY_SECONDS),
        },
    ),
)

DEPLOY: Final = Table(
    "How the service is built, started and stopped. Without command, procfile, script, module and worker, "
    "the way to start it is found from its files.",
    {
        "command": Text("Command line that starts it."),
        "procfile": Text("Process type of its Procfile.", r"[A-Za-z0-9_-]+", "must be letters, digits, _ and -"),
        "script": Text("Script of its package.json."),
        "module": Text(
            "Python module, run with `python -m`.",
            r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*",
            "must be a Python module, such as shop.catalog",
        ),
        "worker": Text(
            "Wrangler configuration file of a Cloudflare Worker, relative to the service's folder.",
            WITHIN,
            "must be a file within the service's folder",
        ),
        "environment": Text("What this environment is called on its platform: `--env` of wrangler, and the like."),
        "config_file": Text(
            "The platform's own configuration file where it is no wrangler file: railway.json, vercel.json ...",
            WITHIN,
            "must be a file within the service's folder",
        ),
        "project": Text("The project, application or service on its platform, where its name is another one."),
        "build": Text("Command line that is run once in a copy of the files, before the first start."),
        "protocol": Choice("What it speaks on its port.", ("http", "tcp", "none")),
        "start_timeout_seconds": Number("How long it may take to become healthy.", 0.1, 3600),
        "stop_grace_seconds": Number("How long it may take to stop before it is killed.", 0, 3600),
        "limits": Table(
            "What its processes may use; 0 means no limit.",
            {
                "memory_mb": Number("Memory in MiB.", 0, 1 << 24, whole=True),
                "open_files": Number("Open files.", 0, 1 << 24, whole=True),
                "processes": Number("Processes.", 0, 1 << 24, whole=True),
            },
        ),
    },
    exclusive=LAUNCH_KINDS,
)

DATABASE: Final = Table(
    "A database of the service's own.",
    {
        "engine": Choice("What kind of database it is.", ("postgres", "d1")),
        "env": VARIABLE,
        "migrations": Text(
            "Folder of its migrations, relative to the service's folder.",
            WITHIN,
            "must be a folder within the service's folder",
        ),
        "tool": Choice("What applies its migrations.", MIGRATION_TOOLS),
    },
)

TASK: Final = Table(
    "A managed task: an ops script that `chittyops task run` runs with its inputs checked, locked, timed, logged and "
    "recorded. Exactly one of command, file, script and target says what it runs.",
    {
        "command": Text("Command line, run without a shell."),
        "file": Text("Script file, relative to the task's folder.", WITHIN, "must be a file within the task's folder"),
        "script": Text("Script of package.json."),
        "target": Text("Target of the Makefile.", r"[^\s:=-][^\s:=]*", "must be the name of a target"),
        "description": Text("What it does."),
        "folder": Text(
            "Where it runs, relative to the service's folder, or to the fleet file for a task of the fleet.",
            WITHIN,
            "must be a folder below",
        ),
        "inputs": MapOf(
            "Environment variables it reads. It gets these, its `secrets` and the usual ones (PATH, HOME, LANG ...).",
            VARIABLE,
            Choice("Whether it can do without.", ("required", "optional")),
        ),
        "arguments": Number("How many arguments it needs.", 0, 99, whole=True),
        "secrets": MapOf(
            "Variables that hold secrets: references only, never values.",
            VARIABLE,
            Reference("file:PATH#KEY (a dotenv file, relative to the task's folder).", ("file",)),
            shown=False,
        ),
        "timeout_seconds": Number("How long it may take before it is stopped.", 0.1, 7 * _DAY_SECONDS),
        "schedule": Schedule("When it is due: a cron expression of five fields, in UTC."),
        "lock": Text("Tasks of one lock never run at once; left out, a task has its own.", NAME.pattern, LABEL),
    },
    exclusive=TASK_KINDS,
    one_of=True,
)
_TASKS: Final = MapOf("Managed tasks by name.", NAME_TEXT, TASK)


def _platform(name: str) -> Open:
    """Return the kind of a platform's own configuration, with its lists that are merged item by item."""
    lists: dict[str, Kind] = {}
    within: dict[str, dict[str, Kind]] = {}
    for path, key in ITEM_KEYS.items():
        section, first, *rest = path.split(".")
        if section == name:
            keyed = Keyed(f"Told apart, and merged, by `{key}`.", key, words=key == "pattern")
            (within.setdefault(first, {}) if rest else lists)[rest[0] if rest else first] = keyed
    inner = {first: Open("Read as it is.", fields) for first, fields in within.items()}
    description = f"Configuration of {name}, as its own file has it; null takes a key away."
    refused = {"env": f"write what differs under environments.NAME.{name}"} if name == "wrangler" else {}
    return Open(description, lists | inner, refused=refused)


_SHARED: Final[dict[str, Kind]] = {
    "platform": Choice("Where the service lives by nature.", PLATFORMS),
    "config": MapOf("Variables the service gets, as written.", VARIABLE, AnyScalar("The value, as written.")),
    "secrets": MapOf(
        "Variables that hold secrets: references only, never values.",
        VARIABLE,
        Reference("sops:NAME (the fleet's own store), file:PATH#KEY (a dotenv file), database:NAME ..."),
        shown=False,
    ),
    "health": HEALTH,
    "deploy": DEPLOY,
    "tests": Text("Command line that runs the service's tests."),
    "owners": ListOf("Who answers for it.", Text("A person or a team.")),
    "tags": ListOf("Words to find it by.", NAME_TEXT),
    "sinks": SINKS,
    **{name: _platform(name) for name in PLATFORM_SECTIONS},
}

_LAYER: Final[dict[str, Kind]] = {
    **_SHARED,
    "depends_on": ListOf("Services it needs to be healthy before it starts.", NAME_TEXT),
    "databases": MapOf("The databases it owns, by name.", NAME_TEXT, DATABASE),
}

DEFAULTS: Final = Table("What holds for every service that does not say otherwise.", _SHARED)
OVERRIDE: Final = Table("What is different for the service in one environment.", _LAYER)

_OVERRIDES = MapOf("Differences by environment; null takes a key away.", NAME_TEXT, OVERRIDE)

PART: Final = Table(
    f"A service's own part of the fleet file, kept in its folder as {FILENAME}.",
    {**_LAYER, "tasks": _TASKS, "environments": _OVERRIDES},
)

SERVICE: Final = Table(
    "One deployable service.",
    {
        "path": FOLDER,
        "git": Text("URL of the repository its folder is a checkout of."),
        **_LAYER,
        "tasks": _TASKS,
        "environments": _OVERRIDES,
    },
    required=frozenset({"path"}),
)

ENVIRONMENT: Final = Table(
    "A place the whole fleet can be deployed to.",
    {
        "provider": Choice("Runs every service here; left out, each service's own platform does.", PLATFORMS),
        "protected": Flag("Whether changes here want confirmation."),
        **_SHARED,
    },
)

GROUP: Final = Table(
    "Several services under one name, and what holds for them.",
    {
        "services": ListOf("The services of the group.", NAME_TEXT),
        **_SHARED,
        "environments": MapOf("Differences by environment; null takes a key away.", NAME_TEXT, DEFAULTS),
    },
    required=frozenset({"services"}),
)

ROOT: Final = Table(
    "A fleet of services, as ChittyOps reads it.",
    {
        "fleet": Text("Name of the fleet.", NAME.pattern, LABEL),
        "environments": MapOf(
            "Environments by name; the first is the default. Left out: one, `local`.", NAME_TEXT, ENVIRONMENT
        ),
        "defaults": DEFAULTS,
        "services": MapOf("The services by name.", NAME_TEXT, SERVICE, nulls=False),
        "tasks": _TASKS,
        "groups": MapOf(
            "Names for several services at once, and what holds for them.",
            NAME_TEXT,
            ListOr(ListOf("The services of the group.", NAME_TEXT), GROUP, "services"),
        ),
        "secrets": STORE,
        "rules": MapOf("What must hold for the values of services, by the rule's name.", NAME_TEXT, RULE),
    },
    required=frozenset({"fleet", "services"}),
)

LOCAL: Final = Table(
    "What is different on this machine alone; the file is never in git.",
    {
        "defaults": DEFAULTS,
        "environments": MapOf("Differences by environment, for every service.", NAME_TEXT, DEFAULTS),
        "services": MapOf(
            "Differences by service.",
            NAME_TEXT,
            Table("What is different for the service.", {**_LAYER, "environments": _OVERRIDES}),
        ),
    },
)


def json_schema(*, part: bool = False, local: bool = False) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the fleet file, of a service's own ``part``, or of the local file."""
    title, kind = ("ChittyOps service part", PART) if part else ("ChittyOps fleet file", ROOT)
    if local:
        title, kind = "ChittyOps local file", LOCAL
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **kind.json_schema()}
