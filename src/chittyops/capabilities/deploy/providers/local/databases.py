"""A role and a database for each database of a service, on the centre's own PostgreSQL server."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from chittyops.capabilities.deploy.model import Target
from chittyops.kernel.errors import Misconfigured, NotFound
from chittyops.kernel.secret import Secret
from chittyops.kernel.service import Database as ServiceDatabase
from chittyops.runtime.endpoints import DATABASE_VARIABLE, Endpoints
from chittyops.runtime.home import Home

if TYPE_CHECKING:
    from chittyops.runtime.postgres import Transaction

KEY = "agent_databases"
_MAX_NAME = 63
_NAME = re.compile(r"[a-z0-9_-]+")
_SCRAM_ITERATIONS = 4096


class Databases:
    """Makes databases, and knows their addresses.

    A password is the HMAC of the name under a key of this home, so that it is kept nowhere.
    """

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        self._home = home
        self._environ = environ
        self._lock = asyncio.Lock()

    def url(self, target: Target, name: str) -> Secret:
        """Return the connection URL of the database ``name`` of a service. Raises NotFound, Misconfigured."""
        known = {database.name: database for database in target.desired.service.databases}
        if name not in known:
            message = f"{target.name} has no database {name}"
            raise NotFound(message, hint=f"it has: {', '.join(known) or 'none'}")
        full = full_name(target, known[name])
        server = urlsplit(self._endpoints().database_url)
        host = server.netloc.rpartition("@")[2]
        login = f"{quote(full, safe='')}:{self._password(full)}@{host}"
        return Secret(urlunsplit(("postgresql", login, f"/{quote(full, safe='')}", server.query, "")))

    async def ensure(self, target: Target) -> None:
        """Make what is missing of the service's roles and databases."""
        served = [database for database in target.desired.service.databases if database.engine == "postgres"]
        if not served:
            return
        from chittyops.runtime.postgres import Database  # noqa: PLC0415 - half a second most agents never need

        async with self._lock:
            server = Database.connect(self._endpoints().database_url, application_name="chittyops-agent", pool_size=1)
            try:
                async with server.autocommit() as connection:
                    for database in served:
                        await self._ensure(connection, full_name(target, database))
            finally:
                await server.close()

    async def _ensure(self, connection: Transaction, name: str) -> None:
        """Make one role and one database of the same name, which only this role may use."""
        verifier = scram_verifier(self._password(name), secrets.token_bytes(16))
        role = await connection.row("SELECT 1 FROM pg_roles WHERE rolname = :name", name=name)
        verb = "ALTER" if role else "CREATE"
        await connection.run(
            f"{verb} ROLE \"{name}\" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{verifier}'",
        )
        me = await connection.row(
            "SELECT rolsuper AS super, current_database() AS database FROM pg_roles WHERE rolname = current_user",
        )
        if me is not None and not me["super"]:
            await connection.run(f'GRANT "{name}" TO CURRENT_USER')
        if not await connection.row("SELECT 1 FROM pg_database WHERE datname = :name", name=name):
            await connection.run(f'CREATE DATABASE "{name}" OWNER "{name}"')
        await connection.run(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        await self._shut_others(connection)

    async def _shut_others(self, connection: Transaction) -> None:
        """Take from PUBLIC the right to connect to databases that are the centre's: all, where the server is."""
        own_server = DATABASE_VARIABLE not in self._environ
        shut = await connection.rows(
            "SELECT datname FROM pg_database WHERE has_database_privilege('public', oid, 'CONNECT')"
            " AND (:own_server OR datname = current_database())",
            own_server=own_server,
        )
        for row in shut:
            name = row["datname"].replace('"', '""')
            await connection.run(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')

    def _endpoints(self) -> Endpoints:
        return Endpoints.of_servers(self._environ, self._home)

    def _password(self, name: str) -> str:
        key = self._home.credential(KEY).reveal().encode()
        return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()


def full_name(target: Target, database: ServiceDatabase) -> str:
    """Return the name of role and database: fleet, environment, service and database, shortened by a hash.

    The first three are DNS labels and hold no underscore, so no two services can meet. Raises Misconfigured.
    """
    if database.engine != "postgres":
        message = f"database {database.name}: the local provider has no engine {database.engine}"
        raise Misconfigured(message, hint="use engine: postgres")
    name = f"{target.fleet}_{target.environment}_{target.name}_{database.name.lower()}"
    if _NAME.fullmatch(name) is None:
        message = f"{database.name!r} is no name for a database"
        raise Misconfigured(message, hint="use letters, digits, dashes and underscores")
    if len(name) <= _MAX_NAME:
        return name
    return f"{name[: _MAX_NAME - 17]}_{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def scram_verifier(password: str, salt: bytes) -> str:
    """Return what PostgreSQL stores instead of a password, so that the password itself is in no statement.

    RFC 5802, section 3; https://www.postgresql.org/docs/current/catalog-pg-authid.html.
    """
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ITERATIONS)
    client = hmac.new(salted, b"Client Key", hashlib.sha256).digest()
    server = hmac.new(salted, b"Server Key", hashlib.sha256).digest()
    encoded = (base64.b64encode(part).decode() for part in (salt, hashlib.sha256(client).digest(), server))
    return "SCRAM-SHA-256$4096:{}${}:{}".format(*encoded)
