"""A file is written as a whole, for its owner alone, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from chittyops.runtime import atomic


@pytest.mark.parametrize("lasting", [False, True])
def test_the_new_content_replaces_the_old(tmp_path: Path, lasting: bool) -> None:
    path = tmp_path / ("n" * 250)
    path.write_text("before")
    atomic.write(path, b"after", lasting=lasting)
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder" / "file").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        atomic.write(tmp_path / "folder", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
