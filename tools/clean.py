"""Remove everything that can be made again: the environment, caches, reports."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MADE = (
    ".venv",
    ".coverage",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "dist",
    "htmlcov",
)
SOURCES = ("src", "tests", "tools", "bench", "examples")


def main() -> None:
    """Remove them, those that are there."""
    caches = (cache for source in SOURCES for cache in (ROOT / source).rglob("__pycache__"))
    for path in (*(ROOT / name for name in MADE), *ROOT.glob(".coverage.*"), *caches):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
