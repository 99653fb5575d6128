"""The migrations in a folder, and those that its journal lists."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

_ENDINGS: Final = (".sql", ".py", ".js", ".ts", ".mjs", ".cjs")
_JOURNAL: Final = Path("meta") / "_journal.json"
_MOST_BYTES: Final = 1 << 22


def folder(path: Path) -> tuple[tuple[str, ...], frozenset[str] | None]:
    """Return the migrations in ``path`` by name, and what its journal lists (drizzle's); None without a journal."""
    try:
        with os.scandir(path) as entries:
            names = sorted(each.name for each in entries if _is_migration(each))
    except OSError:
        return (), None
    return tuple(names), _listed(path / _JOURNAL)


def _is_migration(entry: os.DirEntry[str]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return Path(entry.path, "migration.sql").is_file()
    return entry.name.endswith(_ENDINGS) and not entry.name.startswith("__")


def _listed(journal: Path) -> frozenset[str] | None:
    try:
        if not journal.is_file() or journal.stat().st_size > _MOST_BYTES:
            return None
        data: Any = json.loads(journal.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    entries = data.get("entries") if isinstance(data, dict) else None
    rows = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return frozenset(str(each.get("tag")) for each in rows)
