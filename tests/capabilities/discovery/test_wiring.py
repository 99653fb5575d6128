"""Discovery on disk, for callers."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from tests.capabilities.discovery.conftest import Write, discover

from chittyops.capabilities.discovery.providers.cache import RACY_NS
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


def settled(root: Path) -> None:
    """Make everything in ``root`` old enough to be trusted."""
    time.sleep(RACY_NS / 1e9 + 0.1)


def test_nothing_is_read_where_nothing_has_changed(write: Write) -> None:
    root = write({"a/Procfile": "web: x", "b/package.json": "{"})
    settled(root)
    first = discover(root)
    (root / "a" / "Procfile").chmod(0)  # a change of rights alone is one, too
    (root / "a" / "Procfile").chmod(0o644)
    settled(root)
    again = discover(root)
    assert again == first
    # What is kept is what is told, as long as no file differs.
    (kept,) = (root.parent / "home" / "discovery").glob("*.result")
    kept.write_bytes(kept.read_bytes().replace(b"unparsable", b"tampering!"))
    assert [each.code for each in discover(root).problems] == ["tampering!"]
    (root / "b" / "package.json").write_text("[")
    assert [each.code for each in discover(root).problems] == ["unparsable"]
    (root / "b" / "package.json").unlink()
    assert discover(root).problems == ()


def test_a_kept_result_that_is_damaged_is_none(write: Write) -> None:
    root = write({"a/Procfile": "web: x"})
    settled(root)
    first = discover(root)
    (kept,) = (root.parent / "home" / "discovery").glob("*.result")
    kept.write_bytes(b"\xc1")
    assert discover(root) == first
