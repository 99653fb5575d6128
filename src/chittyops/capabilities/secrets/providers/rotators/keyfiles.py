"""The readers of the store as the rotation of a key changes them, and the key file of this home."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyrage  # type: ignore[import-untyped]
from pyrage import x25519

from chittyops.kernel.errors import Refused
from chittyops.kernel.secret import Secret
from chittyops.runtime import atomic
from chittyops.runtime.home import Home

KEYS = ("keys", "age.txt")
RETIRED = ("keys", "age-retired.txt")
"""Where keys go that were rotated: old commits of the store can still be read with them, by whoever names the file."""
_PREFIX = "AGE-SECRET-KEY-1"


class Readers(Protocol):
    """What changes who can read the files of a store."""

    def readers(self) -> Mapping[str, Sequence[str]]:
        """Return the recipients of each file, by path."""
        ...

    def granted(self, recipient: str, environments: Sequence[str]) -> list[Any]:
        """Return the files opened to ``recipient``."""
        ...

    def revoked(self, recipient: str, environments: Sequence[str]) -> list[Any]:
        """Return the files closed to ``recipient``."""
        ...

    def rules(self, changes: Sequence[Any]) -> list[Any]:
        """Return the changes of .sops.yaml that follow."""
        ...

    def write(self, changes: Sequence[Any], lock: Path) -> None:
        """Write changes."""
        ...


class StoreReaders:
    """Implements ``KeyFiles`` of the setting. ``paths`` are the files by environment, ``load`` decrypts one."""

    def __init__(
        self, people: Readers, root: Path, paths: Mapping[str, str], load: Callable[..., object], lock: Path
    ) -> None:
        """Take what changes readers."""
        self._people, self._root, self._paths, self._load, self._lock = people, root, paths, load, lock

    def readers(self) -> Mapping[str, Sequence[str]]:
        """Return the recipients of each file."""
        return self._people.readers()

    def admit(self, new: str, beside: str) -> None:
        """Let ``new`` read every file that ``beside`` can read."""
        self._write(self._people.granted(new, self._of(beside)))

    def dismiss(self, old: str) -> int:
        """Encrypt every file that ``old`` can read anew, for all others; return how many those were."""
        changes = self._people.revoked(old, self._of(old))
        self._write(changes)
        return len(changes)

    def readable(self, identity: Any, recipient: str) -> None:
        """Read every file meant for ``recipient`` with ``identity`` alone."""
        meant = self._of(recipient)
        if not meant:
            raise Refused("no file of the store is encrypted for the new key", hint="somebody has taken it out again")
        for environment in meant:
            path = self._paths[environment]
            self._load((self._root / path).read_bytes(), path, [identity])

    def _of(self, recipient: str) -> list[str]:
        readers = self._people.readers()
        return [environment for environment, path in self._paths.items() if recipient in readers.get(path, ())]

    def _write(self, changes: list[Any]) -> None:
        if changes:
            self._people.write([*changes, *self._people.rules(changes)], self._lock)


class OwnKeys:
    """The key file of this home while one of its keys is rotated."""

    def __init__(self, home: Home) -> None:
        """Take the home."""
        self._path, self._retired = home.file(*KEYS), home.file(*RETIRED)

    def find(self, recipient: str) -> Secret:
        """Return the key of ``recipient``. Raises Refused where it is not in the file."""
        for line in self._lines(self._path):
            if _recipient(line) == recipient:
                return Secret(line)
        raise Refused(
            f"the key of {recipient} is not in {self._path}",
            hint="only who has the key can rotate it; one kept elsewhere (keyring, SOPS_AGE_KEY) is changed there",
        )

    def add(self, key: Secret) -> None:
        """Have the file hold ``key``, tried first."""
        lines = self._lines(self._path)
        if key.reveal() not in lines:
            self._write(self._path, [key.reveal(), *lines])

    def retire(self, key: Secret, *, keep: bool) -> None:
        """Have the file hold ``key`` no more; ``keep`` it among those that were rotated."""
        lines = self._lines(self._path)
        if key.reveal() not in lines:
            return
        retired = self._lines(self._retired)
        if keep and key.reveal() not in retired:
            self._write(self._retired, [*retired, key.reveal()])
        # The comment that age-keygen and we write above a key goes with it.
        gone = (key.reveal(), f"# public key: {_recipient(key.reveal())}")
        self._write(self._path, [line for line in lines if line not in gone])

    @staticmethod
    def _lines(path: Path) -> list[str]:
        return path.read_text("utf-8").splitlines() if path.exists() else []

    @staticmethod
    def _write(path: Path, lines: list[str]) -> None:
        atomic.write(path, "".join(f"{line}\n" for line in lines).encode(), lasting=True)


def _recipient(line: str) -> str:
    if not line.startswith(_PREFIX):
        return ""
    try:
        return str(x25519.Identity.from_str(line.strip()).to_public())
    except pyrage.IdentityError:
        return ""
