"""What the centre knows of fleets and of what is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chittyops.capabilities.deploy.model import Check, Deployment, Desired, FleetView, PlanRequest, StoredPlan
from chittyops.interface.codec import dump, load
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import NotFound
from chittyops.kernel.service import Service
from chittyops.runtime.postgres import Database

FLEET = """
SELECT name, root, document, updated_at,
       ARRAY(SELECT DISTINCT environment FROM release WHERE fleet = name ORDER BY environment) AS environments
FROM fleet
"""


class PostgresFleets:
    """Implements the port ``Fleets``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock

    async def register(self, request: PlanRequest, fleet: str) -> None:
        """Remember the fleet as its files describe it."""
        async with self._database.transaction() as tx:
            await tx.run(
                """
                INSERT INTO fleet (name, root, document, updated_at) VALUES (:name, :root, :document, :now)
                ON CONFLICT (name) DO UPDATE SET root = :root, document = :document, updated_at = :now
                """,
                name=fleet,
                root=request.root,
                document=dict(request.document),
                now=self._clock.now(),
            )

    async def fleets(self) -> list[FleetView]:
        """Return all fleets by name."""
        async with self._database.transaction() as tx:
            return [_fleet(row) for row in await tx.rows(FLEET + "ORDER BY name")]

    async def fleet(self, name: str) -> FleetView:
        """Return one fleet. Raises NotFound."""
        async with self._database.transaction() as tx:
            row = await tx.row(FLEET + "WHERE name = :name", name=name)
        if row is None:
            message = f"the centre knows no fleet called {name}"
            raise NotFound(message, hint="`chittyops plan` in the fleet's folder makes it known")
        return _fleet(row)

    async def deployments(self, fleet: str, environment: str) -> list[Deployment]:
        """Return what is active, by service."""
        async with self._database.transaction() as tx:
            rows = await tx.rows(
                "SELECT * FROM deployment WHERE fleet = :fleet AND environment = :environment ORDER BY service",
                fleet=fleet,
                environment=environment,
            )
        return [deployment(row) for row in rows]

    async def state_after(self, fleet: str, environment: str, number: int) -> dict[str, Desired]:
        """Return each service as release ``number`` left it. Raises NotFound for an unknown number."""
        async with self._database.transaction() as tx:
            found = await tx.row(
                "SELECT 1 FROM release WHERE fleet = :fleet AND environment = :environment AND number = :number",
                fleet=fleet,
                environment=environment,
                number=number,
            )
            rows = await tx.rows(
                """
                SELECT DISTINCT ON (s.service) s.service, s.desired
                FROM release_service s JOIN release r ON r.id = s.release
                WHERE r.fleet = :fleet AND r.environment = :environment AND r.number <= :number
                  AND s.status = 'succeeded'
                ORDER BY s.service, r.number DESC
                """,
                fleet=fleet,
                environment=environment,
                number=number,
            )
        if found is None:
            message = f"{environment} has no release {fleet}-{number}"
            raise NotFound(message, hint="`chittyops history` lists the releases")
        return {row["service"]: load(Desired, row["desired"]) for row in rows}


class PostgresPlans:
    """Implements the port ``Plans``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock

    async def save(self, stored: StoredPlan, actor: str) -> None:
        """Keep a plan."""
        async with self._database.transaction() as tx:
            await tx.run(
                """
                INSERT INTO plan (id, fleet, environment, base, document, actor, created_at)
                VALUES (:id, :fleet, :environment, :base, :document, :actor, :now)
                """,
                id=stored.id,
                fleet=stored.plan.fleet,
                environment=stored.plan.environment,
                base=stored.plan.base,
                document=dump(stored),
                actor=actor,
                now=self._clock.now(),
            )

    async def plan(self, plan_id: str) -> StoredPlan:
        """Return a plan. Raises NotFound."""
        async with self._database.transaction() as tx:
            row = await tx.row("SELECT document FROM plan WHERE id = :id", id=plan_id)
        if row is None:
            message = f"there is no plan {plan_id}"
            raise NotFound(message, hint="plans are made by `chittyops plan`")
        return load(StoredPlan, row["document"])


def deployment(row: Mapping[str, Any]) -> Deployment:
    """Return the deployment a row of the table of that name describes."""
    return Deployment(
        row["fleet"],
        row["environment"],
        row["service"],
        row["build_id"],
        row["digest"],
        row["inputs"],
        row["release"],
        row["provider"],
        row["handle"],
        row["address"],
        Check(row["checked_by"]),
        row["since"],
        load(Service, row["spec"]),
    )


def _fleet(row: Mapping[str, Any]) -> FleetView:
    return FleetView(row["name"], row["root"], row["document"], tuple(row["environments"]), row["updated_at"])
