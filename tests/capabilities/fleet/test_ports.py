"""What reads a workspace keeps to the port."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.capabilities.fleet.conftest import Write

from chittyops.capabilities.fleet.ports import Files, FolderState
from chittyops.capabilities.fleet.providers.workspace import WorkspaceFiles
from chittyops.kernel.errors import Misconfigured, NotFound


@pytest.fixture
def files(write: Write) -> Files:
    root = write(
        {"chittyops.yaml": "fleet: shop\n", "a/app.py": "12345", "a/mod/__main__.py": "", "a/no-mod/__main__.py": ""}
    )
    (root / "within").symlink_to("a")
    (root / "out").symlink_to("..")
    (root / "broken").symlink_to("nowhere")
    return WorkspaceFiles.find(root / "a")


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("a", FolderState.FOLDER),
        (".", FolderState.FOLDER),
        ("within", FolderState.FOLDER),
        ("a/app.py", FolderState.FILE),
        ("none", FolderState.MISSING),
        ("broken", FolderState.MISSING),
        ("a/app.py/x", FolderState.MISSING),
        ("out", FolderState.OUTSIDE),
        ("a/../..", FolderState.OUTSIDE),
        ("x" * 5000, FolderState.MISSING),
    ],
)
def test_folders(files: Files, path: str, state: FolderState) -> None:
    assert files.folder(path) is state


def test_reading_is_bounded(files: Files) -> None:
    assert files.read("a/app.py", 3) == b"123"
    assert files.read("a/none.py", 3) is None
    assert files.read("a/app.py/none", 3) is None
    with pytest.raises(Misconfigured, match="not a file"):
        files.read("a", 3)


def test_names_include_modules_one_level_down(files: Files) -> None:
    assert set(files.names("a")) == {"app.py", "mod", "no-mod", "mod/__main__.py"}
    with pytest.raises(Misconfigured, match="cannot be read"):
        files.names("none")


def test_a_file_that_names_no_fleet_still_counts_where_there_is_no_other(write: Write) -> None:
    root = write({"chittyops.yaml": "flet: shop\n", "a/chittyops.yaml": "tests: x\n", "a/b/": ""})
    assert WorkspaceFiles.find(root / "a/b").root == str(root)


def test_nothing_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        WorkspaceFiles.find(tmp_path / "none")
