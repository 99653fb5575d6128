"""What was read of a workspace, kept from run to run: a file is read again only when it has changed.

One file a workspace in the state directory, 0600. It holds facts, in which every credential is masked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from msgspec import DecodeError, Struct, ValidationError, msgpack

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.ports import Entry
from chittyops.runtime import atomic

RACY_NS: Final = 2_000_000_000
"""A file changed this shortly before it was read may have changed again within the clock's grain: it is not trusted."""


class _Kept(Struct, frozen=True, array_like=True):
    size_bytes: int
    changed_ns: int
    inode: int
    facts: Facts


class _File(Struct, frozen=True):
    version: str
    kept: dict[str, _Kept]


@dataclass(frozen=True, slots=True)
class Cache:
    """The facts kept in ``path``, as far as the recognisers of ``version`` made them."""

    path: Path
    version: str
    _kept: dict[str, _Kept] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path, version: str) -> Cache:
        """Return what ``path`` holds; nothing where it is damaged or of another version."""
        try:
            file = msgpack.decode(path.read_bytes(), type=_File)
        except (OSError, DecodeError, ValidationError):
            return cls(path, version)
        return cls(path, version, file.kept if file.version == version else {})

    def __len__(self) -> int:
        """Return of how many files something is kept."""
        return len(self._kept)

    def facts(self, entry: Entry) -> Facts | None:
        """Return what was read of ``entry``, or None where it was not, or may have changed since."""
        kept = self._kept.get(entry.path)
        same = kept and (kept.size_bytes, kept.changed_ns, kept.inode) == (
            entry.size_bytes,
            entry.changed_ns,
            entry.inode,
        )
        return kept.facts if kept and same else None

    def save(self, read: Iterable[tuple[Entry, Facts]], now_ns: int) -> None:
        """Keep ``read``, and nothing else. A cache that cannot be written is none: the next run reads again."""
        kept = {
            entry.path: _Kept(entry.size_bytes, entry.changed_ns, entry.inode, facts)
            for entry, facts in read
            if now_ns - entry.changed_ns > RACY_NS
        }
        data = msgpack.encode(_File(self.version, kept))
        with suppress(OSError):
            atomic.write(self.path, data)


def version(package: Path) -> str:
    """Return what changes whenever the code of ``package`` does: facts that other code made are not trusted."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        status = path.stat()
        digest.update(f"{path.relative_to(package)}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
