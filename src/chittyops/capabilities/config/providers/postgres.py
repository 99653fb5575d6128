"""Published configuration in PostgreSQL: a row for each fleet, and one for each of its services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chittyops.capabilities.config.model import Matrix, PublishedFleet, ServiceSummary, Snapshot, Value
from chittyops.interface.codec import dump, load
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import NotFound
from chittyops.runtime import journal
from chittyops.runtime.postgres import Database

_FLEET = "SELECT fleet, environments, services, published_at, actor FROM configuration "
_PUBLISH = "`chittyops publish` in the fleet's folder makes it known"


class PostgresConfigurations:
    """Implements the port ``PublishedConfigurations``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock

    async def publish(
        self, fleet: str, snapshot: Snapshot, summaries: Mapping[str, ServiceSummary], actor: str
    ) -> PublishedFleet:
        """Keep ``snapshot`` in place of the one before."""
        published = PublishedFleet(fleet, snapshot.environments, summaries, self._clock.now(), actor)
        about = dump(published)
        async with self._database.transaction() as tx:
            await tx.run(
                """
                INSERT INTO configuration (fleet, environments, services, matrix, published_at, actor)
                VALUES (:fleet, :environments, :services, :matrix, :now, :actor)
                ON CONFLICT (fleet) DO UPDATE SET environments = :environments, services = :services,
                    matrix = :matrix, published_at = :now, actor = :actor
                """,
                fleet=fleet,
                environments=list(snapshot.environments),
                services=about["services"],
                matrix=dump(Matrix(snapshot.secrets, snapshot.unused)),
                now=published.published_at,
                actor=actor,
            )
            await tx.run("DELETE FROM configuration_service WHERE fleet = :fleet", fleet=fleet)
            for service, values in dump(snapshot)["services"].items():
                await tx.run(
                    "INSERT INTO configuration_service (fleet, service, document) VALUES (:fleet, :service, :document)",
                    fleet=fleet,
                    service=service,
                    document=values,
                )
            detail = {"services": len(snapshot.services), "environments": len(snapshot.environments)}
            await journal.record(
                tx, at=published.published_at, actor=actor, action="publish configuration", target=fleet, detail=detail
            )
        return published

    async def fleets(self) -> list[PublishedFleet]:
        """Return all fleets by name."""
        async with self._database.transaction() as tx:
            return [_fleet(row) for row in await tx.rows(_FLEET + "ORDER BY fleet")]

    async def fleet(self, name: str) -> PublishedFleet:
        """Return one fleet. Raises NotFound."""
        async with self._database.transaction() as tx:
            row = await tx.row(_FLEET + "WHERE fleet = :name", name=name)
        if row is None:
            raise _unknown(name)
        return _fleet(row)

    async def values(self, fleet: str, service: str) -> Mapping[str, tuple[Value, ...]]:
        """Return the values of one service by environment. Raises NotFound."""
        async with self._database.transaction() as tx:
            row = await tx.row(
                "SELECT document FROM configuration_service WHERE fleet = :fleet AND service = :service",
                fleet=fleet,
                service=service,
            )
        if row is None:
            raise NotFound(f"no configuration of {service} in {fleet} was published", hint=_PUBLISH)
        return {
            environment: tuple(load(Value, each) for each in found) for environment, found in row["document"].items()
        }

    async def matrix(self, fleet: str) -> Matrix:
        """Return the secrets of a fleet. Raises NotFound."""
        async with self._database.transaction() as tx:
            row = await tx.row("SELECT matrix FROM configuration WHERE fleet = :fleet", fleet=fleet)
        if row is None:
            raise _unknown(fleet)
        return load(Matrix, row["matrix"])


def _fleet(row: Mapping[str, Any]) -> PublishedFleet:
    fields = {**row, "name": row["fleet"], "services": dict(sorted(row["services"].items()))}
    return load(PublishedFleet, {name: fields[name] for name in PublishedFleet.__dataclass_fields__})


def _unknown(fleet: str) -> NotFound:
    return NotFound(f"no configuration of a fleet called {fleet} was published", hint=_PUBLISH)
