"""Small workspaces, each showing one thing that real ones hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[[dict[str, str | bytes]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes files, by path, into a workspace called ``shop``."""

    def into_workspace(files: dict[str, str | bytes]) -> Path:
        root = tmp_path / "shop"
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return into_workspace
