"""What awareness reads and keeps, as the service sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chittyops.capabilities.awareness.model.context import Base
from chittyops.capabilities.awareness.model.project import Activity, FileChange, History, Snapshot


class Repository(Protocol):
    """A git repository, only read; none of its own settings or programs takes part."""

    async def dirty(self) -> tuple[FileChange, ...]:
        """Return what is not committed. Raises Unavailable where git cannot tell in time."""
        ...

    async def tag(self) -> str:
        """Return the nearest tag that HEAD descends from, or ""."""
        ...

    async def history(self, base: Base, paths: Sequence[str]) -> History:
        """Return what happened below ``paths`` since ``base``. Raises Unavailable where git cannot tell in time."""
        ...


class Memory(Protocol):
    """The signs of use, from run to run."""

    def activities(self) -> Sequence[Activity]:
        """Return them, the oldest first."""
        ...

    def add(self, activity: Activity) -> None:
        """Remember one more."""
        ...


class Snapshots(Protocol):
    """What projects held when they were last read."""

    def load(self, root: str) -> Snapshot | None:
        """Return what is known of the project at ``root``, or None."""
        ...

    def keep(self, snapshot: Snapshot) -> None:
        """Keep ``snapshot`` in the place of the one before."""
        ...
