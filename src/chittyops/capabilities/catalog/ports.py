"""What the catalogue needs kept."""

from __future__ import annotations

from typing import Protocol

from chittyops.capabilities.catalog.model import Acceptance, Published, Workspace
from chittyops.kernel.inventory import Inventory


class Workspaces(Protocol):
    """Published inventories and accepted problems."""

    async def publish(self, name: str, inventory: Inventory, actor: str) -> Workspace:
        """Keep ``inventory`` as what the workspace holds now."""
        ...

    async def workspaces(self) -> list[Workspace]:
        """Return all workspaces by name."""
        ...

    async def published(self, name: str) -> Published:
        """Return one workspace with its inventory. Raises NotFound."""
        ...

    async def acceptances(self, name: str) -> dict[str, Acceptance]:
        """Return the acceptances of a workspace, expired ones too, by fingerprint."""
        ...

    async def accept(self, name: str, acceptance: Acceptance) -> None:
        """Keep ``acceptance`` in place of any other of the same fingerprint."""
        ...

    async def withdraw(self, name: str, fingerprint: str, actor: str) -> None:
        """Forget an acceptance. Raises NotFound where there is none."""
        ...
