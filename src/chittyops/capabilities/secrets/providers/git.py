"""What git knows about the files of secrets: who changed them and when, what is tracked, what was ever committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chittyops.capabilities.secrets.model import Slot
from chittyops.capabilities.secrets.service.check import present
from chittyops.kernel.errors import ChittyOpsError, Misconfigured, Refused, Unavailable
from chittyops.runtime.process import Captured, Command, captured

TIMEOUT_SECONDS = 300.0
LARGEST_BLOB_BYTES = 2 << 20
"""Larger objects are no text that people write; they are not searched."""
_BATCH_BYTES = 32 << 20
_OWN_VARIABLES = {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that touched a file; ``path`` is that file, relative to the folder asked about."""

    id: str
    author: str
    at: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Git:
    """The repository that ``root`` is in."""

    root: Path
    environ: Mapping[str, str]

    def present(self) -> bool:
        """Return whether ``root`` is in a repository, and git is here to read it."""
        try:
            return self._run("rev-parse", "--is-inside-work-tree").output.strip() == b"true"
        except ChittyOpsError:
            return False

    def tracked(self, path: Path) -> bool:
        """Return whether git tracks ``path``."""
        return self._run("ls-files", "--error-unmatch", "--", str(path)).code == 0

    def ignored(self, path: Path) -> bool:
        """Return whether git is told to ignore ``path``."""
        return self._run("check-ignore", "-q", "--", str(path)).code == 0

    def committed(self, path: Path) -> bool:
        """Return whether ``path`` is as the last commit has it."""
        return self.tracked(path) and not self._run("status", "--porcelain", "--", str(path)).output.strip()

    def undo_of(self, path: Path) -> str:
        """Return how a change to ``path`` that is about to be made can be taken back."""
        shown = path.relative_to(self.root)
        if not self.present() or not self.tracked(path):
            return f"git does not track {shown}: there is no undo"
        if self.committed(path):
            return f"undo: git checkout -- {shown}"
        return f"{shown} has changes that are in no commit: git cannot bring them back"

    def refuse_shared(self, path: Path) -> None:
        """Raise Refused where values in the file ``path`` could come into git, also where git does not say.

        Raises Unavailable in a repository that there is no git for.
        """
        if not any((folder / ".git").exists() for folder in (path.parent.resolve() / path.name).parents):
            return
        if self.tracked(path):
            message = f"git tracks {path}"
            raise Refused(message, hint="write to a file outside of the repository, or one that git ignores")
        if not self.ignored(path):
            raise Refused(f"git does not ignore {path}", hint=f"add {path.name} to .gitignore first")

    def leaks(self, wanted: Mapping[Slot, bytes], *, history: bool) -> Iterator[tuple[Slot, str]]:
        """Yield which of the ``wanted`` values stand in which file of the work tree, or in what was ever committed."""
        if not wanted or not self.present():
            return
        found = set()
        for slot, name in present(wanted, self.working_files()):
            found.add((slot, name))
            yield slot, name
        for slot, blob in present(wanted, self.blobs()) if history else ():
            for commit in self.commit_of(blob):
                if (slot, commit.path) not in found:
                    found.add((slot, commit.path))
                    yield slot, f"{commit.path}, commit {commit.id[:10]} by {commit.author}, {commit.at:%Y-%m-%d}"

    def commits(self, paths: Iterable[str], *, everywhere: bool = False) -> list[Commit]:
        """Return the commits that touched ``paths`` (relative to the root), the oldest first, one for each path.

        ``everywhere``: on all branches and tags, not only below HEAD.
        """
        form = "--format=%x1e%H%x1f%an%x1f%aI"
        which = ["--all"] if everywhere else []
        # A merge is listed by what it changed against its first parent: a conflict may have been settled in it.
        log = (
            "log",
            *which,
            form,
            "--relative",
            "--name-only",
            "--diff-merges=first-parent",
            "-z",
            "--reverse",
            "--date-order",
        )
        listed = self._run(*log, "--", *paths).output.decode(errors="replace")
        found = []
        for record in listed.split("\x1e")[1:]:
            head, _, names = record.partition("\0")
            commit, author, at = head.split("\x1f")
            touched = [name.strip("\n") for name in names.split("\0") if name.strip("\n")]
            found += [
                Commit(commit, author, datetime.fromisoformat(at.strip()).astimezone(UTC), name) for name in touched
            ]
        return found

    def contents(self, commits: Iterable[Commit]) -> Iterator[tuple[Commit, bytes | None]]:
        """Yield each of ``commits`` with its file as it was then; None where the commit removed it."""
        wanted = list(commits)
        names = "".join(f"{each.id}:./{each.path}\n" for each in wanted)
        answer = self._run("cat-file", "--batch", given=names.encode()).output
        return zip(wanted, _batch(answer, len(wanted)), strict=True)

    def working_files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the files below the root that git tracks or would track, with their contents; large ones left out."""
        listed = self._run("ls-files", "-z", "--cached", "--others", "--exclude-standard").output
        for name in dict.fromkeys(listed.decode(errors="surrogateescape").split("\0")):
            path = self.root / name
            try:
                if not name or path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_BLOB_BYTES:
                    continue
                data = path.read_bytes()
            except OSError:
                # It is gone by now, or not for us to read: git takes nothing of it from here either.
                continue
            yield name, data

    def blobs(self) -> Iterator[tuple[str, bytes]]:
        """Yield every file content that was ever committed, by its object's name; large ones are left out."""
        form = "--batch-check=%(objecttype) %(objectname) %(objectsize)"
        listed = self._run("cat-file", "--batch-all-objects", "--unordered", form).output.decode()
        batch: list[str] = []
        size = 0
        for kind, name, length in map(str.split, listed.splitlines()):
            if kind != "blob" or int(length) > LARGEST_BLOB_BYTES:
                continue
            if size + int(length) > _BATCH_BYTES:
                yield from self._objects(batch)
                batch, size = [], 0
            batch.append(name)
            size += int(length)
        yield from self._objects(batch)

    def commit_of(self, blob: str) -> tuple[Commit, ...]:
        """Return the first commit that brought in the object ``blob``, on any branch; none where none did."""
        form = "--format=%x1e%H%x1f%an%x1f%aI"
        log = self._run("log", "--all", "--reverse", form, "--name-only", "-z", f"--find-object={blob}").output
        for record in log.decode(errors="replace").split("\x1e")[1:]:
            head, _, names = record.partition("\0")
            commit, author, at = head.split("\x1f")
            name = names.split("\0")[0].strip("\n")
            return (Commit(commit, author, datetime.fromisoformat(at.strip()).astimezone(UTC), name),)
        return ()

    def _objects(self, names: list[str]) -> Iterator[tuple[str, bytes]]:
        if names:
            answer = self._run("cat-file", "--batch", given=("\n".join(names) + "\n").encode()).output
            yield from ((name, data) for name, data in zip(names, _batch(answer, len(names)), strict=True) if data)

    def _run(self, *arguments: str, given: bytes = b"") -> Captured:
        # Signatures, where somebody's settings want them shown, would stand among the answers.
        argv = ("git", "-c", "core.quotepath=off", "-c", "log.showSignature=false", *arguments)
        command = Command(argv, {**self.environ, **_OWN_VARIABLES}, self.root)
        try:
            return captured(command, given=given, timeout_seconds=TIMEOUT_SECONDS)
        except Misconfigured as error:
            raise Unavailable(error.message, hint="install git", permanent=True) from None


def _batch(answer: bytes, count: int) -> Iterator[bytes | None]:
    """Yield the objects in an answer of ``git cat-file --batch`` (its manual, "BATCH OUTPUT")."""
    at = 0
    for _ in range(count):
        end = answer.index(b"\n", at)
        words = answer[at:end].rsplit(b" ", 2)
        at = end + 1
        if words[-1] == b"missing":
            yield None
            continue
        size = int(words[-1])
        yield answer[at : at + size]
        at += size + 1
