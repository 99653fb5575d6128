"""Discovery on disk, for callers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.capabilities.discovery.conftest import Write, discover

from chittyops.capabilities.discovery.wiring import to_json
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


def test_a_folder_whose_name_is_no_utf_8_is_read(write: Write) -> None:
    root = write({"a.md": ""})
    folder = Path(os.fsdecode(os.fsencode(root) + b"/b\xff"))
    folder.mkdir()
    (folder / "Procfile").write_text("web: x")
    (service,) = json.loads(json.dumps(to_json(discover(root))))["services"]
    assert service["path"] == "b\\xff"
