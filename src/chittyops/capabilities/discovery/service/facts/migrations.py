"""Files of database migrations: SQL, code of migration tools, and the journals that list them."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from msgspec.structs import replace

from chittyops.capabilities.discovery.model.facts import Facts, Journal, Migration
from chittyops.capabilities.discovery.service.facts import javascript, python_code
from chittyops.capabilities.discovery.service.facts.reading import document

_FOLDERS: Final = r"(?:[\w.-]*migrations?|migrate|drizzle|changelogs?)"
SURE: Final = rf"(?:.*/)?{_FOLDERS}/(?:[^/]+/){{0,2}}[^/]+\.sql|(?:.*/)?(?:V\d[\d._]*|R)__[^/]+\.sql"
"""Paths that are migrations whatever else is there; numbered files of other folders are where a tool is told so."""
SQL: Final = rf"{SURE}|(?:.*/)?\d{{3,17}}[-_][^/]+\.sql"
JAVASCRIPT: Final = rf"(?:.*/)?{_FOLDERS}/\d{{3,17}}[-_.][^/]+\.[cm]?[jt]s"
PYTHON: Final = r"(?:.*/)?(?:versions/[0-9a-z]{8,32}_[^/]+|migrations/\d{4}_[^/]+)\.py"
JOURNAL: Final = r"(?:.*/)?meta/_journal\.json"

_UNDONE: Final = re.compile(r"(?:[._-](?:down|undo|rollback|revert)|^down|^U\d[\d._]*__.*)$", re.IGNORECASE)
_FORWARD: Final = re.compile(r"[._-]up$", re.IGNORECASE)
_DATE: Final = re.compile(r"(\d{4}[-_.]\d{2}(?:[-_.]\d{2})?)(?!\d)[-_.]*(.*)")
_NUMBER: Final = re.compile(r"[VvRr]?(\d+(?:[._]\d+)*)(?=__)_+(.*)|(\d+)[-_. ]*(.*)")
_NAMED_DIALECT: Final = re.compile(r"[._-](pg|postgres(?:ql)?|neon|sqlite3?|d1|mysql|mariadb)$", re.IGNORECASE)
_COMMENTS: Final = re.compile(r"--[^\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*\*/")
_MARKS: Final = {
    "postgres": re.compile(
        r"\b(?:BIG|SMALL)?SERIAL\b|\bJSONB\b|\bTIMESTAMPTZ\b|\w::\s?[a-z]|'::\w|\bCREATE\s+EXTENSION\b|\bgen_random_uuid\s*\(|"
        r"\buuid_generate_v4\s*\(|\buuid\s+(?:PRIMARY|NOT\s+NULL|REFERENCES|DEFAULT)\b|\bWITH\s+TIME\s+ZONE\b|"
        r"\bplpgsql\b|\bCREATE\s+TYPE\b|\bAS\s+ENUM\b|\bUSING\s+(?:gin|gist|btree|hnsw|ivfflat)\b|\bTEXT\s?\[\]|"
        r"\bROW\s+LEVEL\s+SECURITY\b|\bDO\s+\$\$",
        re.IGNORECASE,
    ),
    "sqlite": re.compile(
        r"\bAUTOINCREMENT\b|^\s*PRAGMA\s+\w|\b(?:date)?time\s*\(\s*'now'|\bWITHOUT\s+ROWID\b|\bunixepoch\s*\(|"
        r"\bstrftime\s*\(|\bINSERT\s+OR\s+(?:IGNORE|REPLACE)\b|\bRAISE\s*\(\s*(?:ABORT|FAIL|IGNORE)\b|\bUSING\s+fts[345]\b",
        re.IGNORECASE | re.MULTILINE,
    ),
    "mysql": re.compile(
        r"\bAUTO_INCREMENT\b|\bENGINE\s*=\s*\w|\bON\s+DUPLICATE\s+KEY\b|\bTINYINT\s*\(|\butf8mb4\b|\bUNSIGNED\b",
        re.IGNORECASE,
    ),
}
_DIALECTS: Final = {"pg": "postgres", "neon": "postgres", "postgresql": "postgres", "d1": "sqlite", "mariadb": "mysql"}
_DESTRUCTIVE: Final = re.compile(
    r"\bDROP\s+(?:TABLE|COLUMN|SCHEMA|DATABASE)\b|^\s*TRUNCATE\b|\bDELETE\s+FROM\s+[\w.\"`]+\s*;",
    re.IGNORECASE | re.MULTILINE,
)
_REBUILD: Final = re.compile(r"\bRENAME\s+TO\b", re.IGNORECASE)
_SEARCHED: Final = 65_536
"""A migration tells its dialect in its first statements; what comes after is often data."""


def dialect_name(name: str) -> str:
    """Return our name for a dialect as tools call it: postgres, sqlite, mysql, or "" for others."""
    name = name.lower().partition("+")[0].removesuffix("3").removesuffix("2")
    name = {"turso": "sqlite", "libsql": "sqlite", "better-sqlite": "sqlite", "cockroachdb": "postgres"}.get(name, name)
    name = _DIALECTS.get(name, name)
    return name if name in _MARKS else ""


def sql(path: str, text: str) -> Facts:
    """Return the migration that an SQL file is, if it goes forward."""
    stem = posixpath.basename(path).rpartition(".")[0]
    if stem == "migration":  # prisma and drizzle 1: the folder bears number and name
        stem = posixpath.basename(posixpath.dirname(path))
    if _UNDONE.search(stem):
        return Facts(path, kind="data")
    number, name = _split(_FORWARD.sub("", stem))
    named = _NAMED_DIALECT.search(name)
    code = _COMMENTS.sub(" ", text[:_SEARCHED])
    dialect = dialect_name(named[1]) if named else _dialect(code)
    name = name[: named.start()] if named else name
    destructive = bool(_DESTRUCTIVE.search(code)) and not _REBUILD.search(code)
    return Facts(path, kind="data", migration=Migration(number, name, dialect, destructive))


def _split(stem: str) -> tuple[str, str]:
    """Return the number a file's name begins with ("" for none), and the rest of it."""
    if date := _DATE.fullmatch(stem):
        return date[1], date[2]
    match = _NUMBER.fullmatch(stem)
    return (match[1] or match[3], match[2] or match[4] or "") if match else ("", stem)


