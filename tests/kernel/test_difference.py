"""Differences are those that patch(1) takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from chittyops.kernel.difference import unified


def test_without_a_difference_there_is_none() -> None:
    assert unified("x", "a\n", "a\n") == ""


@pytest.mark.parametrize(("before", "after"), [("a\nb\n", "a\nc\n"), ("a", "b\n"), ("a\n", "b"), ("", "new\n")])
def test_git_makes_one_text_of_the_other_by_it(tmp_path: Path, before: str, after: str) -> None:
    if before:
        (tmp_path / "x").write_text(before)
    patch = unified("x", before, after)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    assert (tmp_path / "x").read_text() == after
