"""What is remembered in the state directory (0600): signs of use, projects as last read, and the lines of prompts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from msgspec import DecodeError, ValidationError, json

from chittyops.capabilities.awareness.model.project import FORMAT, Activity, Snapshot
from chittyops.runtime import atomic
from chittyops.runtime.filelock import locked
from chittyops.runtime.home import Home

FOLDER: Final = "awareness"
KEPT_ACTIVITIES: Final = 1000
_SLACK: Final = 500
_MOST_BYTES: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Activities:
    """Signs of use, one line of JSON each, appended."""

    home: Home

    @property
    def _path(self) -> Path:
        return self.home.file(FOLDER, "activity.jsonl")

    def activities(self) -> Sequence[Activity]:
        """Return them, the oldest first."""
        try:
            lines = self._path.read_bytes()[-_MOST_BYTES:].splitlines()
        except OSError:
            return ()
        found = []
        for line in lines:
            with suppress(DecodeError, ValidationError):  # cut off when the machine stopped
                found.append(json.decode(line, type=Activity))
        return found

    def add(self, activity: Activity) -> None:
        """Remember one more, and forget the oldest where there are many."""
        with locked(self.home.file(FOLDER, "activity.lock")):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as stream:
                stream.write(json.encode(activity) + b"\n")
            known = self.activities()
            if len(known) > KEPT_ACTIVITIES + _SLACK:
                kept = b"".join(json.encode(each) + b"\n" for each in known[-KEPT_ACTIVITIES:])
                atomic.write(self._path, kept)


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """Projects as last read, one file each."""

    home: Home

    def load(self, root: str) -> Snapshot | None:
        """Return what is known of the project at ``root``; None where that is nothing, or of another version."""
        try:
            found = json.decode(self._path(root).read_bytes(), type=Snapshot)
        except (OSError, DecodeError, ValidationError):
            return None
        return found if found.version == FORMAT and found.root == root else None

    def keep(self, snapshot: Snapshot) -> None:
        """Keep ``snapshot`` in the place of the one before."""
        atomic.write(self._path(snapshot.root), json.encode(snapshot))

    def lock_path(self, root: str) -> Path:
        """Return the file whose lock is held by whoever reads the project."""
        return self._path(root).with_suffix(".lock")

    def _path(self, root: str) -> Path:
        return self.home.file(FOLDER, "projects", f"{sha256(os.fsencode(root)).hexdigest()[:16]}.json")


@dataclass(frozen=True, slots=True)
class Prompts:
    """The line of each folder's prompt, in a file below a copy of the folder's path: shells find it without a tool."""

    home: Home
    name: str

    @property
    def folder(self) -> Path:
        """Return the folder that the copies of paths begin in."""
        return self.home.file(FOLDER, "prompts", "-").parent

    def keep(self, folder: str, lines: Sequence[str]) -> None:
        """Keep ``lines`` for ``folder``, an absolute path as the shell names it. Too long a path gets none."""
        parts = [part for part in folder.split("/") if part not in {"", ".", ".."}]
        with suppress(OSError, ValueError):
            path = self.home.file(FOLDER, "prompts", *parts, self.name)
            atomic.write(path, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
