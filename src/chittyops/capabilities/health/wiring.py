"""Chooses what the health slice runs on."""

from __future__ import annotations

from chittyops.capabilities.health.ports import Probe
from chittyops.capabilities.health.providers.http import HttpProbe
from chittyops.capabilities.health.providers.postgres import PostgresStore
from chittyops.capabilities.health.service import Healths
from chittyops.kernel.clock import Clock
from chittyops.runtime.postgres import Database
from chittyops.runtime.settings import Prober


def healths(database: Database, *, slow_ms: float = Prober().slow_ms) -> Healths:
    """Return the capability; ``slow_ms`` matters to the one who records."""
    return Healths(PostgresStore(database), slow_ms)


def probe(clock: Clock) -> Probe:
    """Return what asks services."""
    return HttpProbe(clock)
