"""What health needs from outside: a place to keep it, and a way to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from chittyops.capabilities.health.model import HealthChange, HealthState, ProbeResult, ProbeTarget, ServiceKey

Decide = Callable[[Mapping[ServiceKey, HealthState]], tuple[Sequence[HealthState], Sequence[HealthChange]]]
"""Makes new states, and the changes of status among them, out of the present ones."""


class Store(Protocol):
    """Keeps the present health, and every change of it."""

    async def states(self, fleet: str, environment: str) -> list[HealthState]:
        """Return the state of each service that was probed, by name."""
        ...

    async def changes(
        self, fleet: str, environment: str, *, service: str | None, before: int | None, limit: int
    ) -> list[HealthChange]:
        """Return changes, the newest first, older than the id ``before`` if given."""
        ...

    async def update(self, keys: Iterable[ServiceKey], decide: Decide) -> Sequence[HealthChange]:
        """Replace the states of ``keys`` by what ``decide`` makes of them, and announce changes, in one transaction."""
        ...

    async def retain(self, keys: Iterable[ServiceKey], at: datetime) -> Sequence[HealthChange]:
        """Forget every state but those of ``keys``, and announce it."""
        ...


class Probe(Protocol):
    """Asks a service how it is."""

    async def ask(self, target: ProbeTarget) -> ProbeResult:
        """Return what the service answered; that it did not is a result too, never an error."""
        ...
