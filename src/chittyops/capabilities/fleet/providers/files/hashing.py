"""Hashes of files, remembered between runs."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chittyops.capabilities.fleet.model.content import ContentHash, FileEntry, FileKind, link_hash
from chittyops.capabilities.fleet.providers.files.tree import Found
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Misconfigured, Place
from chittyops.runtime import atomic

_FORMAT: Final = 1
_PIECE_BYTES: Final = 1 << 20
_RACY_NS: Final = 2_000_000_000
"""The coarsest time stamp of a file system in use (FAT). See git's Documentation/technical/racy-git.txt."""

Stamp = tuple[int, int, int, int, int]


@dataclass(slots=True)
class HashCache:
    """Hashes by path, trusted while size, times, inode and mode stay the same.

    A file changed within the last two seconds is not remembered: it could change again without its time stamp
    telling. A cache that cannot be read is an empty one; one that cannot be written is no error.
    """

    file: Path | None
    clock: Clock
    _known: dict[str, tuple[Stamp, str]] = field(default_factory=dict)
    _seen: dict[str, tuple[Stamp, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path | None, clock: Clock) -> HashCache:
        """Return the cache kept in ``file``; None keeps none."""
        return cls(file, clock, _read(file) if file else {})

    def entry(self, found: Found) -> FileEntry:
        """Return the kind and hash of a file. Raises Misconfigured where it cannot be read."""
        if found.target:
            return FileEntry(FileKind.LINK, link_hash(found.target), 0, found.target)
        status = found.status
        kind = FileKind.EXECUTABLE if status.st_mode & stat.S_IXUSR else FileKind.FILE
        stamp = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode)
        known = self._known.get(found.full)
        if known is not None and known[0] == stamp:
            self._seen[found.full] = known
            return FileEntry(kind, known[1], status.st_size)
        now_ns = int(self.clock.now().timestamp() * 1_000_000_000)
        value = _hash(found.full, kind)
        if max(status.st_mtime_ns, status.st_ctime_ns) < now_ns - _RACY_NS:
            self._seen[found.full] = (stamp, value)
        return FileEntry(kind, value, status.st_size)

    def save(self, *, forget: bool) -> None:
        """Keep what this run has seen, and either ``forget`` the rest or not."""
        kept = self._seen if forget else self._known | self._seen
        if not self.file or kept == self._known:
            return
        data = {"format": _FORMAT, "files": {path: [*stamp, value] for path, (stamp, value) in kept.items()}}
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            atomic.write(self.file, json.dumps(data, separators=(",", ":")).encode())
        except OSError:
            return


def _read(file: Path) -> dict[str, tuple[Stamp, str]]:
    try:
        data = json.loads(file.read_text("ascii"))
        if data["format"] != _FORMAT:
            return {}
        return {path: ((row[0], row[1], row[2], row[3], row[4]), row[5]) for path, row in data["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return {}


def _hash(path: str, kind: FileKind) -> str:
    content = ContentHash(kind)
    try:
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - a Path for each of ten thousand files costs
            while piece := stream.read(_PIECE_BYTES):
                content.update(piece)
    except OSError as error:
        message = f"{Path(path).name} cannot be read: {error.strerror}"
        hint = "make it readable, or list it in .chittyopsignore"
        raise Misconfigured(message, place=Place(path), hint=hint) from None
    return content.finish()
