"""The versions of a file that git could not merge, and who made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chittyops.kernel.errors import Misconfigured, Refused
from chittyops.runtime.process import Captured, Command, captured

_OTHER_HEADS = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "REVERT_HEAD")
_OWN_VARIABLES = {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
_MOST_CONFLICTS = 127
"""``git merge-file`` ends with the number of conflicts, at most this; above is trouble."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What both sides have, and their common ancestor where there is one."""

    base: bytes | None
    ours: bytes
    theirs: bytes


class Index:
    """What git knows of a merge under way below ``root``."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        """Take any folder of the repository."""
        self._root, self._environ = root, environ

    def unmerged(self) -> list[str]:
        """Return the files in conflict below the root, relative to it."""
        listed = self._git("diff", "--name-only", "--diff-filter=U", "--relative", "-z").output.decode()
        return [name for name in listed.split("\0") if name]

    def stages(self, path: str) -> Stages:
        """Return the versions of ``path``. Raises Misconfigured without a conflict, Refused where a side removed it."""
        base, ours, theirs = (self._stage(number, path) for number in (1, 2, 3))
        if ours is None and theirs is None:
            raise Misconfigured(
                f"git knows of no conflict in {path}",
                hint=f"if conflict markers stand in it, `git checkout --merge -- {path}` brings the conflict back",
            )
        if ours is None or theirs is None:
            raise Refused(
                f"{path} was changed by one side and removed by the other",
                hint=f"`git add {path}` keeps it, `git rm {path}` removes it",
            )
        return Stages(base, ours, theirs)

    def authors(self, path: str) -> tuple[str, str]:
        """Return who last changed ``path`` on our side and on the other, with the day; "" where git does not know."""
        heads = (head for head in _OTHER_HEADS if not self._git("rev-parse", "-q", "--verify", head).code)
        other = next(heads, "")
        return self._author("HEAD", path), self._author(other, path) if other else ""

    def _stage(self, number: int, path: str) -> bytes | None:
        shown = self._git("cat-file", "blob", f":{number}:./{path}")
        return None if shown.code else shown.output

    def _author(self, head: str, path: str) -> str:
        base = self._git("merge-base", "HEAD", head).output.decode().strip() if head != "HEAD" else ""
        which = f"{base}..{head}" if base else head
        return self._git("log", "-1", "--format=%an, %ad", "--date=short", which, "--", path).output.decode().strip()

    def _git(self, *arguments: str) -> Captured:
        command = Command(("git", *arguments), {**self._environ, **_OWN_VARIABLES}, self._root)
        return captured(command)


def by_lines(base: Path, ours: Path, theirs: Path, environ: Mapping[str, str]) -> bytes:
    """Return the three files merged line by line, with conflict markers, as git does it by itself."""
    labels = ("-L", "ours", "-L", "base", "-L", "theirs")
    done = captured(Command(("git", "merge-file", "-p", *labels, str(ours), str(base), str(theirs)), dict(environ)))
    if not 0 <= done.code <= _MOST_CONFLICTS:
        raise Misconfigured(f"git cannot merge {ours}: {done.errors.decode(errors='replace').strip()}")
    return done.output
