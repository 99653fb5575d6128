"""The files of a service and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chittyops.kernel.plan import digest

HASH_DIGITS = 16


class FileKind(StrEnum):
    """What an entry of a bundle is."""

    FILE = "file"
    EXECUTABLE = "executable"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a service. ``hash`` covers kind and content (the target, of a link)."""

    kind: FileKind
    hash: str
    size_bytes: int = 0
    target: str = ""


_MARKS = {FileKind.FILE: b"f\0", FileKind.EXECUTABLE: b"x\0", FileKind.LINK: b"l\0"}


def short_hash(text: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of ``text``."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:HASH_DIGITS]


class ContentHash:
    """The short hash of a file, fed piece by piece; its kind is part of it."""

    def __init__(self, kind: FileKind) -> None:
        self._hash = hashlib.sha256(_MARKS[kind])

    def update(self, piece: bytes) -> None:
        """Take the next piece of the content."""
        self._hash.update(piece)

    def finish(self) -> str:
        """Return the short hash of everything taken."""
        return self._hash.hexdigest()[:HASH_DIGITS]


def link_hash(target: str) -> str:
    """Return the short hash of a symbolic link."""
    content = ContentHash(FileKind.LINK)
    content.update(target.encode("utf-8", "surrogateescape"))
    return content.finish()


def content_digest(files: Mapping[str, FileEntry]) -> str:
    """Return the digest of ``files``: the name of the bundle that holds them."""
    return digest({f"file.{path}": entry.hash for path, entry in files.items()})
