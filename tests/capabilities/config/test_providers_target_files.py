"""Files are read as text and written whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from chittyops.capabilities.config.providers import target_files
from chittyops.kernel.errors import Conflict, Misconfigured, Refused


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert target_files.read(tmp_path / "none", "none") is None
    assert target_files.read(tmp_path / "no" / "none", "none") is None
    assert target_files.names(tmp_path / "no") == ()


def test_line_ends_and_the_mode_stay_and_a_link_goes_on_pointing(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_bytes(b"a = 1\r\n")
    real.chmod(0o640)
    (tmp_path / "wrangler.toml").symlink_to(real)
    link = tmp_path / "wrangler.toml"
    text = target_files.read(link, "w")
    assert text == "a = 1\r\n"
    target_files.write(link, "w", text, "a = 2\r\n")
    assert link.is_symlink()
    assert real.read_bytes() == b"a = 2\r\n"
    assert real.stat().st_mode & 0o777 == 0o640
    assert target_files.names(tmp_path) == ("real.toml", "wrangler.toml")


def test_what_somebody_else_changed_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("theirs")
    with pytest.raises(Conflict):
        target_files.write(path, "a", "before", "mine")
    with pytest.raises(Conflict):
        target_files.write(path, "a", None, "mine")
    assert path.read_text() == "theirs"


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(Misconfigured, match="UTF-8"):
        target_files.read(tmp_path / "latin", "latin")
    with pytest.raises(Misconfigured, match="cannot be read"):
        target_files.read(tmp_path, "folder")
    with pytest.raises(Refused, match="cannot be written"):
        target_files.write(tmp_path / "no" / "file", "file", None, "x")
