"""Brings the schema of the centre's database up to date: all of it in one transaction, one process at a time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sqlalchemy import Connection, text

from chittyops.kernel.errors import ChittyOpsError, Refused
from chittyops.runtime.endpoints import Endpoints
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import SCHEMA, session

LOCK = 0x63687474_79_0A1E
"""Key of the advisory lock of whoever migrates: an arbitrary number that nothing else uses."""
LOCK_TIMEOUT_SECONDS = 60
VERSIONS = Path(__file__).parent / "migrations" / "versions"


def upgrade(database_url: str) -> bool:
    """Create the schema and run the migrations it lacks; return whether there were any.

    Raises Unavailable when the database does not answer, Refused when a newer release has been here.
    """
    with session(database_url, application_name="chittyops-migrate") as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if _version(connection) == _newest():
            return False
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        _run(connection)
        return True


def _version(connection: Connection) -> str | None:
    table = connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.alembic_version"})
    if table is None:
        return None
    found = connection.scalar(text(f"SELECT version_num FROM {SCHEMA}.alembic_version"))  # noqa: S608 - a constant
    return None if found is None else str(found)


def _newest() -> str:
    """Return the last revision, from the names of the files (``NNNN_title.py``): Alembic takes 0.3 s to load."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def _run(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - only when there is something to do
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Refused(
            f"the database is of another release of ChittyOps: {error}", hint="install the release that made it"
        ) from error


def main() -> int:
    """Migrate the database of this home; return the exit code."""
    try:
        upgrade(Endpoints.of_servers(os.environ, Home.locate(os.environ)).database_url)
    except ChittyOpsError as error:
        hint = f" hint: {error.hint}" if error.hint else ""
        sys.stderr.write(f"error: {error.message}.{hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