def _dialect(code: str) -> str:
    """Return the one dialect that ``code`` has marks of, "" where there is none or several."""
    found = [dialect for dialect, marks in _MARKS.items() if marks.search(code)]
    return found[0] if len(found) == 1 else ""


def script(path: str, text: str) -> Facts:
    """Return the migration that a module of knex, sequelize, TypeORM or their like is, with what its code tells."""
    number, name = _split(posixpath.basename(path).rpartition(".")[0])
    return replace(javascript.read(path, text), migration=Migration(number, name))


def python(path: str, text: str) -> Facts:
    """Return the migration that a module of alembic or Django is, with what its code tells."""
    number, _, name = posixpath.basename(path).removesuffix(".py").partition("_")
    revision = "versions" in posixpath.dirname(path).split("/")
    return replace(python_code.read(path, text), migration=Migration("" if revision else number, name))


def journal(path: str, text: str) -> Facts:
    """Return the journal of drizzle at ``path``."""
    found, problems = document(path, text)
    entries = found.data.get("entries")
    tags = [
        (each["tag"], found.positions.get(("entries", at, "tag"), (1, 1))[0])
        for at, each in enumerate(entries if isinstance(entries, list) else ())
        if isinstance(each, dict) and isinstance(each.get("tag"), str)
    ]
    dialect = dialect_name(str(found.data.get("dialect", "")))
    # A journal that cannot be read lists nothing that one could compare with.
    listed = Journal("drizzle", dialect, tuple(tags)) if isinstance(entries, list) and not problems else None
    return Facts(path, kind="config", journal=listed, problems=problems)
