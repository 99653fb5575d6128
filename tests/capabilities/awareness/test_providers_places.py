"""Where a folder lies, read from the files of real repositories."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.capabilities.awareness.conftest import Run

from chittyops.capabilities.awareness.providers.places import head, locate


def test_a_branch_and_its_commit_are_read_without_git(repository: Path, git: Run) -> None:
    git(repository, "switch", "-qc", "feature/deep/er")
    found = head(repository)
    assert (found.state, found.branch) == ("branch", "feature/deep/er")
    assert found.commit == git(repository, "rev-parse", "HEAD")
    assert found.line == Path(found.file).read_text().strip()


def test_packed_refs_are_read(repository: Path, git: Run) -> None:
    git(repository, "pack-refs", "--all")
    assert not (repository / ".git/refs/heads/main").exists()
    assert head(repository).commit == git(repository, "rev-parse", "HEAD")


def test_a_detached_head_has_no_branch(repository: Path, git: Run) -> None:
    git(repository, "checkout", "-q", "--detach")
    found = head(repository)
    assert (found.state, found.branch, found.commit) == ("detached", "", git(repository, "rev-parse", "HEAD"))


def test_a_branch_without_commits_is_unborn(tmp_path: Path, git: Run) -> None:
    git(tmp_path / "new", "init", "-q")
    found = head(tmp_path / "new")
    assert (found.state, found.branch, found.commit) == ("unborn", "main", "")


def test_during_a_rebase_the_branch_is_the_one_that_is_rebased(repository: Path, git: Run) -> None:
    git(repository, "switch", "-qc", "topic")
    (repository / ".git/rebase-merge").mkdir()
    (repository / ".git/rebase-merge/head-name").write_text("refs/heads/topic\n")
    git(repository, "checkout", "-q", "--detach")
    assert (head(repository).state, head(repository).branch) == ("branch", "topic")


def test_a_worktree_has_its_own_branch_and_the_commits_of_the_repository(repository: Path, git: Run) -> None:
    git(repository, "worktree", "add", "-q", "-b", "fix/it", str(repository.parent / "tree"))
    found = locate(repository.parent / "tree")
    assert found.root == str(repository.parent / "tree")
    assert (found.head.state, found.head.branch) == ("branch", "fix/it")
    assert found.head.commit == git(repository, "rev-parse", "fix/it")


def test_a_submodule_is_a_repository_of_its_own(repository: Path, git: Run) -> None:
    other = repository.parent / "other"
    git(other, "init", "-q")
    (other / "b").write_text("b")
    git(other, "add", "-A")
    git(other, "commit", "-qm", "other")
    git(repository, "submodule", "add", "-q", str(other), "inner")
    found = locate(repository / "inner")
    assert found.repository == str(repository / "inner")
    assert (found.head.branch, found.head.commit) == ("main", git(other, "rev-parse", "HEAD"))


def test_a_bare_repository_is_told_as_such(tmp_path: Path, git: Run) -> None:
    git(tmp_path / "bare.git", "init", "-q", "--bare")
    found = locate(tmp_path / "bare.git")
    assert (found.repository, found.head.state, found.head.branch) == (str(tmp_path / "bare.git"), "bare", "main")


def test_outside_of_any_project_there_is_none(tmp_path: Path) -> None:
    found = locate(tmp_path)
    assert (found.root, found.repository, found.head.state, found.projects) == ("", "", "none", ())


def test_the_fleet_file_above_is_the_root_and_a_part_of_one_is_not(repository: Path) -> None:
    service = repository / "services/cart"
    service.mkdir(parents=True)
    (repository / "chittyops.yaml").write_text("# the shop\nfleet: shop\n")
    (service / "chittyops.yaml").write_text("tests: pytest\n")
    found = locate(service)
    assert (found.root, found.fleet_file) == (str(repository), str(repository / "chittyops.yaml"))


def test_a_fleet_above_repositories_has_no_repository_but_theirs(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "chittyops.yaml").write_text("fleet: shop\n")
    assert locate(tmp_path).repository == ""
    assert locate(repository).root == str(tmp_path)
    assert locate(repository).repository == str(repository)


def test_a_folder_above_projects_lists_them_one_or_two_levels_down(tmp_path: Path, repository: Path, git: Run) -> None:
    git(tmp_path / "group/deep", "init", "-q")
    git(tmp_path / "node_modules/no", "init", "-q")
    git(tmp_path / "a/b/too-deep", "init", "-q")
    assert locate(tmp_path).projects == (str(tmp_path / "group/deep"), str(repository))


@pytest.mark.parametrize("line", ["", "ref: ../../etc/passwd", "ref: refs/heads/../../../x", "\x00\xff", "garbage"])
def test_a_head_that_makes_no_sense_does_no_harm(repository: Path, line: str) -> None:
    (repository / ".git/HEAD").write_bytes(line.encode("latin-1"))
    assert head(repository).commit == ""


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", ["HEAD", "packed-refs", "commondir"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(repository: Path, name: str) -> None:
    (repository / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(repository / ".git" / name)
    assert head(repository).state in {"none", "branch"}


@pytest.mark.timeout(10)
def test_a_fleet_file_that_is_a_pipe_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "chittyops.yaml")
    assert locate(tmp_path).fleet_file == ""
