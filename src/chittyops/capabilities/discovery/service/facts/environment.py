"""What the environment variables of a configuration ask for: secrets, databases, addresses of other services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, Keys
from chittyops.capabilities.discovery.model.facts import Reference
from chittyops.capabilities.discovery.service.facts.variables import is_secret, is_url

_STORE: Final = re.compile(
    r"(?:[A-Z0-9]+_)*(DATABASE|POSTGRES|POSTGRESQL|NEON|PG|DB|MYSQL|MARIADB|MONGO|MONGODB|REDIS|VALKEY|CLICKHOUSE)"
    r"(?:_(?:DIRECT|POOLED|PRISMA|PRIVATE|PUBLIC|INTERNAL))?_(?:URL|URI|DSN|CONNECTION_STRING)(?:_[A-Z]+)*"
)
_ENGINES: Final = {
    "POSTGRES": "postgres",
    "POSTGRESQL": "postgres",
    "NEON": "postgres",
    "PG": "postgres",
    "MYSQL": "mysql",
    "MARIADB": "mysql",
    "MONGO": "mongodb",
    "MONGODB": "mongodb",
    "REDIS": "redis",
    "VALKEY": "redis",
    "CLICKHOUSE": "clickhouse",
}
_SCHEMES: Final = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mongodb": "mongodb",
    "redis": "redis",
    "rediss": "redis",
    "sqlite": "sqlite",
    "file": "sqlite",
    "clickhouse": "clickhouse",
}
_SCHEME: Final = re.compile(r"[\"']?([a-z]+)(?:\+[a-z0-9]+)?:")
_URL: Final = re.compile(r"https?://(?:[^/\s\"'@<>]*@)?([A-Za-z0-9.-]+\.[A-Za-z]{2,})(?::\d+)?(?=[/\s\"'?#),\]]|$)")
_LAST_PORT: Final = 65535
_HERE: Final = re.compile(r"(?:https?|wss?)://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal):(\d{2,5})\b")
_NOBODY: Final = re.compile(
    r"(?:.*\.)?(?:example\.(?:com|org|net)|your-?[a-z-]*\.[a-z]+|localhost|local|test|invalid|internal|localdomain)"
)

Settings = Iterable[tuple[str, str, int]]
"""Variables: name, value ("" where it is unknown), line."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a set of variables asks for. ``databases`` are rows of bindings, see ``store``."""

    secrets: tuple[tuple[str, int], ...] = ()
    references: tuple[Reference, ...] = ()
    databases: tuple[tuple[dict[str, Any], int], ...] = ()
    """Rows of bindings of the kind ``databases``, with their lines."""
    vars: tuple[str, ...] = ()


def needs(settings: Settings) -> Needs:
    """Return what ``settings`` ask for; no value is kept but the hosts of plain addresses."""
    secrets: list[tuple[str, int]] = []
    references: list[Reference] = []
    databases: list[tuple[dict[str, Any], int]] = []
    names: dict[str, None] = {}
    for name, value, line in settings:
        names[name] = None
        if is_store(name):
            databases.append((store(engine(name, value), variable=name), line))
            secrets.append((name, line))
        elif is_secret(name):
            secrets.append((name, line))
        else:
            references.extend([Reference("variable-url", name, line)] if is_url(name) else ())
            references.extend(Reference("literal-url", host, line) for host in (*outside(value), *here(value)))
    return Needs(tuple(secrets), tuple(references), tuple(databases), tuple(names))


def store(engine: str, *, name: str = "", variable: str = "") -> dict[str, Any]:
    """Return a row of bindings for a database: ``binding`` is the variable that leads to it, else its own name."""
    return {"binding": variable or name, "name": name, "engine": engine, "variable": variable}


def bound(stores: Iterable[tuple[dict[str, Any], int]]) -> tuple[dict[str, tuple[dict[str, Any], ...]], dict[str, int]]:
    """Return the bindings and their lines, as a stage has them, of rows of databases."""
    rows = {row["binding"]: (row, line) for row, line in stores}
    bindings = {"databases": tuple(row for row, _ in rows.values())} if rows else {}
    return bindings, {f"databases/{binding}": line for binding, (_, line) in rows.items()}


def is_store(name: str) -> bool:
    """Return whether a variable of this name holds the connection string of a database."""
    return _STORE.fullmatch(name) is not None


def engine(name: str, value: str = "") -> str:
    """Return the database engine that a connection string's scheme tells, else its variable's name; or ""."""
    scheme = _SCHEME.match(value)
    if scheme and scheme[1] in _SCHEMES:
        return _SCHEMES[scheme[1]]
    found = _STORE.fullmatch(name)
    return _ENGINES.get(found[1], "") if found else ""


def outside(text: str) -> Iterator[str]:
    """Yield the hosts of the absolute addresses in ``text``, but for reserved names and this machine's own."""
    if "://" in text:
        for found in _URL.finditer(text):
            host = found[1].lower()
            if not _NOBODY.fullmatch(host):
                yield host


def here(text: str) -> Iterator[str]:
    """Yield the ports of this machine that addresses in ``text`` lead to, as ``localhost:3000``."""
    yield from (f"localhost:{found[1]}" for found in _HERE.finditer(text))


def port(value: object) -> tuple[int, ...]:
    """Return the port that ``value`` is, as a number or in digits; () for anything else."""
    if isinstance(value, str):
        value = int(value) if value.isdecimal() and len(value) <= len(str(_LAST_PORT)) else 0
    return (value,) if isinstance(value, int) and 0 < value <= _LAST_PORT else ()


def table(found: Document, *keys: str | int) -> Iterator[tuple[str, str, int]]:
    """Yield the variables of the map or list of ``NAME=value`` at ``keys``."""
    value = found.at(*keys)
    if isinstance(value, dict):
        for name, each in value.items():
            yield str(name), each if isinstance(each, str) else "", found.line(*keys, name)
    elif isinstance(value, list):
        yield from _assignments(found, keys, value)


def _assignments(found: Document, keys: Keys, rows: list[Any]) -> Iterator[tuple[str, str, int]]:
    for index, each in enumerate(rows):
        if isinstance(each, str):
            name, _, value = each.partition("=")
            yield name.strip(), value, found.line(*keys, index)
