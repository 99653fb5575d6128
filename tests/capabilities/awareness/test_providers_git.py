"""What git tells of repositories, hostile ones among them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.capabilities.awareness.conftest import Run

from chittyops.capabilities.awareness.model.context import Base
from chittyops.capabilities.awareness.model.project import Commit, FileChange
from chittyops.capabilities.awareness.providers import places
from chittyops.capabilities.awareness.providers.git import SHOWN_COMMITS, Git
from chittyops.kernel.errors import Unavailable


def _git(repository: Path) -> Git:
    folder = places.git_folder(repository)
    return Git(repository, folder, places.common_folder(folder), places.head(repository))


def _dirty(repository: Path) -> dict[str, str]:
    return {each.path: each.state for each in asyncio.run(_git(repository).dirty())}


def test_every_state_of_a_file_is_told(repository: Path, git: Run) -> None:
    for name in ("gone", "moved from", "changed"):
        (repository / name).write_text(f"{name}\n" * 9)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "more")
    (repository / "gone").unlink()
    (repository / "changed").write_text("other")
    git(repository, "mv", "moved from", "moved to")
    (repository / "staged").write_text("new")
    git(repository, "add", "staged")
    (repository / "new folder").mkdir()
    (repository / "new folder/ü").write_text("x")
    assert _dirty(repository) == {
        "gone": "deleted",
        "changed": "modified",
        "moved to": "renamed",
        "staged": "added",
        "new folder/": "untracked",
    }


def test_a_conflict_is_told(repository: Path, git: Run) -> None:
    git(repository, "switch", "-qc", "other")
    (repository / "a.txt").write_text("other\n")
    git(repository, "commit", "-qam", "other")
    git(repository, "switch", "-q", "main")
    (repository / "a.txt").write_text("main\n")
    git(repository, "commit", "-qam", "main")
    with pytest.raises(AssertionError):
        git(repository, "merge", "-q", "other")
    assert _dirty(repository) == {"a.txt": "conflict"}


def test_reading_writes_nothing_into_the_repository(repository: Path) -> None:
    (repository / "a.txt").touch()
    before = {path: path.stat().st_mtime_ns for path in (repository / ".git").rglob("*")}
    _dirty(repository)
    assert {path: path.stat().st_mtime_ns for path in (repository / ".git").rglob("*")} == before


@pytest.mark.parametrize(
    "setting", ["core.fsmonitor", "filter.x.clean", "filter.x.process", "gpg.program", "core.sshCommand"]
)
def test_no_program_that_the_repository_names_is_run(repository: Path, git: Run, setting: str) -> None:
    trap = repository.parent / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {repository.parent}/sprung\ncat\n")
    trap.chmod(0o700)
    git(repository, "config", setting, str(trap))
    git(repository, "config", "log.showSignature", "true")
    (repository / ".gitattributes").write_text("* filter=x\n")
    (repository / "a.txt").write_text("b\n")
    asyncio.run(_git(repository).history(Base("deployment", "r1", "2020-01-01T00:00:00+00:00"), ["."]))
    assert _dirty(repository) == {".gitattributes": "untracked", "a.txt": "modified"}
    assert not (repository.parent / "sprung").exists()


def test_the_trap_would_have_sprung(repository: Path, git: Run) -> None:
    """What the test above proves is worth something: git alone does run what the repository names."""
    trap = repository.parent / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {repository.parent}/sprung\n")
    trap.chmod(0o700)
    git(repository, "config", "core.fsmonitor", str(trap))
    git(repository, "status")
    assert (repository.parent / "sprung").exists()


def test_commits_and_files_since_a_deployment(repository: Path, git: Run) -> None:
    for number, day in enumerate(("03", "05"), 1):
        (repository / f"{number}.sql").write_text("x")
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", f"step {number}\n\nbody", at=f"2030-01-{day}T00:00:00+0000")
    found = asyncio.run(_git(repository).history(Base("deployment", "r1", "2030-01-04T00:00:00.123456+00:00"), ["."]))
    assert [each.subject for each in found.commits] == ["step 2"]
    assert found.commits[0].at == "2030-01-05T00:00:00+00:00"
    assert found.files == ("2.sql",)


def test_all_is_new_where_the_deployment_is_older_than_the_repository(repository: Path) -> None:
    found = asyncio.run(_git(repository).history(Base("deployment", "r1", "2001-01-01T00:00:00+00:00"), ["."]))
    assert ([each.subject for each in found.commits], found.files) == (["first"], ("a.txt",))


def test_only_what_touches_the_paths_counts(repository: Path, git: Run) -> None:
    git(repository, "tag", "v1")
    for name in ("cart", "*"):
        (repository / name).mkdir()
        (repository / name / "f").write_text(name)
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", name)
    assert asyncio.run(_git(repository).tag()) == "v1"
    found = asyncio.run(_git(repository).history(Base("tag", "v1"), ["*"]))
    assert ([each.subject for each in found.commits], found.files) == (["*"], ("*/f",))


def test_many_commits_are_cut(repository: Path, git: Run) -> None:
    git(repository, "tag", "-am", "one", "v1")
    for number in range(SHOWN_COMMITS + 2):
        git(repository, "commit", "-q", "--allow-empty", "-m", f"{number}")
    found = asyncio.run(_git(repository).history(Base("tag", "v1"), []))
    assert (len(found.commits), found.more) == (SHOWN_COMMITS, True)


def test_a_secret_in_a_subject_is_masked(repository: Path, git: Run) -> None:
    git(repository, "tag", "v1")
    git(repository, "commit", "-q", "--allow-empty", "-m", "use https://ada:hunter2-hunter2@example.com/x")
    found = asyncio.run(_git(repository).history(Base("tag", "v1"), []))
    assert "hunter2" not in repr(found)


def test_nothing_is_told_of_repositories_without_commits_or_files(tmp_path: Path, git: Run) -> None:
    git(tmp_path / "new", "init", "-q")
    git(tmp_path / "bare", "init", "-q", "--bare")
    (tmp_path / "new/x").write_text("x")
    assert _dirty(tmp_path / "new") == {"x": "untracked"}
    assert _dirty(tmp_path / "bare") == {}
    assert asyncio.run(_git(tmp_path / "new").tag()) == ""
    assert asyncio.run(_git(tmp_path / "new").history(Base("tag", "v1"), [])).commits == ()


def test_a_worktree_and_a_submodule_are_read(repository: Path, git: Run) -> None:
    tree = repository.parent / "tree"
    git(repository, "worktree", "add", "-q", "-b", "x", str(tree))
    (tree / "new").write_text("x")
    git(repository, "submodule", "add", "-q", str(repository), "inner")
    (repository / "inner/new").write_text("x")
    assert _dirty(tree) == {"new": "untracked"}
    assert _dirty(repository / "inner") == {"new": "untracked"}
    assert _dirty(repository) == {".gitmodules": "added", "inner": "added"}


def test_repositories_with_long_object_names_are_read(tmp_path: Path, git: Run) -> None:
    root = tmp_path / "wide"
    git(root, "init", "-q", "--object-format=sha256")
    (root / "a").write_text("a")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    (root / "a").write_text("b")
    assert asyncio.run(_git(root).dirty()) == (FileChange("a", "modified"),)
    found = asyncio.run(_git(root).history(Base("deployment", "r", "2001-01-01T00:00:00Z"), []))
    assert found.commits == (Commit(found.commits[0].id, found.commits[0].at, "first"),)


def test_a_damaged_repository_is_said_to_be_one(repository: Path) -> None:
    (repository / ".git/index").write_bytes(b"DIRC garbage")
    with pytest.raises(Unavailable, match="git status cannot read the repository"):
        _dirty(repository)


def test_without_git_it_is_said_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(Unavailable) as caught:
        _dirty(repository)
    assert caught.value.hint == "is git installed?"
