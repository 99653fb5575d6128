"""Migrations."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from chittyops.kernel.errors import Refused
from chittyops.runtime import migrate
from chittyops.runtime.postgres import Database, session


async def clear(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run("DROP SCHEMA chittyops CASCADE")


async def test_the_schema_is_made_by_one_of_many_that_start_at_a_time(database: Database, database_url: str) -> None:
    await clear(database)
    done = await asyncio.gather(*(asyncio.to_thread(migrate.upgrade, database_url) for _ in range(4)))
    assert sorted(done) == [False, False, False, True]
    async with database.transaction() as tx:
        assert await tx.row("SELECT version_num FROM alembic_version") == {"version_num": migrate._newest()}
        assert await tx.rows("SELECT * FROM release") == []
        assert await tx.row("SELECT to_regclass('public.alembic_version') AS name") == {"name": None}


def test_an_up_to_date_schema_is_left_alone(database_url: str) -> None:
    assert migrate.upgrade(database_url) is False


async def test_a_migration_that_fails_leaves_nothing(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clear(database)
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "env.py").write_bytes((migrate.VERSIONS.parent / "env.py").read_bytes())
    (versions / "0001_broken.py").write_text(
        "from alembic import op\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (a int)')\n    op.execute('SELECT 1/0')\n"
    )
    monkeypatch.setattr(migrate, "VERSIONS", versions)
    with pytest.raises(Exception, match="division by zero"):
        migrate.upgrade(database_url)
    async with database.transaction() as tx:
        assert await tx.row("SELECT to_regnamespace('chittyops') AS name") == {"name": None}


def test_a_database_of_a_newer_release_is_refused(database_url: str) -> None:
    with session(database_url, application_name="test") as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refused, match="another release"):
        migrate.upgrade(database_url)


def test_history_cannot_be_changed(database_url: str) -> None:
    insert = text("INSERT INTO audit (at, actor, action, target, detail) VALUES (now(), 'a', 'b', 'c', '{}')")
    with session(database_url, application_name="test") as connection:
        connection.execute(insert)
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
        with (
            pytest.raises(Exception, match="append-only"),
            session(database_url, application_name="test") as connection,
        ):
            connection.execute(text(statement))
