"""What discovery needs from outside: a walk over a workspace, and something that reads many files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chittyops.capabilities.discovery.model.facts import Facts


class EntryKind(StrEnum):
    """What the walk met."""

    FILE = "file"
    REPOSITORY = "repository"
    LINK = "link"
    BROKEN_LINK = "broken-link"
    OUTSIDE_LINK = "outside-link"
    GITLINK = "gitlink"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing met by the walk; ``path`` is relative to the workspace, ``/`` between names, "." for itself."""

    path: str
    kind: EntryKind
    size_bytes: int = 0
    changed_ns: int = 0
    """The later of the times of change of content and of inode."""
    inode: int = 0
    target: str = ""
    """Where a link within the workspace leads."""
    name: str = ""
    """The path as the system has it, where that is no UTF-8; ``path`` then shows its bytes as ``\\xff``."""


class Workspace(Protocol):
    """A folder of repositories, read-only."""

    def walk(self) -> Iterator[Entry]:
        """Yield what is met, folder by folder in order of names; links are not followed."""
        ...


class Reader(Protocol):
    """Reads files and tells what is in them."""

    def read(self, entries: Sequence[Entry]) -> Iterator[Facts]:
        """Yield the facts of each file, in any order; nothing for one that is gone or cannot be read."""
        ...
