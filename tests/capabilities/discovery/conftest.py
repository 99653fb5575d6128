"""Small workspaces, each showing one thing that real ones hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chittyops.capabilities.discovery import wiring
from chittyops.kernel.inventory import Inventory
from chittyops.runtime.home import Home

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


def discover(root: Path) -> Inventory:
    """Return what is found in ``root``, with a state directory beside it."""
    return wiring.discover(root, Home.locate({"CHITTYOPS_HOME": str(root.parent / "home")}))
