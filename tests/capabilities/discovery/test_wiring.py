"""Discovery on disk, for callers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.capabilities.discovery.conftest import Write

from chittyops.capabilities.discovery.wiring import difference, discover, fleet_file, to_json
from chittyops.capabilities.discovery.wiring import write as write_file
from chittyops.kernel.errors import Misconfigured


def test_a_file_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(Misconfigured, match="is not a folder"):
        discover(tmp_path / "x")


def test_the_same_workspace_gives_the_same_output(write: Write) -> None:
    files = {f"{name}/Procfile": "web: x" for name in ("b", "a", "c")}
    root = write({**files, "a/package.json": "{"})
    assert to_json(discover(root)) == to_json(discover(root))
    assert [each["path"] for each in to_json(discover(root))["services"]] == ["a", "b", "c"]


def test_differences_end_when_the_file_is_written(write: Write) -> None:
    root = write({"a/Procfile": "web: x"})
    text = fleet_file(root, discover(root))
    path = root / "chittyops.yaml"
    assert "+    path: a" in difference(path, text)
    (root / "other.yaml").write_text(text)
    assert difference(root / "other.yaml", text) == ""


def test_a_new_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "chittyops.yaml"
    write_file(path, "fleet: a\n")
    assert path.read_text() == "fleet: a\n"
