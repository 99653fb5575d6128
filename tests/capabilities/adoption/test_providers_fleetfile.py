"""The fleet file is created once, whole, and never over another."""

from __future__ import annotations

from pathlib import Path

import pytest

from chittyops.capabilities.adoption.providers import fleetfile
from chittyops.kernel.errors import Conflict, Misconfigured


def test_created(tmp_path: Path) -> None:
    path = tmp_path / "chittyops.yaml"
    fleetfile.create(path, "fleet: é\n")
    assert path.read_text("utf-8") == "fleet: é\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_another_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "chittyops.yaml"
    path.write_text("mine")
    with pytest.raises(Conflict):
        fleetfile.create(path, "other")
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be written"):
        fleetfile.create(tmp_path / "none" / "chittyops.yaml", "x")
