"""What the supervisor writes itself, and the rotation of what all the processes write.

It logs without structlog, whose loading would add a third to the memory and the start of this process.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from chittyops.kernel.clock import Clock

Say = Callable[..., None]
"""Writes one event and what belongs to it."""


def say_to(stream: TextIO, clock: Clock) -> Say:
    """Return what writes events to ``stream``, as JSON lines like those of the other processes."""

    def say(event: str, **details: Any) -> None:
        line = {"event": event, **details, "process": details.get("process", "supervisor"), "level": "info"}
        stream.write(json.dumps({**line, "at": clock.now().isoformat().replace("+00:00", "Z")}) + "\n")
        stream.flush()

    return say


def rotate(folder: Path, *, max_bytes: int, backups: int) -> None:
    """Move what every log in ``folder`` holds beyond ``max_bytes`` to ``NAME.log.1`` and so on.

    The processes have their logs open to append, so a file is copied and emptied, not renamed: they go on at its
    beginning. A line written between the two is lost.
    """
    for log in folder.glob("*.log"):
        if log.stat().st_size <= max_bytes:
            continue
        for number in range(backups, 1, -1):
            older = log.with_name(f"{log.name}.{number - 1}")
            if older.exists():
                older.replace(log.with_name(f"{log.name}.{number}"))
        backup = log.with_name(f"{log.name}.1")
        backup.touch(mode=0o600)
        shutil.copyfile(log, backup)
        with log.open("r+") as file:
            file.truncate()
