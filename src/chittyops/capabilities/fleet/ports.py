"""What the fleet slice needs from outside: the files of a workspace."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Protocol


class FolderState(StrEnum):
    """What is found where a service's folder should be."""

    FOLDER = "folder"
    FILE = "file"
    MISSING = "missing"
    OUTSIDE = "outside"


class Files(Protocol):
    """Reads a workspace. Paths are relative to its root, with ``/`` between names."""

    @property
    def root(self) -> str:
        """Return the absolute path of the workspace."""
        ...

    def read(self, path: str, limit_bytes: int) -> bytes | None:
        """Return the first ``limit_bytes`` of a file, or None where there is none."""
        ...

    def folder(self, path: str) -> FolderState:
        """Return whether ``path`` is a folder that, links followed, lies within the workspace."""
        ...

    def names(self, path: str) -> Collection[str]:
        """Return the names in the folder ``path``, and of ``__main__.py`` in the folders right below it."""
        ...

    def display(self, path: str) -> str:
        """Return ``path`` as the user can open it from where they are."""
        ...
