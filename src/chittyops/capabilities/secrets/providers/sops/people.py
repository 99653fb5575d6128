"""Who can read the files of a store: the files made, opened to somebody and closed again, planned before written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chittyops.capabilities.secrets.providers.sops import creation
from chittyops.capabilities.secrets.providers.sops.document import Document, create, dump, outline, with_recipients
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Conflict, Refused
from chittyops.runtime import atomic
from chittyops.runtime.filelock import locked

ATTRIBUTES = ".gitattributes"
DRIVER = "chittyops-secrets"
"""What git calls the merge driver."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file to be written: ``before`` and ``after`` are its bytes, ``added`` and ``removed`` its recipients."""

    path: str
    before: bytes | None
    after: bytes
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class People:
    """The readers of the files of one store."""

    def __init__(
        self, root: Path, paths: Mapping[str, str], load: Callable[[bytes, str], Document], clock: Clock
    ) -> None:
        """Take the workspace, its files (relative to it) by environment, and what decrypts one."""
        self._root, self._paths, self._load, self._clock = root, paths, load, clock

    def readers(self) -> dict[str, tuple[str, ...]]:
        """Return the recipients of each file that is there, by path. Raises Misconfigured."""
        present = [path for path in self._paths.values() if (self._root / path).exists()]
        return {path: outline((self._root / path).read_bytes(), path).recipients for path in present}

    def missing(self) -> list[str]:
        """Return the files that are not there."""
        return [path for path in self._paths.values() if not (self._root / path).exists()]

    def created(self, recipients: Sequence[str]) -> list[Change]:
        """Return the files that are missing, empty."""
        return [
            Change(path, None, dump(create(path, recipients), self._clock), tuple(recipients))
            for path in self.missing()
        ]

    def granted(self, recipient: str, environments: Sequence[str]) -> list[Change]:
        """Return the files of ``environments`` opened to ``recipient``. Raises Misconfigured for what is none."""
        return self._changed(environments, lambda who: who if recipient in who else (*who, recipient))

    def revoked(self, recipient: str, environments: Sequence[str]) -> list[Change]:
        """Return the files of ``environments`` encrypted anew, with a new data key, for all but ``recipient``.

        Raises Refused where nobody would be left.
        """
        return self._changed(environments, lambda who: tuple(each for each in who if each != recipient))

    def rules(self, changes: Sequence[Change]) -> list[Change]:
        """Return the changes that keep .sops.yaml in step with ``changes``. Raises Misconfigured."""
        readers = self.readers()
        for change in changes:
            kept = [each for each in readers.get(change.path, ()) if each not in change.removed]
            readers[change.path] = tuple(dict.fromkeys((*kept, *change.added)))
        return self._text(creation.NAME, lambda text: creation.with_readers(text, readers))

    def attributes(self, folder: str) -> list[Change]:
        """Return the change that lets git merge the files by our driver, and leave their lines as they are."""
        lines = [f"/{folder}/*.sops.{each} text eol=lf merge={DRIVER}" for each in ("yaml", "json", "env")]

        def added(text: str) -> str:
            new = [line for line in lines if line not in text.splitlines()]
            start = text if not text or text.endswith("\n") else f"{text}\n"
            return start + "".join(f"{line}\n" for line in new)

        return self._text(ATTRIBUTES, added)

    def write(self, changes: Sequence[Change], lock: Path) -> None:
        """Write ``changes``. Raises Conflict, with nothing written, where a file is not what it was any more."""
        with locked(lock):
            for change in changes:
                path = self._root / change.path
                now = path.read_bytes() if path.exists() else None
                if now != change.before:
                    raise Conflict(
                        f"{change.path} was changed by somebody else meanwhile; nothing was written", hint="do it again"
                    )
            for change in changes:
                path = self._root / change.path
                path.parent.mkdir(parents=True, exist_ok=True)
                mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
                atomic.write(path, change.after, lasting=True)
                path.chmod(mode)  # encrypted or no secret, and for everybody who works on the repository

    def _changed(
        self, environments: Sequence[str], wanted: Callable[[tuple[str, ...]], tuple[str, ...]]
    ) -> list[Change]:
        changes = []
        for environment in environments:
            path = self._paths[environment]
            before = (self._root / path).read_bytes() if (self._root / path).exists() else b""
            if not before:
                continue
            now = outline(before, path).recipients
            then = wanted(now)
            if then == now:
                continue
            if not then:
                raise Refused(f"nobody could read {path} any more", hint="grant somebody else first")
            after = dump(with_recipients(self._load(before, path), then), self._clock)
            added, removed = (tuple(each for each in a if each not in b) for a, b in ((then, now), (now, then)))
            changes.append(Change(path, before, after, added, removed))
        return changes

    def _text(self, name: str, change: Callable[[str], str]) -> list[Change]:
        path = self._root / name
        before = path.read_bytes() if path.exists() else None
        after = change((before or b"").decode()).encode()
        return [Change(name, before, after)] if after != (before or b"") else []
