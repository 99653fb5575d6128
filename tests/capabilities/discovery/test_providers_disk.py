"""The walk over a workspace: what is met, what is passed over, and where links lead."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.capabilities.discovery.conftest import Write

from chittyops.capabilities.discovery.ports import Entry, EntryKind
from chittyops.capabilities.discovery.providers.disk import DiskWorkspace
from chittyops.capabilities.discovery.providers.disk.git import read_index


def git(root: Path, *arguments: str) -> None:
    """Run git, with no settings but these."""
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
    environ = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *settings, *arguments], cwd=root, env=environ, check=True, capture_output=True)


def files(root: Path) -> list[str]:
    return [each.path for each in DiskWorkspace(root).walk() if each.kind is EntryKind.FILE]


def met(root: Path, kind: EntryKind) -> list[Entry]:
    return [each for each in DiskWorkspace(root).walk() if each.kind is kind]


def test_names_that_real_folders_have(write: Write) -> None:
    names = ["a b/x.md", "a=b/~x.md", "§/x.md", "Readme.md", "README.md", "wrangler.toml copy"]
    assert sorted(files(write(dict.fromkeys(names, "")))) == sorted(names)


def test_a_name_that_is_no_utf_8(write: Write) -> None:
    root = write({"a.md": ""})
    (Path(os.fsencode(root).decode()) / os.fsdecode(b"b\xff.md")).write_text("x")
    (entry,) = [each for each in DiskWorkspace(root).walk() if each.path != "a.md"]
    assert (entry.path, entry.name) == ("b\\xff.md", os.fsdecode(b"b\xff.md"))


def test_other_peoples_code_and_build_output_are_passed_over(write: Write) -> None:
    assert files(write({"a.md": "", "node_modules/x/index.js": "", "dist/a.js": "", "sub/.venv/x.py": ""})) == ["a.md"]


def test_links_are_told_and_not_followed(write: Write, tmp_path: Path) -> None:
    root = write({"real/a.md": ""})
    (tmp_path / "elsewhere").mkdir()
    (root / "inside").symlink_to("real")
    (root / "outside").symlink_to(tmp_path / "elsewhere")
    (root / "broken").symlink_to("nothing")
    (root / "circle").symlink_to("circle")
    assert files(root) == ["real/a.md"]
    assert met(root, EntryKind.LINK) == [Entry("inside", EntryKind.LINK, target="real")]
    assert [each.path for each in met(root, EntryKind.OUTSIDE_LINK)] == ["outside"]
    assert next(each.path for each in met(root, EntryKind.BROKEN_LINK)) == "broken"


def test_what_is_ignored_and_not_tracked_is_no_part_of_a_repository(write: Write) -> None:
    root = write(
        {
            "shop/.gitignore": ".env\nlocal/\n*.log\n",
            "shop/.env": "A=1",
            "shop/tracked.log": "",
            "shop/other.log": "",
            "shop/local/x.md": "",
            "shop/new.md": "",
            "shop/api/.gitignore": ".dev.vars\n",
            "shop/api/.dev.vars": "B=1",
            "shop/api/a.md": "",
        }
    )
    git(root / "shop", "init", "-q")
    git(root / "shop", "add", "-f", ".gitignore", "tracked.log", "api/.gitignore", "api/a.md")
    expected = [".gitignore", "api/.gitignore", "api/a.md", "new.md", "tracked.log"]
    assert sorted(files(root)) == [f"shop/{name}" for name in expected]
    assert [each.path for each in met(root, EntryKind.REPOSITORY)] == ["shop"]


def test_without_an_index_nothing_is_known_to_be_untracked(write: Write) -> None:
    root = write({".gitignore": ".env\n", ".env": "A=1", ".git/HEAD": "ref: refs/heads/main"})
    assert files(root) == [".env", ".gitignore"]


def test_commits_of_repositories_that_no_one_names(write: Write) -> None:
    root = write({"inner/a.md": "", "b.md": ""})
    git(root / "inner", "init", "-q")
    git(root / "inner", "add", "a.md")
    git(root / "inner", "commit", "-qm", "a")
    git(root, "init", "-q")
    git(root, "add", "b.md", "inner")
    assert [each.path for each in met(root, EntryKind.GITLINK)] == ["inner"]
    (root / ".gitmodules").write_text("")
    assert met(root, EntryKind.GITLINK) == []


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_version_of_the_index(write: Write, version: int) -> None:
    names = ["a.md", "sub/a.md", "sub/b.md", "sub/deeper/§.md", "z" * 200 + ".md"]
    root = write(dict.fromkeys(names, ""))
    git(root, "init", "-q")
    git(root, "update-index", "--index-version", str(version))
    git(root, "add", "--intent-to-add" if version == 3 else "--all", ".")
    index = read_index(root)
    assert index.files == set(names)
    assert index.folders == {"sub", "sub/deeper"}


@pytest.mark.parametrize("data", [b"", b"DIRC", b"DIRC\0\0\0\2\0\0\0\5", b"DIRC\0\0\0\x09\0\0\0\0", b"x" * 100])
def test_a_damaged_index_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "index").write_bytes(data)
    assert not read_index(tmp_path)


def test_a_worktree_names_its_folder(write: Write) -> None:
    root = write({"main/a.md": ""})
    git(root / "main", "init", "-q")
    git(root / "main", "add", ".")
    git(root / "main", "commit", "-qm", "a")
    git(root / "main", "worktree", "add", "-q", "../other")
    assert read_index(root / "other").files == {"a.md"}
