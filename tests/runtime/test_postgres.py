"""The door to PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from sqlalchemy.exc import DBAPIError

from chittyops.kernel.errors import Conflict, Misconfigured, Refused, Unavailable
from chittyops.runtime.postgres import Database, jsonb


class Colour(StrEnum):
    RED = "red"


async def test_parameters_keep_their_values(database: Database) -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    async with database.transaction() as tx:
        row = await tx.row(
            """
            SELECT :text::text AS text, :number + 1 AS number, :at::timestamptz AS at, :document::jsonb AS document,
                :names::text[] AS names, :none::text AS none, :flag::boolean AS flag, :items::jsonb AS items,
                :colour::text AS colour, :colour || '!' AS again
            """,
            text="50% of ':text' \\ \"é\"", number=41, at=at, document={"a": [1, {"b": None}]},
            names=("x", "y,{}"), none=None, flag=True, items=[{"a": 1}], colour=Colour.RED,
        )  # fmt: skip
    assert row == {
        "text": "50% of ':text' \\ \"é\"", "number": 42, "at": at, "document": {"a": [1, {"b": None}]},
        "names": ["x", "y,{}"], "none": None, "flag": True, "items": [{"a": 1}], "colour": "red", "again": "red!",
    }  # fmt: skip


async def test_dicts_and_lists_go_into_columns_of_their_kind(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run("CREATE TABLE kept (document jsonb, names text[], items jsonb)")
        await tx.run("INSERT INTO kept VALUES (:document, :names, :items)", document={}, names=["a"], items=jsonb([]))
        assert await tx.rows("SELECT * FROM kept WHERE 'a' = ANY(names)") == [
            {"document": {}, "names": ["a"], "items": []}
        ]
        assert await tx.rows("SELECT 1 AS one FROM kept WHERE names[1] = ANY(:names)", names=["b", "a"]) == [{"one": 1}]


async def test_colons_that_are_no_parameters_stay(database: Database) -> None:
    async with database.transaction() as tx:
        row = await tx.row("SELECT 'a:b' AS a, to_char(:at::timestamptz, 'HH24:MI') AS b, 7 % 4 AS c",
                           at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))  # fmt: skip
    assert row == {"a": "a:b", "b": "03:04", "c": 3}


async def test_no_row_is_none_and_run_counts(database: Database) -> None:
    async with database.transaction() as tx:
        assert await tx.row("SELECT 1 AS one WHERE false") is None
        assert await tx.run("INSERT INTO api_token (id, name, role, hash, created_at) SELECT n, n, n, n, now() "
                            "FROM unnest(:names::text[]) AS n", names=["a", "b"]) == 2  # fmt: skip


async def test_unqualified_names_mean_our_schema_and_times_are_utc(database: Database) -> None:
    async with database.transaction() as tx:
        assert await tx.row("SELECT current_schema() AS s, current_setting('timezone') AS z") == {
            "s": "chittyops",
            "z": "UTC",
        }
        assert await tx.rows("SELECT * FROM outbox") == []


async def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    async def change_then_fail() -> None:
        async with database.transaction() as tx:
            await tx.run("CREATE TABLE gone (a integer)")
            raise KeyError

    with pytest.raises(KeyError):
        await change_then_fail()
    async with database.transaction() as tx:
        assert await tx.row("SELECT to_regclass('gone') AS name") == {"name": None}


async def test_a_taken_unique_key_is_a_conflict_that_names_it(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run("CREATE TABLE once (name text CONSTRAINT once_name UNIQUE)")
    with pytest.raises(Conflict, match=r"once \(once_name\)"):
        async with database.transaction() as tx:
            await tx.run("INSERT INTO once VALUES ('secret value'), ('secret value')")


async def test_what_a_role_may_not_do_is_refused_and_said(database: Database) -> None:
    async def make_role() -> None:
        async with database.transaction() as tx:
            await tx.run("SET LOCAL ROLE pg_monitor")
            await tx.run("CREATE ROLE other PASSWORD 'secret value'")

    with pytest.raises(Refused, match=r"permission denied to create role$"):
        await make_role()


async def test_a_unique_key_checked_at_the_commit_is_a_conflict_too(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run("CREATE TABLE late (name text UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(Conflict):
        async with database.transaction() as tx:
            await tx.run("INSERT INTO late VALUES ('a'), ('a')")


async def test_a_mistake_in_the_statement_stays_what_it_is(database: Database) -> None:
    with pytest.raises(DBAPIError, match="syntax error"):
        async with database.transaction() as tx:
            await tx.rows("SELEC 1")


async def test_a_lost_connection_is_unavailable_and_the_next_one_works(database: Database) -> None:
    with pytest.raises(Unavailable):
        async with database.transaction() as tx:
            await tx.rows("SELECT pg_terminate_backend(pg_backend_pid())")
    async with database.transaction() as tx:
        assert await tx.row("SELECT 1 AS one") == {"one": 1}


async def test_connections_that_were_lost_while_idle_are_not_noticed(database: Database, database_url: str) -> None:
    async with database.transaction() as tx:
        row = await tx.row("SELECT pg_backend_pid() AS pid")
    assert row
    other = Database.connect(database_url, application_name="other")
    async with other.transaction() as tx:
        await tx.rows("SELECT pg_terminate_backend(:pid)", pid=row["pid"])
    await other.close()
    async with database.transaction() as tx:
        assert await tx.row("SELECT 1 AS one") == {"one": 1}


async def test_a_deadlock_is_unavailable_for_one_of_the_two(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run("CREATE TABLE pair (id integer, n integer)")
        await tx.run("INSERT INTO pair VALUES (1, 0), (2, 0)")
    both_hold = asyncio.Barrier(2)

    async def update(first: int, second: int) -> None:
        async with database.transaction() as tx:
            await tx.run("UPDATE pair SET n = n + 1 WHERE id = :id", id=first)
            await both_hold.wait()
            await tx.run("UPDATE pair SET n = n + 1 WHERE id = :id", id=second)

    ends = await asyncio.gather(update(1, 2), update(2, 1), return_exceptions=True)
    assert [type(end) for end in ends if end] == [Unavailable]


async def test_a_server_that_is_not_there_is_unavailable_and_the_password_does_not_show() -> None:
    database = Database.connect("postgresql://u:pass-word@127.0.0.1:1/d", application_name="test")
    with pytest.raises(Unavailable, match="does not answer") as caught:
        async with database.transaction() as tx:
            await tx.rows("SELECT 1")
    await database.close()
    assert "pass-word" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("url", ["mysql://u:pass-word@h/d", "pass-word", "postgresql://u:pass-word@h:port/d", ""])
def test_a_url_of_something_else_is_a_clear_error_without_its_password(url: str) -> None:
    with pytest.raises(Misconfigured, match="not one of PostgreSQL") as caught:
        Database.connect(url, application_name="test")
    assert "pass-word" not in str(caught.value)
