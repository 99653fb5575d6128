"""Workspaces and acceptances in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chittyops.capabilities.catalog.model import Acceptance, Published, Workspace
from chittyops.interface.codec import dump, load
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import NotFound
from chittyops.kernel.inventory import Inventory
from chittyops.runtime import journal
from chittyops.runtime.postgres import Database

LISTED = "SELECT name, published_at, actor, document -> 'stats' AS stats FROM workspace "


class PostgresWorkspaces:
    """Implements the port ``Workspaces``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock
        self._latest: dict[str, Published] = {}

    async def publish(self, name: str, inventory: Inventory, actor: str) -> Workspace:
        """Keep ``inventory`` as what the workspace holds now, and what it counts for ever."""
        now = self._clock.now()
        stats = dict(inventory.stats)
        async with self._database.transaction() as tx:
            await tx.run(
                """
                INSERT INTO workspace (name, document, published_at, actor) VALUES (:name, :document, :now, :actor)
                ON CONFLICT (name) DO UPDATE SET document = :document, published_at = :now, actor = :actor
                """,
                name=name,
                document=dump(inventory),
                now=now,
                actor=actor,
            )
            await tx.run(
                "INSERT INTO workspace_history (workspace, at, actor, stats) VALUES (:name, :now, :actor, :stats)",
                name=name,
                now=now,
                actor=actor,
                stats=stats,
            )
            await journal.record(tx, at=now, actor=actor, action="publish workspace", target=name, detail=stats)
        return Workspace(name, now, actor, stats)

    async def workspaces(self) -> list[Workspace]:
        """Return all workspaces by name."""
        async with self._database.transaction() as tx:
            return [_workspace(row) for row in await tx.rows(LISTED + "ORDER BY name")]

    async def published(self, name: str) -> Published:
        """Return one workspace with its inventory. Raises NotFound.

        The last one read is remembered: pages ask for it again and again, and it may be megabytes.
        """
        async with self._database.transaction() as tx:
            row = await tx.row(LISTED + "WHERE name = :name", name=name)
            if row is None:
                message = f"the centre knows no workspace called {name}"
                raise NotFound(message, hint="`chittyops publish` in its folder makes it known")
            workspace = _workspace(row)
            known = self._latest.get(name)
            if known and known.workspace == workspace:
                return known
            found = await tx.row("SELECT document FROM workspace WHERE name = :name", name=name)
        published = Published(workspace, load(Inventory, found["document"] if found else {}))
        self._latest[name] = published
        return published

    async def acceptances(self, name: str) -> dict[str, Acceptance]:
        """Return the acceptances of a workspace, expired ones too, by fingerprint."""
        async with self._database.transaction() as tx:
            rows = await tx.rows("SELECT * FROM acceptance WHERE workspace = :name", name=name)
        return {row["fingerprint"]: _acceptance(row) for row in rows}

    async def accept(self, name: str, acceptance: Acceptance) -> None:
        """Keep ``acceptance`` in place of any other of the same fingerprint."""
        async with self._database.transaction() as tx:
            await tx.run(
                """
                INSERT INTO acceptance (workspace, fingerprint, reason, until, actor, at)
                VALUES (:workspace, :fingerprint, :reason, :until, :actor, :at)
                ON CONFLICT (workspace, fingerprint)
                DO UPDATE SET reason = :reason, until = :until, actor = :actor, at = :at
                """,
                workspace=name,
                fingerprint=acceptance.fingerprint,
                reason=acceptance.reason,
                until=acceptance.until,
                actor=acceptance.actor,
                at=acceptance.at,
            )
            detail = {"reason": acceptance.reason, "until": acceptance.until.isoformat()}
            await self._record(tx, acceptance.actor, "accept problem", f"{name}/{acceptance.fingerprint}", detail)

    async def withdraw(self, name: str, fingerprint: str, actor: str) -> None:
        """Forget an acceptance. Raises NotFound where there is none."""
        async with self._database.transaction() as tx:
            gone = await tx.run(
                "DELETE FROM acceptance WHERE workspace = :name AND fingerprint = :fingerprint",
                name=name,
                fingerprint=fingerprint,
            )
            if not gone:
                message = f"the problem {fingerprint} of {name} is not accepted"
                raise NotFound(message)
            await self._record(tx, actor, "withdraw acceptance", f"{name}/{fingerprint}", {})

    async def _record(self, tx: Any, actor: str, action: str, target: str, detail: Mapping[str, Any]) -> None:
        await journal.record(tx, at=self._clock.now(), actor=actor, action=action, target=target, detail=detail)


def _workspace(row: Mapping[str, Any]) -> Workspace:
    return Workspace(row["name"], row["published_at"], row["actor"], row["stats"])


def _acceptance(row: Mapping[str, Any]) -> Acceptance:
    return Acceptance(row["fingerprint"], row["reason"], row["until"], row["actor"], row["at"])
