"""Real repositories, made by the real git with no settings of the user's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Run:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in NAMES.items()},
    }

    def run(folder: Path, *words: str, at: str = "") -> str:
        folder.mkdir(parents=True, exist_ok=True)
        dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at} if at else {}
        command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *words]
        done = subprocess.run(command, cwd=folder, env=environ | dates, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


NAMES = {"NAME": "Ada", "EMAIL": "ada@example.com"}


@pytest.fixture
def repository(tmp_path: Path, git: Run) -> Path:
    """Return a repository on main with one commit, of one file."""
    root = tmp_path / "shop"
    git(root, "init", "-q")
    (root / "a.txt").write_text("a\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root
