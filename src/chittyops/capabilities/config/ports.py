"""What the configuration slice needs kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from chittyops.capabilities.config.model import Matrix, PublishedFleet, ServiceSummary, Snapshot, Value


class PublishedConfigurations(Protocol):
    """The configuration of fleets as it was last published."""

    async def publish(
        self, fleet: str, snapshot: Snapshot, summaries: Mapping[str, ServiceSummary], actor: str
    ) -> PublishedFleet:
        """Keep ``snapshot`` in place of the one before."""
        ...

    async def fleets(self) -> list[PublishedFleet]:
        """Return all fleets by name."""
        ...

    async def fleet(self, name: str) -> PublishedFleet:
        """Return one fleet. Raises NotFound."""
        ...

    async def values(self, fleet: str, service: str) -> Mapping[str, tuple[Value, ...]]:
        """Return the values of one service by environment. Raises NotFound."""
        ...

    async def matrix(self, fleet: str) -> Matrix:
        """Return the secrets of a fleet. Raises NotFound."""
        ...
