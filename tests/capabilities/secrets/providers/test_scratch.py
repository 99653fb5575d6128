"""Files for an editor: private, in memory, and gone whatever ends us."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chittyops.capabilities.secrets.providers import scratch as module
from chittyops.capabilities.secrets.providers.scratch import scratch, sweep, write_private

HOLD = """
import os, sys, time
from pathlib import Path
from chittyops.capabilities.secrets.providers import scratch
scratch.MEMORY = Path(sys.argv[1])
with scratch.scratch(Path(sys.argv[1])) as made:
    scratch.write_private(made.folder / "text", "planted")
    print(made.folder, flush=True)
    time.sleep(60)
"""


def until_gone(path: Path) -> bool:
    for _ in range(200):
        if not path.exists():
            return True
        time.sleep(0.05)
    return False


def held(where: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start a process that holds a scratch folder in ``where``; return both."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(where)], stdout=subprocess.PIPE)
    assert process.stdout
    with process.stdout:
        folder = Path(process.stdout.readline().decode().strip())
    assert (folder / "text").read_text() == "planted"
    return process, folder


def watcher_of(folder: Path) -> int:
    """Return the pid of the process that watches over ``folder``."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if len(words) > 1 and words[-2:-1] == [str(folder).encode()]:
            return int(process.name)
    raise AssertionError(folder)


def test_a_folder_is_ours_alone_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch(tmp_path) as made:
        write_private(made.folder / "text", "one")
        write_private(made.folder / "text", "two")
        assert (made.folder / "text").read_text() == "two"
        assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((made.folder / "text").stat().st_mode) == 0o600
    assert not made.folder.exists()


def test_it_is_in_memory_where_there_is_some(tmp_path: Path) -> None:
    if not Path("/dev/shm").is_mount():
        pytest.skip("needs /dev/shm, which is not mounted")
    with scratch(tmp_path) as made:
        assert made.volatile
        assert made.folder.is_relative_to("/dev/shm")


def test_without_memory_for_files_it_is_where_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEMORY", tmp_path / "nowhere")
    with scratch(tmp_path) as made:
        assert not made.volatile
        assert made.folder.parent == tmp_path


def test_an_error_takes_it_away_too(tmp_path: Path) -> None:
    with pytest.raises(KeyError), scratch(tmp_path) as made:
        raise KeyError
    assert not made.folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "terminate"])
def test_it_is_gone_the_moment_we_are(tmp_path: Path, number: int) -> None:
    process, folder = held(tmp_path)
    process.send_signal(number)
    process.wait()
    assert until_gone(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, which only Linux has")
def test_the_next_one_takes_away_what_two_deaths_left(tmp_path: Path) -> None:
    process, folder = held(tmp_path)
    os.kill(watcher_of(folder), signal.SIGKILL)
    process.kill()
    process.wait()
    assert (folder / "text").read_text() == "planted"
    sweep(tmp_path)
    assert not folder.exists()


def test_what_a_living_process_holds_stays(tmp_path: Path) -> None:
    process, folder = held(tmp_path)
    try:
        sweep(tmp_path)
        assert (folder / "text").exists()
    finally:
        process.kill()
        process.wait()
    assert until_gone(folder)


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    for name in ("chittyops-edit-x-y-z", "chittyops-edit-", "other"):
        (tmp_path / name).mkdir()
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
