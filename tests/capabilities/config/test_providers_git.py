"""Lines are blamed on their commits by a real git; a local file that git would take is noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chittyops.capabilities.config.model import Change
from chittyops.capabilities.config.providers.git import changes, exposed

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="needs git")


def git(root: Path, *words: str, author: str = "Alice", at: str = "2026-01-02T03:04:05+0200") -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
           (("NAME", author), ("EMAIL", "a@example.com"), ("DATE", at))},
    }  # fmt: skip
    subprocess.run(["git", *words], cwd=root, env=environ, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "chittyops.yaml").write_text("one: 1\ntwo: 2\nthree: 3\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first: it begins")
    return tmp_path


def test_every_line_has_its_own_author(repository: Path) -> None:
    (repository / "sub" / "chittyops.yaml").write_text("one: 1\ntwo: II\nthree: 3\nfour: 4\n")
    git(repository, "commit", "-qam", "second", author="Björn Ö", at="2026-02-03T00:00:00-0130")
    (repository / "sub" / "chittyops.yaml").write_text("one: 1\ntwo: II\nthree: 3\nfour: IV\n")
    found = changes(repository / "sub", [("chittyops.yaml", n) for n in (4, 1, 2)])
    assert set(found) == {("chittyops.yaml", 1), ("chittyops.yaml", 2), ("chittyops.yaml", 4)}
    first, second = found["chittyops.yaml", 1], found["chittyops.yaml", 2]
    assert (first.author, first.at, first.summary) == (
        "Alice", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC), "first: it begins",
    )  # fmt: skip
    assert (second.author, second.at) == ("Björn Ö", datetime(2026, 2, 3, 1, 30, tzinfo=UTC))
    assert len(first.commit) >= 40
    assert first.commit != second.commit
    assert found["chittyops.yaml", 4] == Change()


def test_a_file_that_git_does_not_have_is_not_committed(repository: Path) -> None:
    (repository / "chittyops.yaml").write_text("fleet: shop\n")
    assert changes(repository, [("chittyops.yaml", 1)]) == {("chittyops.yaml", 1): Change()}


def test_without_a_repository_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "chittyops.yaml").write_text("fleet: shop\n")
    assert changes(tmp_path, [("chittyops.yaml", 1)]) == {}
    assert exposed(tmp_path, "chittyops.yaml") == ""


def test_without_git_nothing_is_known(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert changes(repository, [("sub/chittyops.yaml", 1)]) == {}
    assert exposed(repository, "sub/chittyops.yaml") == ""


def test_what_git_would_take(repository: Path) -> None:
    local = "chittyops.local.yaml"
    (repository / local).write_text("defaults: {}\n")
    assert exposed(repository, local) == "not ignored"
    (repository / ".gitignore").write_text(f"{local}\n")
    assert exposed(repository, local) == ""
    git(repository, "add", "-f", local)
    assert exposed(repository, local) == "tracked"


def test_a_hostile_configuration_of_the_repository_runs_nothing(repository: Path) -> None:
    trap = repository / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repository}/sprung\n")
    trap.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(trap))
    changes(repository, [("sub/chittyops.yaml", 1)])
    exposed(repository, "sub/chittyops.yaml")
    assert not (repository / "sprung").exists()
