"""Files for an editor that no one else can read and that do not outlive us: in memory where there is room for files.

Three things take them away: we do, when the editor has ended; a watching process does, the moment we are gone, however
that was; and the next one of us does, where both were killed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from chittyops.runtime.process import NOWHERE, Command, ProcessIdentity, detach

MEMORY = Path("/dev/shm")  # noqa: S108 - files in memory; what is made there is made 0700, by mkdtemp
_PREFIX = "chittyops-edit-"
_MOUNTS = Path("/proc/self/mounts")
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_WATCH = """
import os, shutil, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
os.read(0, 1)
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""
"""Waits until the pipe on its stdin closes, which the kernel sees to when its only writer ends."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """A folder of our own. ``volatile``: it is in memory, never on a disk (but where the system swaps)."""

    folder: Path
    volatile: bool


@contextmanager
def scratch(fallback: Path) -> Iterator[Scratch]:
    """Make a 0700 folder in memory, or else in ``fallback``, that is gone after the block and after a crash."""
    volatile = _is_memory(MEMORY)
    where = MEMORY if volatile else fallback
    sweep(fallback)
    # Its name tells whose it is; until the watching process runs, the next one of us would take it away.
    me = ProcessIdentity.of(os.getpid())
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{me.pid}-{me.started:.0f}-", dir=where))
    reading, writing = os.pipe()
    try:
        watcher = Command((sys.executable, "-I", "-S", "-c", _WATCH, str(folder)), {})
        detach(watcher, output=NOWHERE, given=reading)
        yield Scratch(folder, volatile)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(reading)
        os.close(writing)


def sweep(fallback: Path) -> None:
    """Remove from memory, and from ``fallback``, the folders of ours whose makers are gone."""
    for folder in (*MEMORY.glob(f"{_PREFIX}*-*-*"), *fallback.glob(f"{_PREFIX}*-*-*")):
        pid, started = folder.name.removeprefix(_PREFIX).split("-")[:2]
        with suppress(ValueError, OSError):
            if folder.stat().st_uid == os.geteuid() and not ProcessIdentity(int(pid), float(started)).alive():
                shutil.rmtree(folder, ignore_errors=True)


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to a new file that only we can read, or to the one that an editor left there."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _is_memory(path: Path) -> bool:
    """Return whether ``path`` is a file system in memory that we can write to."""
    try:
        mounts = [line.split() for line in _MOUNTS.read_text("utf-8").splitlines()]
    except OSError:
        return False
    kinds = {mount[2] for mount in mounts if mount[1] == str(path)}
    return bool(kinds & _IN_MEMORY) and os.access(path, os.W_OK)
