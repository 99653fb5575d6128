"""Changes to many files that are made as one, survive being killed midway, and can be taken back byte for byte.

The originals and the journal are in the state directory: they are about this machine's files (times, modes), and an
original may hold a credential that must not be copied to where git sees it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from chittyops.capabilities.adoption.service.shims import Change
from chittyops.kernel.errors import Misconfigured, NotFound, Place, Refused
from chittyops.runtime.filelock import locked
from chittyops.runtime.home import Home

_APPLYING: Final = "applying"
_APPLIED: Final = "applied"
_UNDOING: Final = "undoing"
_NEW_MODE: Final = 0o644


@dataclass(frozen=True, slots=True)
class State:
    """A file as it was or is to be: the SHA-256 of its bytes ("" where there is no file), mode and time."""

    sha256: str = ""
    mode: int = 0
    mtime_ns: int = 0


@dataclass(frozen=True, slots=True)
class Touched:
    """One file that adoption changed. ``folders`` are those that it made for it, the outermost first."""

    path: str
    before: State
    after: State
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Journal:
    """The changes made to the workspace ``root``."""

    home: Home
    root: Path

    def apply(self, changes: Sequence[Change], step: Callable[[str], None] = lambda _: None) -> None:
        """Make all ``changes``, or after a kill have the next call take back those that were made.

        ``step`` is told of each part before it begins.
        """
        with self._locked():
            status, known = self._load()
            if status != _APPLIED:
                self._recover(status, known)
                known = self._load()[1]
            fresh = {change.path: self._planned(change) for change in changes}
            for each in fresh.values():
                step(f"keep {each.path}")
                self._keep(each)
            step("journal")
            joined = {**known, **{path: self._joined(known.get(path), each) for path, each in fresh.items()}}
            # Until all is done, the journal also knows what this step alone changes.
            self._save(_APPLYING, joined, fresh)
            for change in changes:
                step(f"write {change.path}")
                self._write(change.path, change.data, fresh[change.path].after, times=bool(change.copy_of))
            step("finish")
            self._save(_APPLIED, joined, {})

    def undo(self, *, keep_changed: bool = False, step: Callable[[str], None] = lambda _: None) -> tuple[str, ...]:
        """Put back every file as it was, and return their paths.

        Raises NotFound where there is nothing to undo; Refused where files changed since, unless ``keep_changed``
        says that those stay as they are.
        """
        with self._locked():
            status, known = self._load()
            taken_back: tuple[str, ...] = ()
            if status == _APPLYING:
                taken_back = self._recover(status, known)
                status, known = self._load()
            if not known and taken_back:
                return taken_back
            if not known:
                message = "there is nothing to undo here"
                raise NotFound(message, hint="only what `chittyops adopt` changed on this machine can be undone")
            changed = [each.path for each in known.values() if not self._is_ours(each)]
            if changed and not keep_changed and status != _UNDOING:
                message = f"changed since they were adopted: {', '.join(sorted(changed))}"
                hint = "put them back as adopt left them, or pass --keep-changed to leave them and undo the rest"
                raise Refused(message, hint=hint)
            restored = {path: each for path, each in known.items() if path not in changed}
            step("journal")
            self._save(_UNDOING, restored, {})
            for path, each in restored.items():
                step(f"restore {path}")
                self._restore(each)
            step("finish")
            self._remove_folders(restored.values())
            self._forget()
            return tuple(dict.fromkeys((*taken_back, *restored)))

    def touched(self) -> tuple[str, ...]:
        """Return the paths of the files that an undo would put back."""
        return tuple(self._load()[1])

    def _recover(self, status: str, known: dict[str, Touched]) -> tuple[str, ...]:
        """Bring a step that was killed to an end: one that applied is taken back, one that undid is finished."""
        _, joined, fresh = self._read()
        restored = [each for each in (known if status == _UNDOING else fresh).values() if self._is_ours(each)]
        for each in restored:
            self._restore(each)
        self._remove_folders(restored)
        if status == _UNDOING:
            self._forget()
        else:
            before = {path: each for path, each in joined.items() if path not in fresh}
            # What this step had in common with earlier ones is as the earlier ones left it.
            earlier = {
                path: replace(each, after=fresh[path].before)
                for path, each in joined.items()
                if path in fresh and each.before != fresh[path].before
            }
            self._save(_APPLIED, {**before, **earlier}, {})
        return tuple(each.path for each in restored)

    def _joined(self, known: Touched | None, fresh: Touched) -> Touched:
        """Return what to undo of a file that was changed before: back to the last state that people made."""
        if known is None or known.after.sha256 != fresh.before.sha256:
            return fresh
        return replace(fresh, before=known.before, folders=known.folders or fresh.folders)

    def _planned(self, change: Change) -> Touched:
        path = self.root / change.path
        if path.is_symlink():
            message = f"{change.path} is a link, and stays as it is"
            raise Refused(message, hint="adopt what it leads to")
        before = self._state(change.path)
        like = self._state(change.copy_of) if change.copy_of else before
        digest = hashlib.sha256(change.data).hexdigest()
        after = State(digest, like.mode or _NEW_MODE, like.mtime_ns if change.copy_of else 0)
        missing = [folder for folder in path.relative_to(self.root).parents if not (self.root / folder).exists()]
        return Touched(change.path, before, after, tuple(str(folder) for folder in reversed(missing)))

    def _state(self, path: str) -> State:
        full = self.root / path
        try:
            status = full.stat()
            digest = hashlib.sha256(full.read_bytes()).hexdigest()
        except FileNotFoundError:
            return State()
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise Misconfigured(message, place=Place(str(full))) from None
        return State(digest, stat.S_IMODE(status.st_mode), status.st_mtime_ns)

    def _is_ours(self, each: Touched) -> bool:
        """Return whether a file is as adoption left it, or as it was before."""
        return self._state(each.path).sha256 in (each.after.sha256, each.before.sha256)

    def _keep(self, each: Touched) -> None:
        if each.before.sha256:
            blob = self._blob(each.before.sha256)
            if not blob.exists():
                _replace(blob, (self.root / each.path).read_bytes(), 0o600)

    def _write(self, path: str, data: bytes, after: State, *, times: bool) -> None:
        full = self.root / path
        try:
            full.parent.mkdir(parents=True, exist_ok=True)
            _replace(full, data, after.mode, after.mtime_ns if times else 0)
        except OSError as error:
            message = f"{path} cannot be written: {error.strerror}"
            hint = "what was changed so far is taken back by the next `chittyops adopt`"
            raise Misconfigured(message, place=Place(str(full)), hint=hint) from None

    def _restore(self, each: Touched) -> None:
        full = self.root / each.path
        if each.before.sha256:
            full.parent.mkdir(parents=True, exist_ok=True)
            _replace(full, self._blob(each.before.sha256).read_bytes(), each.before.mode, each.before.mtime_ns)
            return
        full.unlink(missing_ok=True)
        _temporary(full).unlink(missing_ok=True)

    def _remove_folders(self, restored: Iterable[Touched]) -> None:
        """Remove the folders that were made and are empty again, the innermost first."""
        made = {folder for each in restored for folder in each.folders}
        for folder in sorted(made, key=len, reverse=True):
            path = self.root / folder
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()

    def _blob(self, digest: str) -> Path:
        return self.home.file("adoption", self._name, "originals", digest)

    @property
    def _name(self) -> str:
        return hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:16]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with locked(self.home.file("adoption", self._name, "lock")):
            yield

    def _load(self) -> tuple[str, dict[str, Touched]]:
        status, joined, _ = self._read()
        return status, joined

    def _read(self) -> tuple[str, dict[str, Touched], dict[str, Touched]]:
        self.home.file("adoption", self._name, "journal.json")
        data = self.home.read_private(f"adoption/{self._name}/journal")
        if data is None:
            return _APPLIED, {}, {}
        return data["status"], _touched(data["files"]), _touched(data["step"])

    def _save(self, status: str, files: dict[str, Touched], step: dict[str, Touched]) -> None:
        data = {
            "root": str(self.root),
            "status": status,
            "files": [asdict(each) for each in files.values()],
            "step": [asdict(each) for each in step.values()],
        }
        self.home.write_private(f"adoption/{self._name}/journal", data)

    def _forget(self) -> None:
        self.home.file("adoption", self._name, "journal.json").unlink(missing_ok=True)
        folder = self.home.file("adoption", self._name, "originals", "x").parent
        for blob in folder.iterdir():
            blob.unlink()


def _touched(rows: Sequence[dict[str, Any]]) -> dict[str, Touched]:
    return {
        row["path"]: Touched(row["path"], State(**row["before"]), State(**row["after"]), tuple(row["folders"]))
        for row in rows
    }


def _temporary(path: Path) -> Path:
    """Return where the new content of ``path`` is written first: always the same, so that a kill leaves one at most."""
    return path.with_name(f".{path.name[:200]}.chittyops-new")


def _replace(path: Path, data: bytes, mode: int, mtime_ns: int = 0) -> None:
    """Put ``data`` in the place of ``path``, whole or not at all."""
    temporary = _temporary(path)
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb"
        ) as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        if mtime_ns:
            os.utime(temporary, ns=(mtime_ns, mtime_ns))
        temporary.replace(path)
    except BaseException:  # interrupted or not, nothing is left behind
        temporary.unlink(missing_ok=True)
        raise
