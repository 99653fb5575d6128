"""What probes found becomes the health of services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from chittyops.capabilities.health.model import (
    HealthChange,
    HealthState,
    ProbeResult,
    ServiceKey,
    change,
    transition,
)
from chittyops.capabilities.health.ports import Store


class Healths:
    """The health capability as the edges use it."""

    def __init__(self, store: Store, slow_ms: float) -> None:
        """Keep health in ``store``; an answer slower than ``slow_ms`` makes a service degraded."""
        self._store = store
        self._slow_ms = slow_ms

    async def states(self, fleet: str, environment: str) -> list[HealthState]:
        """Return the health of each service of an environment that was probed, by name."""
        return await self._store.states(fleet, environment)

    async def changes(
        self,
        fleet: str,
        environment: str,
        *,
        service: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[HealthChange]:
        """Return changes of health, the newest first; ``before`` is the id of the last one already seen."""
        return await self._store.changes(fleet, environment, service=service, before=before, limit=limit)

    async def record(self, results: Sequence[ProbeResult]) -> Sequence[HealthChange]:
        """Take in ``results`` and return the changes of status they made, each of which was announced."""
        if not results:
            return ()
        return await self._store.update(
            sorted({result.target.key for result in results}), lambda states: self._decide(states, results)
        )

    async def retain(self, keys: Iterable[ServiceKey], at: datetime) -> Sequence[HealthChange]:
        """Forget every service but ``keys``: the others are no longer deployed."""
        return await self._store.retain(keys, at)

    def _decide(
        self, states: Mapping[ServiceKey, HealthState], results: Sequence[ProbeResult]
    ) -> tuple[Sequence[HealthState], Sequence[HealthChange]]:
        current = dict(states)
        changes = []
        for result in sorted(results, key=lambda r: r.at):
            key = result.target.key
            after = transition(current.get(key), result, self._slow_ms)
            if made := change(current.get(key), after):
                changes.append(made)
            current[key] = after
        return list(current.values()), changes
