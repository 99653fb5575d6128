"""A workspace on disk, walked without following links."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pathspec

from chittyops.capabilities.discovery.ports import Entry, EntryKind
from chittyops.capabilities.discovery.providers.disk.git import Index, read_index

NEVER_ENTERED: Final = frozenset({
    ".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", ".venv", "venv", "site-packages", "__pycache__",
    ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".cache", ".turbo", ".nx", ".next", ".nuxt",
    ".svelte-kit", ".wrangler", ".vercel", ".netlify", ".terraform", "dist", "build", "out", "target", "coverage",
    ".yarn", ".chittyops", ".pnpm-store", ".gradle", ".expo", ".output", ".parcel-cache", "__MACOSX",
})  # fmt: skip
"""Other people's code, caches and build output: what is deployed from there is made from what is read elsewhere."""


@dataclass(frozen=True, slots=True)
class _Repository:
    """The repository that is being walked: what it tracks, and what it is told to ignore on the way down to here."""

    folder: str
    index: Index
    ignored: tuple[tuple[str, pathspec.GitIgnoreSpec], ...] = ()

    def holds(self, path: str, *, folder: bool) -> bool:
        """Return whether ``path`` is of interest: tracked, or not ignored.

        What is ignored and not tracked is local state, such as real ``.env`` files, and no part of the repository.
        Without an index nothing is known to be untracked.
        """
        if not self.index or path[len(self.folder) :] in (self.index.folders if folder else self.index.files):
            return True
        ending = "/" if folder else ""
        return not any(spec.match_file(path[len(base) :] + ending) for base, spec in self.ignored)

    def within(self, folder: str, root: Path) -> _Repository:
        """Return it with what the .gitignore in ``folder`` says."""
        try:
            lines = (root / folder / ".gitignore").read_text("utf-8", "replace").splitlines()
        except OSError:
            return self
        return replace(self, ignored=(*self.ignored, (folder, pathspec.GitIgnoreSpec.from_lines(lines))))


@dataclass(frozen=True, slots=True)
class DiskWorkspace:
    """The files below ``root``."""

    root: Path

    def walk(self) -> Iterator[Entry]:
        """Yield what is met, folder by folder in order of names; links are not followed."""
        for entry in self._walk():
            shown = entry.path if entry.path.isascii() else os.fsencode(entry.path).decode("utf-8", "backslashreplace")
            yield entry if shown == entry.path else replace(entry, path=shown, name=entry.path)

    def _walk(self) -> Iterator[Entry]:
        inside = os.path.realpath(self.root) + os.sep
        stack: list[tuple[str, _Repository | None]] = [("", None)]
        while stack:
            folder, repository = stack.pop()
            try:
                with os.scandir(self.root / folder) as entries:
                    found = {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}
            except OSError:
                yield Entry(folder.rstrip("/") or ".", EntryKind.UNREADABLE)
                continue
            if ".git" in found:
                yield Entry(folder.rstrip("/") or ".", EntryKind.REPOSITORY)
                repository = _Repository(folder, read_index(self.root / folder))
                yield from _gitlinks(repository, named=".gitmodules" in found)
            if repository and ".gitignore" in found:
                repository = repository.within(folder, self.root)
            inner = []
            for name, entry in found.items():
                path = folder + name
                is_folder = entry.is_dir(follow_symlinks=False)
                if (is_folder and name in NEVER_ENTERED) or (
                    repository and not repository.holds(path, folder=is_folder)
                ):
                    continue
                if is_folder:
                    inner.append((f"{path}/", repository))
                elif met := _met(path, entry, inside):
                    yield met
            stack.extend(reversed(inner))


def _gitlinks(repository: _Repository, *, named: bool) -> Iterator[Entry]:
    for path in () if named else sorted(repository.index.links):
        yield Entry(repository.folder + path, EntryKind.GITLINK)


def _met(path: str, entry: os.DirEntry[str], inside: str) -> Entry | None:
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        if not Path(entry.path).exists():
            return Entry(path, EntryKind.BROKEN_LINK)
        if not (target + os.sep).startswith(inside):
            return Entry(path, EntryKind.OUTSIDE_LINK)
        return Entry(path, EntryKind.LINK, target=target[len(inside) :].replace(os.sep, "/"))
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return Entry(path, EntryKind.UNREADABLE)
    if not stat.S_ISREG(status.st_mode):
        return None
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    return Entry(path, EntryKind.FILE, status.st_size, changed, status.st_ino)
