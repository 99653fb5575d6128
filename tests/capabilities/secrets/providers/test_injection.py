"""Files for a command are in memory, cannot be changed, and are nowhere else."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chittyops.capabilities.secrets.providers import injection
from chittyops.kernel.errors import Refused

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="needs files in memory, which Linux has")


def test_a_memory_file_can_be_read_again_and_again_but_not_changed() -> None:
    path = Path(injection.memory_path("key", b"value\n"))
    assert [path.read_bytes() for _ in range(2)] == [b"value\n"] * 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    with pytest.raises(PermissionError):
        path.write_bytes(b"x")
    child = [sys.executable, "-c", f"print(open({str(path)!r}).read(), end='')"]
    assert subprocess.check_output(child, close_fds=True) == b"value\n"
    os.close(int(path.name))


def test_without_memory_files_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    with pytest.raises(Refused, match="no files in memory"):
        injection.memory_path("key", b"value")


def test_a_path_on_a_disk_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"root / ext4 rw 0 0\nt {tmp_path}/in\\040memory tmpfs rw 0 0\n")
    monkeypatch.setattr(injection, "_MOUNTS", mounts)
    with pytest.raises(Refused, match="memory file system"):
        injection.write_to_memory(tmp_path / "out", b"value")
    folder = tmp_path / "in memory"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    (folder / "out").symlink_to(tmp_path / "elsewhere")
    injection.write_to_memory(tmp_path / "link" / "out", b"value")
    assert (folder / "out").read_bytes() == b"value"
    assert not (tmp_path / "elsewhere").exists()
    assert stat.S_IMODE((folder / "out").stat().st_mode) == 0o600


def test_a_link_out_of_memory_is_seen_through(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"root / ext4 rw 0 0\nt {tmp_path}/memory tmpfs rw 0 0\n")
    monkeypatch.setattr(injection, "_MOUNTS", mounts)
    (tmp_path / "memory").mkdir()
    (tmp_path / "disk").mkdir()
    (tmp_path / "memory" / "link").symlink_to(tmp_path / "disk")
    with pytest.raises(Refused):
        injection.write_to_memory(tmp_path / "memory" / "link" / "out", b"value")


def test_where_nothing_tells_what_a_folder_is_it_counts_as_a_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(injection, "_MOUNTS", tmp_path / "none")
    assert injection.file_system(tmp_path) == ""
