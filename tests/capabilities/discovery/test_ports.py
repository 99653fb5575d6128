"""The walk over a workspace: everything once, nothing outside, no link followed."""

from __future__ import annotations

import os
from pathlib import Path

from tests.capabilities.discovery.conftest import Write

from chittyops.capabilities.discovery.ports import Entry, EntryKind
from chittyops.capabilities.discovery.providers.disk import DiskWorkspace


def test_the_walk(write: Write, tmp_path: Path) -> None:
    root = write(
        {"b/x.txt": "12", "a.txt": "", "node_modules/y.js": "", "b/.git/HEAD": "", "b/dist/z.js": "", "b/é ~.txt": ""}
    )
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.txt").write_text("")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "again").symlink_to("b")
    (root / "file").symlink_to("a.txt")
    (root / "broken").symlink_to("nowhere")
    (root / "circle").symlink_to("circle")
    os.mkfifo(root / "pipe")
    assert list(DiskWorkspace(root).walk()) == [
        Entry("a.txt", EntryKind.FILE),
        Entry("broken", EntryKind.BROKEN_LINK),
        Entry("b", EntryKind.REPOSITORY),
        Entry("b/x.txt", EntryKind.FILE, 2),
        Entry("b/é ~.txt", EntryKind.FILE),
    ]


def test_names_that_are_not_utf8_can_be_read(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    workspace = DiskWorkspace(tmp_path)
    (entry,) = workspace.walk()
    assert workspace.read(entry.path) == b"x"
    assert workspace.read("none") is None
