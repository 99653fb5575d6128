"""What a service declares, kept with its secrets as they are encrypted, until one of the files changes.

To read a fleet takes longer than most commands. Nothing is imported here that ``chittyops run`` could do without.
"""

# ruff: noqa: PTH109, PTH116, PTH118, PTH123 - pathlib is one of the things that take too long to import
from __future__ import annotations

import json
import os
from binascii import crc32
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from chittyops import __version__

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "kept"
NO_LOCAL = "CHITTYOPS_NO_LOCAL"
_SETTLED_SECONDS = 2.0
"""A file that changed within this time may change again without any of its times showing it."""
_DAYS_KEPT = 30


def load(home: str, service: str, environment: str) -> Any:
    """Return what ``save`` kept for the same words, None where there is nothing or a file has changed since."""
    words = _words(service, environment)
    try:
        descriptor = os.open(_path(home, words), os.O_RDONLY | os.O_NOFOLLOW)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if status.st_uid != os.geteuid() or status.st_mode & 0o077:
                return None
            kept = json.load(file)
        same = kept["words"] == words and all(stamp(path) == before for path, before in kept["files"].items())
        return kept["content"] if same else None
    except (OSError, ValueError, KeyError, TypeError):  # it is not there, or is damaged
        return None


def save(
    home: Path, service: str, environment: str, *, files: Iterable[Path], content: Mapping[str, Any], began: float
) -> None:
    """Keep ``content``, which was made of ``files`` (those not there count too) since ``began``, in seconds.

    Not where one of them changed so shortly before, or since, that its times would not tell.
    """
    from contextlib import suppress
    from pathlib import Path

    from chittyops.runtime import atomic

    words = _words(service, environment)
    stamps = {str(each): stamp(str(each)) for each in files}
    if not settled(stamps, began):
        return
    path = Path(_path(str(home), words))
    with suppress(OSError):  # only speed is lost
        path.parent.mkdir(mode=0o700, exist_ok=True)
        for each in path.parent.iterdir():
            if each.stat().st_mtime < began - _DAYS_KEPT * 86_400:
                each.unlink()
        atomic.write(path, json.dumps({"words": words, "files": stamps, "content": content}).encode())


def _words(service: str, environment: str) -> list[str]:
    """Return all that the content depends on besides files."""
    return [__version__, os.getcwd(), service, environment, os.environ.get(NO_LOCAL, "")]


def _path(home: str, words: list[str]) -> str:
    return os.path.join(home, FOLDER, f"{crc32(repr(words).encode('utf-8', 'surrogateescape')):08x}.json")


def settled(stamps: Mapping[str, list[int] | None], began: float) -> bool:
    """Return whether files that look like ``stamps`` still are what they were at ``began``, in seconds, for certain."""
    return all(each is None or max(each[2:]) < (began - _SETTLED_SECONDS) * 1e9 for each in stamps.values())


def stamp(path: str) -> list[int] | None:
    """Return what tells one state of a file from another; None where there is no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
