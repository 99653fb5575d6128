"""Configurations of database tools: where migrations and schema are, which dialect, which variable. Literals only."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from msgspec.structs import replace

from chittyops.capabilities.discovery.model.facts import DatabaseConfig, Facts
from chittyops.capabilities.discovery.service.facts import javascript
from chittyops.capabilities.discovery.service.facts.migrations import dialect_name
from chittyops.capabilities.discovery.service.facts.reading import document

DRIZZLE: Final = (
    r"(?:.*/)?(?:drizzle[\w.-]*\.config|drizzle\.[\w.-]*config|drizzle\.config[\w.-]*)\.(?:[cm]?[jt]s|json)"
)
KNEX: Final = r"(?:.*/)?knexfile\.[cm]?[jt]s"
PRISMA: Final = r"(?:.*/)?[^/]+\.prisma"
ALEMBIC: Final = r"(?:.*/)?alembic\.ini"
SUPABASE: Final = r"(?:.*/)?supabase/config\.toml"
NEON: Final = r"(?:.*/)?(?:neon\.ya?ml|\.neon)"

_DIALECT: Final = re.compile(r"""\bdialect["']?\s*:\s*["'`](\w+)["'`]""")
_OUT: Final = re.compile(r"""\bout["']?\s*:\s*["'`]([^"'`\n$]+)["'`]""")
_SCHEMA: Final = re.compile(r"""\bschema["']?\s*:\s*\[?\s*["'`]([^"'`\n$]+)["'`]""")
_VARIABLE: Final = re.compile(r"""(?:\benv|Deno\.env\.get|\bgetenv)(?:\.|\(\s*["']|\[["'])([A-Z][A-Z0-9_]+)""")
_DATABASE_VARIABLE: Final = re.compile(r"DATABASE|POSTGRES|MYSQL|SQLITE|NEON|DB_|_DB|TURSO|PG|DSN|CONNECTION")
_CLIENT: Final = re.compile(r"""\bclient\s*:\s*["'`]([\w-]+)["'`]""")
_DIRECTORY: Final = re.compile(r"""\bmigrations\s*:\s*\{[^}]*?\bdirectory\s*:\s*["'`]([^"'`\n$]+)["'`]""")
_DATASOURCE: Final = re.compile(r"^datasource\s+\w+\s*\{([^}]*)\}", re.MULTILINE)
_PROVIDER: Final = re.compile(r"""\bprovider\s*=\s*"(\w+)\"""")
_LOCATION: Final = re.compile(r"^script_location\s*=\s*(\S+)", re.MULTILINE)
_SQLALCHEMY: Final = re.compile(r"^sqlalchemy\.url\s*=\s*([a-z0-9]+)(?:\+\w+)?:", re.MULTILINE)
_CLIENTS: Final = {"pg": "postgres", "pg-native": "postgres", "better-sqlite3": "sqlite", "sqlite3": "sqlite"}


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def _variable(text: str) -> str:
    """Return the first variable in ``text`` that is a database's."""
    return next((name for name in _VARIABLE.findall(text) if _DATABASE_VARIABLE.search(name)), "")


def _relative(folder: str) -> str:
    return posixpath.normpath(folder) if folder else ""


def drizzle(path: str, text: str) -> Facts:
    """Return what a configuration of drizzle-kit says, with what its code tells."""
    folder = _relative(_first(_OUT, text)) or "drizzle"
    dialect = dialect_name(_first(_DIALECT, text))
    config = DatabaseConfig("drizzle", dialect, folder, _relative(_first(_SCHEMA, text)), _variable(text))
    if path.endswith(".json"):
        return Facts(path, kind="config", problems=document(path, text)[1], database_config=config)
    return replace(javascript.read(path, text), kind="config", database_config=config)


def knex(path: str, text: str) -> Facts:
    """Return what a knexfile says, with what its code tells."""
    client = _first(_CLIENT, text)
    folder = _relative(_first(_DIRECTORY, text)) or "migrations"
    config = DatabaseConfig("knex", dialect_name(_CLIENTS.get(client, client)), folder, variable=_variable(text))
    return replace(javascript.read(path, text), kind="config", database_config=config)


def prisma(path: str, text: str) -> Facts:
    """Return what the data source of a Prisma schema says; a file of models alone says nothing."""
    source = _DATASOURCE.search(text)
    if not source:
        return Facts(path, kind="config")
    line = text.count("\n", 0, source.start()) + 1
    dialect = dialect_name(_first(_PROVIDER, source[1]))
    name = posixpath.basename(path)
    return Facts(
        path,
        kind="config",
        database_config=DatabaseConfig("prisma", dialect, "migrations", name, _first(_VARIABLE, source[1]), line),
    )


def alembic(path: str, text: str) -> Facts:
    """Return what ``alembic.ini`` says."""
    location = _first(_LOCATION, text).replace("%(here)s", ".").replace(":", "/") or "alembic"
    folder = posixpath.normpath(posixpath.join(location, "versions"))
    return Facts(
        path, kind="config", database_config=DatabaseConfig("alembic", dialect_name(_first(_SQLALCHEMY, text)), folder)
    )


def supabase(path: str, text: str) -> Facts:
    """Return what the configuration of a Supabase project says."""
    config = DatabaseConfig("supabase", "postgres", "migrations")
    return Facts(path, kind="config", problems=document(path, text)[1], database_config=config)


def neon(path: str, _text: str) -> Facts:
    """Return that a folder belongs to a project of Neon."""
    return Facts(path, kind="config", database_config=DatabaseConfig("neon", "postgres"))
