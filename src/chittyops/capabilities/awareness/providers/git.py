"""What git tells of a repository that is not trusted.

A repository's own configuration names programs that git runs: file system monitors, filters, signature checkers,
remotes. So git never sees it: it gets a git directory made for the occasion, with an empty configuration and links to
the real objects, refs and index. Nothing is written to the repository.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from chittyops.capabilities.awareness.model.context import Base
from chittyops.capabilities.awareness.model.project import Commit, FileChange, Head, History
from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.runtime.process import NOWHERE, Command, run
from chittyops.runtime.redaction import redacted_text

TIMEOUT_SECONDS: Final = 1.5
SHOWN_COMMITS: Final = 20
LONGEST_ANSWER_BYTES: Final = 1 << 22
_LINKED: Final = ("objects", "refs", "packed-refs", "info", "shallow")
_SHA256_DIGITS: Final = 64
_STATES: Final = {"A": "added", "D": "deleted", "R": "renamed", "C": "added"}
_KEPT_VARIABLES: Final = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Git:
    """The repository at ``repository``; ``folder`` and ``common`` are its git directories."""

    repository: Path
    folder: Path
    common: Path
    head: Head

    async def dirty(self) -> tuple[FileChange, ...]:
        """Return what is not committed. Raises Unavailable where git cannot tell in time."""
        if self.head.state in {"bare", "none"}:
            return ()
        answer = await self._ask(
            "status", "--porcelain=v2", "-z", "--untracked-files=normal", "--ignore-submodules=dirty"
        )
        return tuple(_changes(answer.split("\0")))

    async def tag(self) -> str:
        """Return the nearest tag that HEAD descends from, or ""."""
        if not self.head.commit:
            return ""
        try:
            return (await self._ask("describe", "--tags", "--abbrev=0", "HEAD")).strip()
        except Unavailable:
            return ""  # there is none, or there are so many commits that it does not matter

    async def history(self, base: Base, paths: Sequence[str]) -> History:
        """Return what happened below ``paths`` since ``base``. Raises Unavailable where git cannot tell in time."""
        if not self.head.commit or base.kind == "none":
            return History()
        start = await self._start(base)
        if start is None:
            return History()
        spec = ("--", *(f":(literal){path}" for path in paths))
        span = f"{start}..HEAD" if start else "HEAD"
        diff = ("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", start, "HEAD")
        names = (*(diff if start else ("ls-files", "-z")), *spec)
        log = ["log", "-z", f"-n{SHOWN_COMMITS + 1}", "--no-show-signature", "--format=%h%x00%ct%x00%s", span, *spec]
        commits, files = await asyncio.gather(self._ask(*log), self._ask(*names))
        found = tuple(_commits(commits.split("\0")))
        return History(found[:SHOWN_COMMITS], tuple(filter(None, files.split("\0"))), len(found) > SHOWN_COMMITS)

    async def _start(self, base: Base) -> str | None:
        """Return the commit of ``base``, "" for the beginning of all, None where it is not there."""
        if base.kind == "deployment":
            return (await self._ask("rev-list", "-n1", f"--before={base.at}", "HEAD")).strip()
        ref = f"refs/tags/{base.name}" if base.kind == "tag" else f"refs/remotes/{base.name}"
        try:
            return (
                await self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
            ).strip()
        except Unavailable:
            return None

    async def _ask(self, *words: str) -> str:
        with self._view() as view, tempfile.TemporaryFile() as output:
            environ = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | {
                "GIT_DIR": view,
                "GIT_WORK_TREE": str(self.repository),
                "GIT_INDEX_FILE": str(self.folder / "index"),
                "GIT_OPTIONAL_LOCKS": "0",
                "GIT_ALLOW_PROTOCOL": "none",  # a partial clone must not fetch what it lacks
                "GIT_TERMINAL_PROMPT": "0",
                "LC_ALL": "C",
            }
            argv = ("git", "--no-pager", "-c", "core.fsmonitor=false", *words)
            command = Command(argv, environ, self.repository, death_signal=0)
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    code = await run(command, output=output.fileno(), errors=NOWHERE)
            except TimeoutError:
                message = f"git {words[0]} took longer than {TIMEOUT_SECONDS:g} seconds"
                raise Unavailable(message) from None
            except Misconfigured as error:
                raise Unavailable(error.message, hint="is git installed?") from None
            if code:
                message = f"git {words[0]} cannot read the repository"
                raise Unavailable(message)
            output.seek(0)
            return output.read(LONGEST_ANSWER_BYTES).decode("utf-8", "replace")

    @contextmanager
    def _view(self) -> Iterator[str]:
        with tempfile.TemporaryDirectory(prefix="chittyops-git-") as name:
            view = Path(name)
            shared = [each.name for each in self.common.glob("sharedindex.*")]
            for each in (*_LINKED, *shared):
                if (self.common / each).exists():
                    (view / each).symlink_to(self.common / each)
            wide = len(self.head.commit) == _SHA256_DIGITS
            extension = "[extensions]\n\tobjectformat = sha256\n" if wide else ""
            (view / "config").write_text(f"[core]\n\trepositoryformatversion = {int(wide)}\n{extension}")
            (view / "HEAD").write_text(f"{self.head.commit or self.head.line}\n", errors="surrogateescape")
            yield name


def _changes(records: Sequence[str]) -> Iterator[FileChange]:
    """Yield what ``git status --porcelain=v2 -z`` lists (git-status(1))."""
    rest = iter(records)
    for record in rest:
        kind, _, about = record.partition(" ")
        if kind == "?":
            yield FileChange(about, "untracked")
        elif kind == "u":
            yield FileChange(about.split(" ", 9)[-1], "conflict")
        elif kind == "1":
            yield FileChange(about.split(" ", 7)[-1], _state(about[:2]))
        elif kind == "2":
            yield FileChange(about.split(" ", 8)[-1], "renamed")
            next(rest, "")  # the name before


def _state(letters: str) -> str:
    return next((_STATES[letter] for letter in letters if letter in _STATES), "modified")


def _commits(fields: Sequence[str]) -> Iterator[Commit]:
    for number in range(0, len(fields) - 2, 3):
        id_, seconds, subject = fields[number : number + 3]
        at = datetime.fromtimestamp(int(seconds), UTC).isoformat(timespec="seconds")
        yield Commit(id_, at, redacted_text(subject))
