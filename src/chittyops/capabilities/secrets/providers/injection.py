"""Files for a command that are in memory alone."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from chittyops.kernel.errors import Refused

_MEMORY_FILE_SYSTEMS = frozenset({"tmpfs", "ramfs"})
_MOUNTS = Path("/proc/self/mounts")


def memory_path(name: str, content: bytes) -> str:
    """Return the path of a new file in memory that nobody can change.

    This process can open it, what it becomes, and what that starts, as long as it lives; every opening starts at the
    beginning. Raises Refused where the system has no such files: they would have to be written to disk.
    """
    if not hasattr(os, "memfd_create"):
        message = f"{name} cannot be given as a file: this system has no files in memory"
        raise Refused(message, hint="give it as a variable, or run the command on Linux")
    descriptor = os.memfd_create(name, os.MFD_ALLOW_SEALING)  # not closed on exec: the command inherits it
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.fchmod(descriptor, 0o400)
    seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    # By our number, not by "self": programs close what their own children do not expect to be open.
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def write_to_memory(path: Path, content: bytes) -> None:
    """Write a file, 0600, anew where there is one, on a file system in memory. Raises Refused elsewhere."""
    if file_system(path.parent.resolve()) not in _MEMORY_FILE_SYSTEMS:
        message = f"{path} is not in a memory file system: secrets would be written to disk"
        raise Refused(message, hint="name a file below /dev/shm or $XDG_RUNTIME_DIR, or a variable for its path")
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def file_system(path: Path) -> str:
    """Return the kind of file system that ``path``, which is absolute and no link, lies in; "" where nothing tells."""
    kinds = {}
    with suppress(OSError):
        for line in _MOUNTS.read_text("utf-8", errors="surrogateescape").splitlines():
            _, mounted, kind, *_ = line.split(" ")
            kinds[Path(mounted.replace("\\040", " "))] = kind
    return next((kinds[folder] for folder in (path, *path.parents) if folder in kinds), "")
