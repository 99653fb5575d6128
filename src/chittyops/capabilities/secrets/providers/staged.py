"""The values of a rotation under way, the old one and the new one: a SOPS file of this home, 0600, gone at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.secret import Secret
from chittyops.runtime import atomic

OLD, NEW = "old", "new"


@dataclass(frozen=True, slots=True)
class Seal:
    """How the file is encrypted: what reads one, makes an empty one, and writes one with changes."""

    load: Callable[[bytes, str], Any]
    create: Callable[[str, Sequence[str]], Any]
    changed: Callable[[Any, Mapping[tuple[str, ...], Secret | None]], bytes]


class Staged:
    """The file of one rotation. Whoever can read the store can read it."""

    def __init__(self, path: Path, recipients: Sequence[str], seal: Seal) -> None:
        """Take where it is, and for whom it is encrypted."""
        self._path = path
        self._recipients = tuple(recipients)
        self._seal = seal

    def read(self, which: str) -> Issued | None:
        """Return the credential kept as ``which`` (OLD or NEW); None where there is none. Raises Misconfigured."""
        if not self._path.exists():
            return None
        found = self._document().values.get(which)
        return Issued(found["value"], found["handle"].reveal()) if found else None

    def keep(self, which: str, issued: Issued) -> None:
        """Keep a credential: on disk, encrypted, when this returns."""
        document = self._document() if self._path.exists() else self._seal.create(self._path.name, self._recipients)
        edits: dict[tuple[str, ...], Secret | None] = {
            (which, "value"): issued.value,
            (which, "handle"): Secret(issued.handle),
        }
        atomic.write(self._path, self._seal.changed(document, edits), lasting=True)

    def remove(self) -> None:
        """Forget both; nothing happens where they are forgotten already."""
        for leftover in (*atomic.leftovers(self._path), self._path):
            leftover.unlink(missing_ok=True)

    def _document(self) -> Any:
        return self._seal.load(self._path.read_bytes(), self._path.name)
