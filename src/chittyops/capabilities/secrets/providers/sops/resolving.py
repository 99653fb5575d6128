"""Merge conflicts in SOPS files settled: from the versions that git keeps, or as git's own merge driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chittyops.capabilities.secrets.providers.sops.document import Document, dump
from chittyops.capabilities.secrets.providers.sops.merge import Clash, Merged, merge
from chittyops.capabilities.secrets.providers.sops.stages import Index, by_lines
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import ChittyOpsError, Misconfigured
from chittyops.runtime import atomic

Load = Callable[[bytes, str], Document]


@dataclass(frozen=True, slots=True)
class Conflicted:
    """A file in conflict, decrypted: the common ancestor where there is one, both sides, and who made them."""

    path: str
    base: Document | None
    ours: Document
    theirs: Document
    our_author: str
    their_author: str

    def merged(self, chosen: Mapping[tuple[str, ...], str]) -> Merged:
        """Return both sides in one; ``chosen`` says "ours" or "theirs" for keys in conflict."""
        return merge(self.base, self.ours, self.theirs, chosen)


class Resolver:
    """Settles conflicts in the SOPS files below a folder of a repository."""

    def __init__(self, root: Path, environ: Mapping[str, str], load: Load, clock: Clock) -> None:
        """Take the folder, and what decrypts a file."""
        self._root, self._environ, self._load, self._clock = root, environ, load, clock
        self._index = Index(root, environ)

    def unmerged(self) -> list[str]:
        """Return the SOPS files in conflict, relative to the folder."""
        return [path for path in self._index.unmerged() if ".sops." in path.rpartition("/")[2]]

    def open(self, path: str) -> Conflicted:
        """Return the conflict in ``path``, relative to the folder.

        Raises Misconfigured where there is none, or a side cannot be read; Refused where a side removed the file.
        """
        stages = self._index.stages(path)
        ours, theirs = self._load(stages.ours, path), self._load(stages.theirs, path)
        base = self._load(stages.base, path) if stages.base is not None else None
        return Conflicted(path, base, ours, theirs, *self._index.authors(path))

    def write(self, path: str, document: Document) -> None:
        """Write the settled file."""
        target = self._root / path
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        atomic.write(target, dump(document, self._clock), lasting=True)
        target.chmod(mode)

    def drive(self, base: Path, ours: Path, theirs: Path, name: str) -> tuple[Clash, ...]:
        """Merge the three files into ``ours``, as git asks its drivers to; return what is still in conflict.

        ``ours`` then has git's own conflict markers, so that nobody takes it for settled. So it has when a side
        cannot be read, which is raised.
        """
        try:
            documents = [self._document(path, name) for path in (base, ours, theirs)]
            if documents[1] is None or documents[2] is None:
                raise Misconfigured(f"{name} is empty on one side")
            merged = merge(documents[0], documents[1], documents[2], {})
        except ChittyOpsError:
            self._mark(base, ours, theirs)
            raise
        if merged.document is None:
            self._mark(base, ours, theirs)
        else:
            ours.write_bytes(dump(merged.document, self._clock))
        return merged.clashes

    def _document(self, path: Path, name: str) -> Document | None:
        data = path.read_bytes()
        return self._load(data, name) if data else None  # git gives an empty file for an ancestor that is not there

    def _mark(self, base: Path, ours: Path, theirs: Path) -> None:
        ours.write_bytes(by_lines(base, ours, theirs, self._environ))
