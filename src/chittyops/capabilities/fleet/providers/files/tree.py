"""The walk over a service's folder."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from chittyops.capabilities.fleet.model.fileformat import FILENAME
from chittyops.capabilities.fleet.providers.files.ignoring import IGNORE_FILES, IgnoreRules, ignored, never_deployed
from chittyops.kernel.errors import Misconfigured, Place

Rules = list[tuple[str, GitIgnoreSpec]]


@dataclass(frozen=True, slots=True)
class Found:
    """A file or link of a service: its path within the service's folder and what the system says of it."""

    path: str
    full: str
    status: os.stat_result
    target: str = ""


@dataclass(slots=True)
class Walk:
    """Yields the files of services, sorted by path within each folder; collects ``notes`` on what it leaves out."""

    root: Path
    folders: Collection[str]
    """The folders of all services: one that lies within another's is not part of that."""
    rules: IgnoreRules
    notes: list[str] = field(default_factory=list)

    def files(self, folder: str) -> Iterator[Found]:
        """Yield the files below ``folder`` (relative to the root) that belong to its service."""
        base = "" if folder == "." else f"{folder}/"
        stack = [("", self.rules.above(folder))]
        while stack:
            inner, rules = stack.pop()
            entries = self._entries(base + inner)
            if any(entry.name in IGNORE_FILES for entry in entries) and (
                spec := self.rules.of((base + inner).rstrip("/"))
            ):
                rules = [*rules, (base + inner, spec)]
            for entry in entries:
                path = inner + entry.name
                if never_deployed(entry.name) or path == FILENAME:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if base + path not in self.folders and not self._ignored(f"{base}{path}/", rules):
                        stack.append((f"{path}/", rules))
                elif not self._ignored(base + path, rules) and (found := self._found(path, entry)):
                    yield found

    def _entries(self, path: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / path) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise _unreadable(self.root / path, error) from None

    @staticmethod
    def _ignored(path: str, rules: Rules) -> bool:
        return bool(rules) and ignored(path, rules)

    def _found(self, path: str, entry: os.DirEntry[str]) -> Found | None:
        try:
            path.encode()
        except UnicodeEncodeError:
            shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            message = f"the name of {shown} is not valid UTF-8"
            raise Misconfigured(message, hint="rename the file, or list it in .chittyopsignore") from None
        try:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                return self._link(path, entry.path, status)
        except OSError as error:
            raise _unreadable(Path(entry.path), error) from None
        if stat.S_ISREG(status.st_mode):
            return Found(path, entry.path, status)
        self.notes.append(f"{path} is neither file, folder nor link, and is left out")
        return None

    def _link(self, path: str, full: str, status: os.stat_result) -> Found | None:
        target = str(Path(full).readlink())
        reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if target.startswith("/") or reached == ".." or reached.startswith("../"):
            self.notes.append(f"the link {path} leads out of the service's folder, and is left out")
            return None
        return Found(path, full, status, target)


def _unreadable(path: Path, error: OSError) -> Misconfigured:
    message = f"{path.name} cannot be read: {error.strerror}"
    hint = "make it readable, or list it in .chittyopsignore"
    return Misconfigured(message, place=Place(str(path)), hint=hint)
