"""Migrations: what files, journals and configurations tell, and what is wrong with a folder of them."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from chittyops.capabilities.discovery.model.facts import Facts, Leak, Migration
from chittyops.capabilities.discovery.service import migrations
from chittyops.capabilities.discovery.service.facts import database_tools
from chittyops.capabilities.discovery.service.facts import migrations as files
from chittyops.capabilities.discovery.service.facts.registry import by_path
from chittyops.capabilities.discovery.service.problems import leaks
from chittyops.capabilities.discovery.service.problems import migrations as problems
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding, Migrations

POSTGRES = "CREATE TABLE a (id SERIAL PRIMARY KEY, at TIMESTAMPTZ);"
SQLITE = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT DEFAULT (datetime('now')));"
DRIZZLE = 'export default { dialect: "postgresql", schema: "./src/schema.ts", out: "./migrations" };'


def world(texts: dict[str, str]) -> World:
    """Return what is seen of a workspace with these files."""
    read = {path: by_path(path) for path in texts}
    facts = {path: each(path, texts[path]) for path, each in read.items() if each}
    return World("w", frozenset(texts), (".",), facts)


def journal(*tags: str) -> str:
    return json.dumps(
        {"dialect": "postgresql", "entries": [{"idx": n, "tag": tag} for n, tag in enumerate(tags)]}, indent=1
    )


def found(texts: dict[str, str]) -> list[str]:
    return [each.code for each in problems.find(world(texts))]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("migrations/0001_init.sql", POSTGRES, Migration("0001", "init", "postgres")),
        ("db/migrations/20240102030405_add_users.sql", SQLITE, Migration("20240102030405", "add_users", "sqlite")),
        (
            "sql/V1_2__add.sql",
            "CREATE TABLE a (id INT AUTO_INCREMENT) ENGINE=InnoDB;",
            Migration("1_2", "add", "mysql"),
        ),
        (
            "prisma/migrations/20240101000000_x/migration.sql",
            "DROP TABLE a;",
            Migration("20240101000000", "x", "", True),
        ),
        ("migrations/000001_a.up.sql", "SELECT 1;", Migration("000001", "a")),
        ("migrations/2026_05_costs.sql", "SELECT 1;", Migration("2026_05", "costs")),
        ("migrations/0002_a.sqlite.sql", "SELECT 1;", Migration("0002", "a", "sqlite")),
        ("migrations/0003_a.sql", "-- SERIAL, AUTOINCREMENT\nSELECT 1;", Migration("0003", "a")),
        ("migrations/0004_a.sql", f"{POSTGRES}\n{SQLITE}", Migration("0004", "a")),
        ("migrations/0005_a.sql", "DROP TABLE a; ALTER TABLE b RENAME TO a;", Migration("0005", "a")),
        ("migrations/seed.sql", "SELECT 1;", Migration("", "seed")),
        ("migrations/20240102_a.ts", "export async function up() {}", Migration("20240102", "a")),
        ("alembic/versions/1a2b3c4d5e6f_add.py", "revision = '1a2b3c4d5e6f'", Migration("", "add")),
        ("app/migrations/0001_initial.py", "class Migration: ...", Migration("0001", "initial")),
        ("migrations/000001_a.down.sql", "DROP TABLE a;", None),
        ("migrations/0001_a.rollback.sql", "DROP TABLE a;", None),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" in value else "",
)
def test_a_file_tells_its_number_name_and_dialect(path: str, text: str, expected: Migration | None) -> None:
    read = by_path(path)
    assert read is not None
    assert read(path, text).migration == expected


def test_a_journal_tells_its_entries_and_their_lines() -> None:
    facts = files.journal("drizzle/meta/_journal.json", journal("0000_a", "0001_b"))
    assert facts.journal is not None
    assert (facts.journal.dialect, facts.journal.entries) == ("postgres", (("0000_a", 6), ("0001_b", 10)))


def test_a_journal_that_cannot_be_read_lists_nothing() -> None:
    facts = files.journal("drizzle/meta/_journal.json", '{"entries": [{"tag": "0000_a"')
    assert facts.journal is None
    assert [each.code for each in facts.problems] == ["unparsable"]


def test_tools_tell_dialect_folder_and_variable() -> None:
    drizzle = database_tools.drizzle(
        "drizzle.config.ts", f"{DRIZZLE}\nconst url = process.env.DATABASE_URL;"
    ).database_config
    prisma = database_tools.prisma(
        "prisma/schema.prisma", 'datasource db {\n  provider = "mysql"\n  url = env("DB_URL")\n}\n'
    ).database_config
    alembic = database_tools.alembic(
        "alembic.ini", "[alembic]\nscript_location = %(here)s/db\nsqlalchemy.url = sqlite:///a"
    )
    knex = database_tools.knex("knexfile.js", "module.exports = { client: 'pg', migrations: { directory: './sql' } };")
    assert drizzle is not None
    assert (drizzle.dialect, drizzle.folder, drizzle.schema, drizzle.variable) == (
        "postgres",
        "migrations",
        "src/schema.ts",
        "DATABASE_URL",
    )
    assert prisma is not None
    assert (prisma.dialect, prisma.variable) == ("mysql", "DB_URL")
    assert alembic.database_config is not None
    assert (alembic.database_config.folder, alembic.database_config.dialect) == ("db/versions", "sqlite")
    assert knex.database_config is not None
    assert (knex.database_config.folder, knex.database_config.dialect) == ("sql", "postgres")
    assert database_tools.supabase("supabase/config.toml", "project_id = 'x'").database_config is not None
    assert database_tools.neon(".neon", "{}").database_config is not None


def test_what_the_journal_does_not_list_is_one_problem_of_the_folder() -> None:
    texts = {
        "migrations/0000_a.sql": POSTGRES,
        "migrations/0001_b.sql": POSTGRES,
        "migrations/0002_c.sql": POSTGRES,
        "migrations/seed.sql": POSTGRES,
        "migrations/meta/_journal.json": journal("0000_a", "0009_gone"),
    }
    unjournaled, missing = problems.find(world(texts))
    assert (unjournaled.code, unjournaled.path) == ("migration-unjournaled", "migrations/meta/_journal.json")
    assert "0001_b.sql, 0002_c.sql" in unjournaled.message
    assert "seed" not in unjournaled.message
    assert (missing.code, missing.line) == ("migration-file-missing", 10)
    assert migrations.folders(world(texts)) == (("migrations", Migrations("migrations", "drizzle", 4, "unjournaled")),)


def test_two_files_of_one_number_are_a_problem_and_a_pair_is_not() -> None:
    assert found({"migrations/001_a.sql": "", "migrations/001_b.sql": ""}) == ["migration-duplicate-number"]
    assert found({"migrations/01_a.up.sql": "", "migrations/01_a.down.sql": ""}) == []
    assert found({"migrations/0001_a.pg.sql": POSTGRES, "migrations/0001_a.sqlite.sql": SQLITE}) == []
    assert found({"a/migrations/001_a.sql": "", "b/migrations/001_b.sql": ""}) == []


def test_dates_are_no_numbers() -> None:
    assert found({"migrations/2026_05_a.sql": "", "migrations/2026_05_b.sql": ""}) == []
    assert found({"migrations/20260501_a.sql": "", "migrations/20260501_b.sql": ""}) == []
    assert found({"migrations/2026-05-01-a.sql": "", "migrations/2026-05-01-b.sql": ""}) == []


def test_a_number_that_is_missing_is_told() -> None:
    (gap,) = problems.find(world({f"migrations/{n:04}_x{n}.sql": "" for n in (1, 2, 4, 5)}))
    assert (gap.code, gap.severity, gap.path) == ("migration-gap", "info", "migrations/0004_x4.sql")
    assert "0003" in gap.message
    assert found({f"migrations/{n:04}_x{n}.sql": "" for n in (10, 20, 30, 40)}) == []


def test_two_dialects_in_one_folder_are_told_at_the_odd_file() -> None:
    texts = {"migrations/1_a.sql": SQLITE, "migrations/2_b.sql": SQLITE, "migrations/3_c.sql": POSTGRES}
    (mixed,) = problems.find(world(texts))
    assert (mixed.code, mixed.path) == ("migration-mixed-dialects", "migrations/3_c.sql")


def test_a_schema_that_is_only_pushed_is_told() -> None:
    texts = {"drizzle.config.ts": DRIZZLE, "package.json": '{"name": "a", "scripts": {"db:push": "drizzle-kit push"}}'}
    assert found(texts) == ["push-only-schema"]
    assert migrations.folders(world(texts)) == (("migrations", Migrations("migrations", "drizzle", 0, "push-only")),)
    texts["migrations/0000_a.sql"] = POSTGRES
    assert found(texts) == []


@pytest.mark.parametrize(
    ("texts", "tool"),
    [
        ({"supabase/migrations/20240101000000_a.sql": ""}, "supabase"),
        ({"prisma/migrations/20240101000000_a/migration.sql": ""}, "prisma"),
        ({"alembic/versions/1a2b3c4d5e6f_a.py": ""}, "alembic"),
        ({"app/migrations/0001_a.py": ""}, "django"),
        ({"migrations/V1__a.sql": ""}, "flyway"),
        ({"migrations/20240101_a.js": ""}, "knex"),
        ({"migrations/0001_a.sql": ""}, "sql"),
        (
            {
                "migrations/0001_a.sql": SQLITE,
                "wrangler.toml": 'name = "a"\nmain = "a.ts"\n[[d1_databases]]\nbinding = "DB"\ndatabase_id = "x"\n',
            },
            "wrangler",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_folder_tells_its_tool(texts: dict[str, str], tool: str) -> None:
    assert [each.tool for _, each in migrations.folders(world(texts))] == [tool]


def test_a_leak_is_told_once_a_file_without_its_value() -> None:
    leak = Leak("github-token", 3, 7, "0123456789abcdef")
    paths = {"a/.env": (leak, replace(leak, line=9)), "b/.env": (leak,), "tests/x.test.ts": (leak,)}
    facts = {path: Facts(path, leaks=each) for path, each in paths.items()}
    first, second, test = leaks.find(World("w", frozenset(paths), (".",), facts))
    message = "a credential is committed: github-token, fingerprint 0123456789abcdef; it is in 3 files"
    assert first == Finding("committed-credential", "error", "a/.env", message, 3, 7, first.hint)
    assert (second.path, second.severity) == ("b/.env", "error")
    assert (test.path, test.severity) == ("tests/x.test.ts", "warning")


def test_numbers_of_three_digits_are_counted_too() -> None:
    (gap,) = problems.find(world({f"migrations/{n:03}_x{n}.sql": "" for n in (1, 2, 4, 5)}))
    assert (gap.code, gap.path) == ("migration-gap", "migrations/004_x4.sql")
    assert found({f"migrations/{n:03}_x{n}.sql": "" for n in (10, 20, 30, 40)}) == []


def test_a_worker_tells_where_its_migrations_are() -> None:
    config = (
        'name = "shop"\nmain = "a.ts"\ncompatibility_date = "2026-01-01"\n'
        '[[d1_databases]]\nbinding = "DB"\nmigrations_dir = "db/schema"\n'
    )
    texts = {"a/wrangler.toml": config, "a/db/schema/0001_a.sql": SQLITE, "a/notes/0001_b.sql": SQLITE}
    assert migrations.folders(world(texts)) == (("a/db/schema", Migrations("a/db/schema", "wrangler", 1, "files")),)
    empty = migrations.folders(world({"a/wrangler.toml": config}))
    assert empty == (("a/db/schema", Migrations("a/db/schema", "wrangler", 0, "empty")),)


def test_the_migrations_of_a_package_within_are_not_those_of_the_one_around() -> None:
    texts = {
        "drizzle.config.ts": DRIZZLE,
        "package.json": '{"name": "a", "scripts": {"db:push": "drizzle-kit push"}}',
        "inner/drizzle.config.ts": DRIZZLE,
        "inner/package.json": '{"name": "b"}',
        "inner/migrations/0000_a.sql": POSTGRES,
    }
    assert found(texts) == ["push-only-schema"]
    del texts["inner/package.json"]
    assert found(texts) == []


def test_a_schema_is_not_only_pushed_where_its_package_has_migrations() -> None:
    texts = {
        "db/package.json": '{"name": "db", "scripts": {"db:push": "prisma db push"}}',
        "db/schema/main.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n',
        "db/migration/20240101000000_a/migration.sql": POSTGRES,
        "db/migration/migration_lock.toml": "",
    }
    assert found(texts) == []


def test_made_up_passwords_of_tests_are_no_leaks_until_they_are_used_elsewhere() -> None:
    leak = Leak("password", 3, 5, "d" * 16)
    facts = {path: Facts(path, leaks=(leak,)) for path in ("web/login.test.ts", "tests/a.py")}
    assert list(leaks.find(World("w", frozenset(facts), (".",), facts))) == []
    facts["web/config.ts"] = Facts("web/config.ts", leaks=(leak,))
    assert {each.path for each in leaks.find(World("w", frozenset(facts), (".",), facts))} == set(facts)


def test_migrations_that_are_ordered_by_their_folders_whole_names_may_share_a_time() -> None:
    texts = {f"prisma/migrations/20240101000000_{name}/migration.sql": POSTGRES for name in ("index_1", "index_2")}
    assert found(texts) == []
