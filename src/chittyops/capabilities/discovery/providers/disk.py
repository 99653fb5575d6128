"""A workspace on disk, walked without following links."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chittyops.capabilities.discovery.ports import Entry, EntryKind

NEVER_ENTERED: Final = frozenset({
    ".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", ".venv", "venv", "site-packages", "__pycache__",
    ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".cache", ".turbo", ".nx", ".next", ".nuxt",
    ".svelte-kit", ".wrangler", ".vercel", ".netlify", ".terraform", "dist", "build", "out", "target", "coverage",
})  # fmt: skip
"""Other people's code, caches and build output: what is deployed from there is made from what is read elsewhere."""


@dataclass(frozen=True, slots=True)
class DiskWorkspace:
    """The files below ``root``."""

    root: Path

    def walk(self) -> Iterator[Entry]:
        """Yield every file, sorted, and the folders that are repositories; links are not followed."""
        stack = [""]
        while stack:
            folder = stack.pop()
            try:
                with os.scandir(self.root / folder) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError:
                yield Entry(_shown(folder), EntryKind.UNREADABLE)
                continue
            if any(entry.name == ".git" for entry in found):
                yield Entry(_shown(folder.rstrip("/")), EntryKind.REPOSITORY)
            inner = []
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in NEVER_ENTERED:
                        inner.append(f"{folder}{entry.name}/")
                elif met := _met(folder, entry):
                    yield met
            stack.extend(reversed(inner))

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None where it cannot be read."""
        try:
            return (self.root / os.fsdecode(path.encode("utf-8", "surrogateescape"))).read_bytes()
        except OSError:
            return None


def _shown(path: str) -> str:
    return path or "."


def _met(folder: str, entry: os.DirEntry[str]) -> Entry | None:
    path = folder + entry.name
    if entry.is_symlink():
        # A link within the workspace leads to what is visited anyway; one that leads out is not followed.
        return None if os.path.lexists(os.path.realpath(entry.path)) else Entry(path, EntryKind.BROKEN_LINK)
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return Entry(path, EntryKind.UNREADABLE)
    return Entry(path, EntryKind.FILE, status.st_size) if stat.S_ISREG(status.st_mode) else None
