"""Adoption put together with the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chittyops.capabilities.adoption import service
from chittyops.capabilities.adoption.model import Abilities, Disposition, Outcome, Present, Proposal
from chittyops.capabilities.adoption.providers import fleetfile, record
from chittyops.capabilities.adoption.providers.journal import Journal
from chittyops.capabilities.adoption.service.shims import Change, Kept
from chittyops.kernel.difference import unified
from chittyops.kernel.inventory import Inventory
from chittyops.runtime.home import Home

__all__ = ["HEADER", "Adoption", "Prepared", "create", "services_of"]

HEADER = service.HEADER
MAX_SCRIPT_BYTES = 1 << 20
_RETIRABLE = frozenset({"shell", "javascript", "typescript", "python", "npm-script", "make-target"})

create = fleetfile.create


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is to be written. ``difference`` is that of the fleet file alone: a script may hold a credential.

    ``retired`` are the scripts that get a shim, ``kept`` those that can have none.
    """

    changes: tuple[Change, ...]
    difference: str
    retired: tuple[Disposition, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Adoption:
    """The adoption of the workspace ``root``."""

    root: Path
    home: Home

    def propose(
        self, inventory: Inventory, data: Mapping[str, Any], abilities: Abilities, only: Collection[str] = ()
    ) -> Proposal:
        """Return what to add to the fleet file whose plain ``data`` this is, and what becomes of each script."""
        proposed, retired, _ = record.load(self.root)
        texts = {path: self._text(path) for path in service.texts_wanted(inventory)}
        return service.propose(inventory, Present(data, proposed, retired), abilities, texts, only)

    def prepare(self, proposal: Proposal, path: Path, before: str, after: str, *, retire: bool) -> Prepared:
        """Return what is to be written: the fleet file at ``path``, from ``before`` to ``after``, shims, the record."""
        proposed, retired, originals = record.load(self.root)
        name = path.relative_to(self.root).as_posix()
        changes = [Change(name, after.encode())] if after != before else []
        shims, kept = self._shims(proposal.dispositions, retired) if retire else ([], [])
        changed = {key for change, keys in shims for key in keys if not change.copy_of}
        changes += [change for change, _ in shims]
        gone = {each.key: each for each in proposal.dispositions if each.key in changed}
        if changes:
            originals = {**originals, **{key: self._digest(each.path) for key, each in gone.items()}}
            text = record.text({**proposed, **proposal.values}, {**retired, **gone}.values(), originals)
            changes.append(Change(record.PATH, text.encode()))
        return Prepared(tuple(changes), unified(name, before, after), tuple(gone.values()), tuple(kept))

    def apply(self, prepared: Prepared) -> None:
        """Write all of it, or nothing: what is killed midway is taken back by the next call."""
        Journal(self.home, self.root).apply(prepared.changes)

    def undoable(self) -> tuple[str, ...]:
        """Return the paths of the files that an undo would put back."""
        return Journal(self.home, self.root).touched()

    def undo(self, *, keep_changed: bool = False) -> tuple[str, ...]:
        """Put back every file that adoption changed, and return their paths. Raises NotFound, Refused."""
        return Journal(self.home, self.root).undo(keep_changed=keep_changed)

    def _shims(
        self, dispositions: Iterable[Disposition], retired: Mapping[str, Disposition]
    ) -> tuple[list[tuple[Change, tuple[str, ...]]], list[Kept]]:
        files: dict[str, list[Disposition]] = {}
        for each in dispositions:
            if each.outcome is not Outcome.LEFT and each.kind in _RETIRABLE and each.key not in retired:
                files.setdefault(each.path, []).append(each)
        changes: list[tuple[Change, tuple[str, ...]]] = []
        kept: list[Kept] = []
        for path, found in files.items():
            full = self.root / path
            if full.is_symlink() or not full.is_file():
                kept += [Kept(each.key, "it is a link") for each in found]
                continue
            made, without = service.retire(path, full.read_bytes(), found)
            left = {each.key for each in without}
            kept += without
            changes += [(change, tuple(each.key for each in found if each.key not in left)) for change in made]
        return changes, kept

    def _digest(self, path: str) -> str:
        return hashlib.sha256((self.root / path).read_bytes()).hexdigest()

    def _text(self, path: str) -> str:
        full = self.root / path
        try:
            with full.open("rb") as stream:
                return stream.read(MAX_SCRIPT_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""


def services_of(inventory: Inventory, abilities: Abilities) -> Proposal:
    """Return the proposal for a new fleet file with services alone."""
    return service.propose(replace(inventory, scripts=(), workflows=()), Present(), abilities, {})
