"""What a repository tracks, read from its index: no git is needed, and a repository without one does no harm.

The format is that of https://git-scm.com/docs/index-format, versions 2 to 4.
"""

from __future__ import annotations

import os
import posixpath
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_HEADER: Final = struct.Struct(">4sII")
_FIXED: Final = 62
_MODE_OFFSET: Final = 24
_FLAGS_OFFSET: Final = 60
_EXTENDED: Final = 0x4000
_GITLINK: Final = 0o160000
_KIND: Final = 0o170000
_COMPRESSED: Final = 4


@dataclass(frozen=True, slots=True)
class Index:
    """Tracked files, the folders that hold them, and the folders that are commits of other repositories.

    All are relative to the repository. It is false where there is no index that can be read.
    """

    files: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    folders: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Collect the folders."""
        found: set[str] = set()
        for path in self.files:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        object.__setattr__(self, "folders", frozenset(found | self.links))

    def __bool__(self) -> bool:
        """Return whether anything is tracked."""
        return bool(self.files or self.links)


def read_index(repository: Path) -> Index:
    """Return what ``repository`` tracks; an empty index where that cannot be known."""
    try:
        data = (_git_folder(repository) / "index").read_bytes()
        entries = list(_entries(data))
    except (OSError, ValueError, struct.error, IndexError):
        return Index()
    return Index(
        frozenset(path for path, mode in entries if mode & _KIND != _GITLINK),
        frozenset(path for path, mode in entries if mode & _KIND == _GITLINK),
    )


def _git_folder(repository: Path) -> Path:
    """Return the folder that holds the index: ``.git``, or what the file ``.git`` of a worktree names."""
    folder = repository / ".git"
    if folder.is_file():
        named = folder.read_text("utf-8", "replace").partition("gitdir:")[2].strip()
        folder = repository / named
    return folder


def _entries(data: bytes) -> Iterator[tuple[str, int]]:
    signature, version, count = _HEADER.unpack_from(data)
    if signature != b"DIRC" or version not in {2, 3, _COMPRESSED}:
        raise ValueError("no index of a known version")
    at = _HEADER.size
    path = b""
    for _ in range(count):
        (mode,) = struct.unpack_from(">I", data, at + _MODE_OFFSET)
        (flags,) = struct.unpack_from(">H", data, at + _FLAGS_OFFSET)
        start = at + _FIXED + (2 if flags & _EXTENDED else 0)
        if version == _COMPRESSED:
            kept, start = _number(data, start)
            end = data.index(b"\0", start)
            path = path[: len(path) - kept] + data[start:end]
            at = end + 1
        else:
            end = data.index(b"\0", start)
            path = data[start:end]
            at += (end - at) // 8 * 8 + 8
        yield os.fsdecode(path), mode


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return the number in git's variable-width encoding at ``at``, and where it ends."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1
