"""Migrations that may not be applied yet."""

from __future__ import annotations

import json
from pathlib import Path

from chittyops.capabilities.awareness.model.context import Base
from chittyops.capabilities.awareness.model.project import KnownMigrations
from chittyops.capabilities.awareness.providers.migrations import folder
from chittyops.capabilities.awareness.service.migrations import WHAT_FILES_SAY, state

KNOWN = KnownMigrations("api/drizzle", "drizzle", "journaled", "orders")
SINCE = Base("deployment", "shop-3", "2030-01-01T00:00:00+00:00")


def test_the_journal_is_compared_with_the_files(tmp_path: Path) -> None:
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/_journal.json").write_text(json.dumps({"entries": [{"tag": "0000_a"}, {"idx": 1}, 7]}))
    for name in ("0000_a.sql", "0001_b.sql", "README.md", "__init__.py"):
        (tmp_path / name).write_text("")
    names, listed = folder(tmp_path)
    found = state(KNOWN, names, listed, (), SINCE)
    assert (found.count, found.unlisted, found.pending, found.remark) == (2, ("0001_b.sql",), (), WHAT_FILES_SAY)


def test_what_came_since_the_deployment_is_pending() -> None:
    changed = {"api/drizzle/0002_c.sql", "api/src/x.ts"}
    found = state(KNOWN, ("0001_b.sql", "0002_c.sql"), None, changed, SINCE)
    assert (found.pending, found.remark) == (("0002_c.sql",), "pending: came since the deployment")


def test_a_whole_new_folder_and_a_folder_for_each_migration_count(tmp_path: Path) -> None:
    (tmp_path / "1_init").mkdir()
    (tmp_path / "1_init/migration.sql").write_text("")
    assert folder(tmp_path) == (("1_init",), None)
    assert state(KNOWN, ("1_init",), None, {"api/"}, Base()).pending == ("1_init",)
    assert state(KNOWN, ("1_init",), None, {"api/drizzle/1_init/migration.sql"}, Base()).pending == ("1_init",)
    assert state(KNOWN, ("1_init",), None, {"api/drizzle/10/", "apis/"}, Base()).pending == ()


def test_a_folder_or_journal_that_is_not_there_or_broken_is_none(tmp_path: Path) -> None:
    assert folder(tmp_path / "none") == ((), None)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/_journal.json").write_text("[" * 100_000)
    assert folder(tmp_path) == ((), None)
    (tmp_path / "meta/_journal.json").write_text('{"entries": 5}')
    assert folder(tmp_path) == ((), frozenset())
    assert state(KnownMigrations("m", "drizzle", "push-only"), (), None, (), SINCE).remark.startswith(
        "the schema is pushed"
    )
