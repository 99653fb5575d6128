"""What git knows of the files that configuration stands in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from chittyops.capabilities.config.model import Change
from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.runtime.process import Captured, Command, captured

TIMEOUT_SECONDS: Final = 10.0
_KEPT: Final = ("PATH", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
_ADDED: Final = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_HEAD: Final = re.compile(r"([0-9a-f]{40,64}) \d+ (\d+)(?: \d+)?")
_NOT_COMMITTED: Final = re.compile(r"0+")

Lines = Mapping[tuple[str, int], Change]


def changes(root: Path, lines: Iterable[tuple[str, int]]) -> Lines:
    """Return who last changed each of ``lines`` (a path relative to ``root``, and a number); nothing without git."""
    wanted: dict[str, set[int]] = {}
    for path, number in lines:
        wanted.setdefault(path, set()).add(number)
    found: dict[tuple[str, int], Change] = {}
    for path, numbers in wanted.items():
        ranges = [word for number in sorted(numbers) for word in ("-L", f"{number},{number}")]
        answer = _ask(root, "blame", "--porcelain", *ranges, "--", path)
        if answer and answer.code == 0:
            found.update(((path, number), change) for number, change in _blamed(answer.output))
        elif answer and b"no such path" in answer.errors:
            found.update(((path, number), Change()) for number in numbers)
    return found


def exposed(root: Path, path: str) -> str:
    """Return ``tracked`` or ``not ignored`` for a file that git must not take, "" where all is well or is no git."""
    tracked = _ask(root, "ls-files", "--error-unmatch", "--", path)
    if tracked is None or b"not a git repository" in tracked.errors:
        return ""
    if tracked.code == 0:
        return "tracked"
    ignored = _ask(root, "check-ignore", "-q", "--", path)
    return "not ignored" if ignored and ignored.code == 1 else ""


def _ask(root: Path, *words: str) -> Captured | None:
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ} | _ADDED
    # What a repository's own configuration would run is left out: we only read.
    command = Command(("git", "--no-pager", "-c", "core.fsmonitor=false", *words), environ, root)
    try:
        return captured(command, timeout_seconds=TIMEOUT_SECONDS)
    except (Misconfigured, Unavailable):
        return None


def _blamed(output: bytes) -> Iterator[tuple[int, Change]]:
    """Yield line numbers and changes of ``git blame --porcelain`` (its manual, "THE PORCELAIN FORMAT")."""
    commits: dict[str, dict[str, str]] = {}
    commit, number = "", 0
    for line in output.decode("utf-8", "replace").split("\n"):
        if line.startswith("\t"):
            yield number, _change(commit, commits[commit])
        elif head := _HEAD.fullmatch(line):
            commit, number = head[1], int(head[2])
            commits.setdefault(commit, {})
        elif commit:
            key, _, value = line.partition(" ")
            commits[commit][key] = value


def _change(commit: str, told: Mapping[str, str]) -> Change:
    if _NOT_COMMITTED.fullmatch(commit):
        return Change()
    zone = told.get("author-tz", "+0000")
    minutes = (int(zone[1:3]) * 60 + int(zone[3:5])) * (-1 if zone.startswith("-") else 1)
    at = datetime.fromtimestamp(int(told.get("author-time", "0")), timezone(timedelta(minutes=minutes)))
    return Change(commit, told.get("author", ""), at.astimezone(UTC), told.get("summary", ""))
