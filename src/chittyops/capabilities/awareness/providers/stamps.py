"""A stamp of a project: it changes when its files do. Made of what git says anyway, so that no file is read for it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from chittyops import __version__
from chittyops.capabilities.awareness.model.project import FORMAT, FileChange, Place

_MOST_FILES: Final = 500


def stamp(place: Place, dirty: Sequence[FileChange], projects: Sequence[tuple[Path, str, Path]]) -> str:
    """Return the stamp of the project at ``place``.

    ``dirty`` are paths within its root that are not committed; ``projects`` are the repositories below the root, each
    with its commit and its git directory.
    """
    parts = [__version__, str(FORMAT), place.head.commit, place.head.line, *_told(Path(place.root), dirty)]
    if place.fleet_file:
        parts.append(_state(Path(place.fleet_file)))
    parts += [f"{path} {commit} {_state(folder / 'index')}" for path, commit, folder in projects]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _told(root: Path, dirty: Sequence[FileChange]) -> Iterator[str]:
    for each in dirty[:_MOST_FILES]:
        yield f"{each.state} {each.path} {_state(root / each.path)}"


def _state(path: Path) -> str:
    try:
        status = os.lstat(path)
    except OSError:
        return "-"
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
