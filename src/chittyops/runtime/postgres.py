"""PostgreSQL: the one door to psycopg, and the one place where engines are made."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from chittyops.kernel.errors import ChittyOpsError, Conflict, Misconfigured, Refused, Unavailable

SCHEMA = "chittyops"
CONNECT_TIMEOUT_SECONDS = 10
POOL_TIMEOUT_SECONDS = 30.0
UNIQUE_VIOLATION = "23505"
INSUFFICIENT_PRIVILEGE = "42501"
PARAMETER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
# Classes and codes after which the same transaction may succeed: connection, resources, operator, serialisation.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
TRANSIENT = ("08", "40", "53", "57", "55P03", "25P03")


class Transaction:
    """One transaction. Parameters are named (``:name``); a dict becomes jsonb, a list of strings text[]."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Use ``Database.transaction``."""
        self._connection = connection

    async def rows(self, sql: str, **params: Any) -> list[Mapping[str, Any]]:
        """Return the rows of a query."""
        with translated():
            result = await self._connection.exec_driver_sql(*prepared(sql, params))
            return [dict(row) for row in result.mappings()]

    async def row(self, sql: str, **params: Any) -> Mapping[str, Any] | None:
        """Return the first row of a query, or None where there is none."""
        with translated():
            result = await self._connection.exec_driver_sql(*prepared(sql, params))
            first = result.mappings().first()
            return None if first is None else dict(first)

    async def run(self, sql: str, **params: Any) -> int:
        """Run a statement and return how many rows it changed."""
        with translated():
            result = await self._connection.exec_driver_sql(*prepared(sql, params))
            return int(result.rowcount)


class Database:
    """A pool of connections to one database, whose unqualified names mean the schema ``chittyops``."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Use ``connect``."""
        self._engine = engine

    @classmethod
    def connect(cls, url: str, *, application_name: str, pool_size: int = 5, ping: bool = True) -> Database:
        """Return the database at ``url``; connections are opened when they are needed. Raises Misconfigured.

        ``ping`` spares the caller the Unavailable of a connection that was lost while it lay idle, for a round trip
        at each transaction; one that tries again anyway does without.
        """
        engine = create_async_engine(
            _driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_SECONDS,
            pool_pre_ping=ping,
            connect_args=_connect_arguments(application_name),
        )
        return cls(engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction: committed when the block ends, rolled back when it raises.

        Raises Unavailable when the database does not answer or asks to try again, Conflict when a unique key is
        taken. After Unavailable from the commit itself, the transaction may have happened.
        """
        with translated():
            async with self._engine.begin() as connection:
                yield Transaction(connection)

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Transaction]:
        """Open a connection on which each statement is its own transaction, as CREATE DATABASE asks."""
        with translated():
            async with self._engine.connect() as connection:
                yield Transaction(await connection.execution_options(isolation_level="AUTOCOMMIT"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


@contextmanager
def session(url: str, *, application_name: str) -> Iterator[Connection]:
    """Open one connection for blocking use, in one transaction (migrations); errors as in ``Database``."""
    engine = create_engine(_driver_url(url), poolclass=NullPool, connect_args=_connect_arguments(application_name))
    try:
        with translated(), engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def jsonb(value: Any) -> Jsonb:
    """Return ``value`` as a parameter that is stored as jsonb, where its type alone does not say so (lists)."""
    return Jsonb(value)


def prepared(sql: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a statement and its parameters as the driver takes them.

    Only names that are given are parameters, so casts, times and URLs in the text keep their colons.
    """
    statement = PARAMETER.sub(
        lambda found: f"%({found[1]})s" if found[1] in params else found[0], sql.replace("%", "%%")
    )
    return statement, {name: _adapt(value) for name, value in params.items()}


def _adapt(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Jsonb(dict(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        items = list(value)
        return Jsonb(items) if any(isinstance(item, Mapping) for item in items) else items
    return value


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of the driver that are foreseeable into ours; leave those that are bugs."""
    try:
        yield
    except PoolTimeoutError as error:
        message = f"no database connection became free within {POOL_TIMEOUT_SECONDS:.0f} s"
        raise Unavailable(message, hint="the centre is overloaded: try again") from error
    except DBAPIError as error:
        known = _known(error)
        if known is None:
            raise
        raise known from error
    except psycopg.OperationalError as error:
        raise _unavailable(error) from error


def _known(error: DBAPIError) -> ChittyOpsError | None:
    cause = error.orig
    code = getattr(cause, "sqlstate", None) or ""
    if isinstance(error, IntegrityError) and isinstance(cause, psycopg.Error) and code == UNIQUE_VIOLATION:
        return Conflict(f"there is one already: {cause.diag.table_name} ({cause.diag.constraint_name})")
    if isinstance(cause, psycopg.Error) and code == INSUFFICIENT_PRIVILEGE:
        said = cause.diag.message_primary or "permission denied"
        return Refused(f"the database refuses: {said}", hint="log in as a role that may do it, or grant it the right")
    lost = error.connection_invalidated or (isinstance(error, (OperationalError, InterfaceError)) and not code)
    return _unavailable(cause) if lost or code.startswith(TRANSIENT) else None


def _unavailable(cause: BaseException | None) -> Unavailable:
    lines = str(cause).strip().splitlines()
    reason = lines[0] if lines else "the connection was lost"
    return Unavailable(
        f"the database does not answer: {reason}",
        hint="run `chittyops up`, or look at CHITTYOPS_DATABASE_URL if you have set it",
    )


def _driver_url(url: str) -> URL:
    """Return the URL with our driver named in it. Raises Misconfigured, without the URL: it holds a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise Misconfigured(
            "the database URL is not one of PostgreSQL", hint="write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        )
    return parsed.set(drivername="postgresql+psycopg")


def _connect_arguments(application_name: str) -> dict[str, Any]:
    return {
        "application_name": application_name,
        "options": f"-c search_path={SCHEMA},public -c timezone=UTC",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
