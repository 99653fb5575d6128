"""What discovery needs from outside: a walk over a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class EntryKind(StrEnum):
    """What the walk met."""

    FILE = "file"
    REPOSITORY = "repository"
    BROKEN_LINK = "broken-link"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing met by the walk; ``path`` is relative to the workspace, ``/`` between names."""

    path: str
    kind: EntryKind
    size_bytes: int = 0


class Workspace(Protocol):
    """A folder of repositories, read-only."""

    def walk(self) -> Iterator[Entry]:
        """Yield every file, sorted, and the folders that are repositories; links are not followed."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None where it cannot be read."""
        ...
