"""What the tasks slice needs from outside: the files beside a script."""

from __future__ import annotations

from typing import Protocol


class Folder(Protocol):
    """Reads the folder a task runs in. Paths are relative to it."""

    def text(self, path: str) -> str | None:
        """Return the text of a file, or None where there is none that can be read."""
        ...

    def runnable(self, path: str) -> bool:
        """Return whether the file at ``path`` may be executed."""
        ...

    def find(self, name: str) -> str:
        """Return the absolute path of ``name`` in this folder or the nearest one above within the workspace, or ""."""
        ...
