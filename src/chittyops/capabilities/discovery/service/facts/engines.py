"""Which database a driver is for."""

from __future__ import annotations

import re
from typing import Final

from chittyops.capabilities.discovery.model.facts import Import

_NODE: Final = {
    "postgres": r"pg(?:-pool|-promise|-native)?|postgres|slonik|@neondatabase/serverless|@vercel/postgres|"
    r"drizzle-orm/(?:pg-core|node-postgres|postgres-js|neon-http|neon-serverless|vercel-postgres|pglite)|"
    r"@electric-sql/pglite",
    "sqlite": r"better-sqlite3|sqlite3?|(?:bun|node):sqlite|@libsql/client(?:/.*)?|sql\.js|"
    r"drizzle-orm/(?:better-sqlite3|libsql|bun-sqlite|sql-js)",
    "d1": r"drizzle-orm/d1",
    "mysql": r"mysql2?(?:/promise)?|mariadb|@planetscale/database|"
    r"drizzle-orm/(?:mysql2|mysql-core|planetscale-serverless)",
    "redis": r"redis|ioredis|@upstash/redis(?:/.*)?|@redis/client|@vercel/kv",
    "mongodb": r"mongodb|mongoose|@typegoose/.*",
}
_PYTHON: Final = {
    "postgres": r"psycopg2?|psycopg_pool|asyncpg|pg8000|aiopg",
    "sqlite": r"sqlite3|aiosqlite|libsql(?:_experimental|_client)?",
    "mysql": r"pymysql|MySQLdb|aiomysql|asyncmy|mysql\.connector|mariadb",
    "redis": r"redis|aioredis|valkey",
    "mongodb": r"pymongo|motor|mongoengine|beanie",
}


def _joined(table: dict[str, str], suffix: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{engine}>(?:{drivers}){suffix})" for engine, drivers in table.items()))


_TABLES: Final = {"node": _joined(_NODE, ""), "python": _joined(_PYTHON, r"(?:\..*)?")}


def engines(ecosystem: str, imports: tuple[Import, ...]) -> tuple[tuple[str, int], ...]:
    """Return the engines that ``imports`` of the ``ecosystem`` (node or python) have drivers for, with their lines."""
    found: dict[str, int] = {}
    for each in imports:
        name = each.specifier.removeprefix("npm:") if ecosystem == "node" else each.specifier
        driver = _TABLES[ecosystem].fullmatch(name)
        if driver and driver.lastgroup:
            found.setdefault(driver.lastgroup, each.line)
    return tuple(found.items())
