"""Workspaces whose configuration is looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chittyops.capabilities.fleet.wiring import Configuration, configuration

Fleet = Callable[..., Configuration]


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Return a function that writes a fleet file, with folders for a and b, and reads it; paths show from there."""

    def written(text: str, *overrides: str, **files: str) -> Configuration:
        root = tmp_path / "workspace"
        for folder in ("a", "b"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for path, content in {"chittyops.yaml": text, **files}.items():
            (root / path).write_text(content)
        monkeypatch.chdir(root)
        return configuration(root, overrides)

    return written
