"""What was found in a workspace, kept until anything in it changes: what is found depends on nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec import DecodeError, Struct, ValidationError, msgpack

from chittyops.capabilities.discovery.ports import Entry
from chittyops.kernel.inventory import Inventory
from chittyops.runtime import atomic

_SEPARATOR: Final = "\0"


class _Kept(Struct, frozen=True):
    state: str
    inventory: Inventory


@dataclass(frozen=True, slots=True)
class Result:
    """The inventory kept in ``path`` for the state of a workspace that ``state`` names."""

    path: Path
    state: str

    def load(self) -> Inventory | None:
        """Return the inventory; None where there is none, or one of another state."""
        try:
            kept = msgpack.decode(self.path.read_bytes(), type=_Kept)
        except (OSError, DecodeError, ValidationError):
            return None
        return kept.inventory if kept.state == self.state else None

    def save(self, inventory: Inventory) -> None:
        """Keep ``inventory``, and nothing else; where that cannot be, the next run finds it again."""
        with suppress(OSError):
            atomic.write(self.path, msgpack.encode(_Kept(self.state, inventory)))


def state(version: str, entries: Iterable[Entry]) -> str:
    """Return a hash of all that the walk met, by the code of ``version``."""
    digest = hashlib.sha256(version.encode())
    for each in entries:
        fields = (each.path, each.kind, each.size_bytes, each.changed_ns, each.inode, each.target)
        digest.update(_SEPARATOR.join(map(str, fields)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
