"""Health in PostgreSQL; every change is also an event, in the same transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chittyops.capabilities.health.model import HealthChange, HealthState, HealthStatus, ServiceKey
from chittyops.capabilities.health.ports import Decide
from chittyops.kernel.event import Event
from chittyops.runtime.outbox import announce
from chittyops.runtime.postgres import Database, Transaction

SOURCE = "/chittyops/health"
_LOCK = 0x63687474_79_4EA1
"""Key of the advisory lock of whoever records: an arbitrary number that nothing else uses."""
_NAMED = "(SELECT * FROM unnest(CAST(:fleets AS text[]), CAST(:environments AS text[]), CAST(:services AS text[])))"
_UPSERT = """
INSERT INTO health_state (
    fleet, environment, service, status, detail, build_id, latency_ms, failures, since, checked_at)
SELECT * FROM jsonb_to_recordset(CAST(:document AS jsonb) -> 'rows') AS r (
    fleet text, environment text, service text, status text, detail text, build_id text, latency_ms real,
    failures integer, since timestamptz, checked_at timestamptz)
ON CONFLICT (fleet, environment, service) DO UPDATE SET
    status = excluded.status, detail = excluded.detail, build_id = excluded.build_id,
    latency_ms = excluded.latency_ms, failures = excluded.failures, since = excluded.since,
    checked_at = excluded.checked_at
"""
_CHANGES = """
SELECT * FROM health_change WHERE fleet = :fleet AND environment = :environment
    AND (CAST(:service AS text) IS NULL OR service = :service)
    AND (CAST(:before AS bigint) IS NULL OR id < :before)
ORDER BY id DESC LIMIT :limit
"""


class PostgresStore:
    """Implements the port ``Store``."""

    def __init__(self, database: Database) -> None:
        """Keep health in ``database``."""
        self._database = database

    async def states(self, fleet: str, environment: str) -> list[HealthState]:
        """Return the state of each service that was probed, by name."""
        async with self._database.transaction() as tx:
            rows = await tx.rows(
                "SELECT * FROM health_state WHERE fleet = :fleet AND environment = :environment ORDER BY service",
                fleet=fleet,
                environment=environment,
            )
        return [_state(row) for row in rows]

    async def changes(
        self, fleet: str, environment: str, *, service: str | None, before: int | None, limit: int
    ) -> list[HealthChange]:
        """Return changes, the newest first, older than the id ``before`` if given."""
        async with self._database.transaction() as tx:
            rows = await tx.rows(
                _CHANGES, fleet=fleet, environment=environment, service=service, before=before, limit=limit
            )
        return [
            HealthChange(_key(r), HealthStatus(r["before"]), HealthStatus(r["after"]), r["detail"], r["at"], r["id"])
            for r in rows
        ]

    async def update(self, keys: Iterable[ServiceKey], decide: Decide) -> Sequence[HealthChange]:
        """Replace the states of ``keys`` by what ``decide`` makes of them, and announce changes, in one transaction."""
        async with self._database.transaction() as tx:
            # One recorder at a time: rows that do not exist yet could not be locked one by one.
            await tx.row("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
            rows = await tx.rows(
                f"SELECT * FROM health_state WHERE (fleet, environment, service) IN {_NAMED}",  # noqa: S608 - constants
                **_columns(keys),
            )
            states, changes = decide({_key(row): _state(row) for row in rows})
            await tx.run(_UPSERT, document={"rows": [_row(state) for state in states]})
            await _announce(tx, changes, {state.key: state.build_id for state in states})
        return changes

    async def retain(self, keys: Iterable[ServiceKey], at: datetime) -> Sequence[HealthChange]:
        """Forget every state but those of ``keys``, and announce it."""
        async with self._database.transaction() as tx:
            await tx.row("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
            rows = await tx.rows(
                f"DELETE FROM health_state WHERE (fleet, environment, service) NOT IN {_NAMED}"  # noqa: S608 - constants
                " RETURNING fleet, environment, service, status",
                **_columns(keys),
            )
            changes = [
                HealthChange(_key(r), HealthStatus(r["status"]), HealthStatus.UNKNOWN, "no longer deployed", at)
                for r in rows
                if r["status"] != HealthStatus.UNKNOWN
            ]
            await _announce(tx, changes, {})
        return changes


async def _announce(tx: Transaction, changes: Sequence[HealthChange], builds: Mapping[ServiceKey, str]) -> None:
    for change in changes:
        key = change.key
        await tx.run(
            "INSERT INTO health_change (fleet, environment, service, before, after, detail, at)"
            " VALUES (:fleet, :environment, :service, :before, :after, :detail, :at)",
            fleet=key.fleet,
            environment=key.environment,
            service=key.service,
            before=change.before.value,
            after=change.after.value,
            detail=change.detail,
            at=change.at,
        )
        data = {"before": change.before.value, "after": change.after.value, "detail": change.detail}
        build = {"build": builds[key]} if builds.get(key) else {}
        await announce(tx, Event(str(uuid.uuid4()), "health.changed", SOURCE, str(key), change.at, data | build))


def _columns(keys: Iterable[ServiceKey]) -> dict[str, list[str]]:
    listed = list(keys)
    return {
        "fleets": [key.fleet for key in listed],
        "environments": [key.environment for key in listed],
        "services": [key.service for key in listed],
    }


def _key(row: Mapping[str, Any]) -> ServiceKey:
    return ServiceKey(row["fleet"], row["environment"], row["service"])


def _state(row: Mapping[str, Any]) -> HealthState:
    return HealthState(
        key=_key(row),
        status=HealthStatus(row["status"]),
        detail=row["detail"],
        build_id=row["build_id"],
        latency_ms=row["latency_ms"],
        failures=row["failures"],
        since=row["since"],
        checked_at=row["checked_at"],
    )


def _row(state: HealthState) -> dict[str, Any]:
    return {
        "fleet": state.key.fleet,
        "environment": state.key.environment,
        "service": state.key.service,
        "status": state.status.value,
        "detail": state.detail,
        "build_id": state.build_id,
        "latency_ms": state.latency_ms,
        "failures": state.failures,
        "since": state.since.isoformat(),
        "checked_at": state.checked_at.isoformat(),
    }
