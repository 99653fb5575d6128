"""The folder a task runs in, on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class DiskFolder:
    """A folder within the workspace ``root``."""

    path: Path
    root: Path

    def text(self, path: str) -> str | None:
        """Return the text of a file, or None where there is none that can be read."""
        full = self.path / path
        try:
            if not full.resolve().is_relative_to(self.root.resolve()) or full.stat().st_size > MAX_BYTES:
                return None
            return full.read_text("utf-8", errors="replace")
        except OSError:
            return None

    def runnable(self, path: str) -> bool:
        """Return whether the file at ``path`` may be executed."""
        return os.access(self.path / path, os.X_OK)

    def find(self, name: str) -> str:
        """Return the absolute path of ``name`` in this folder or the nearest one above within the workspace, or ""."""
        for folder in (self.path, *self.path.parents):
            if (folder / name).exists():
                return str(folder / name)
            if folder == self.root:
                break
        return ""
