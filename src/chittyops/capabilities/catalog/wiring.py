"""Chooses what the catalogue runs on."""

from __future__ import annotations

from chittyops.capabilities.catalog.providers.postgres import PostgresWorkspaces
from chittyops.capabilities.catalog.service import Catalog
from chittyops.kernel.clock import Clock
from chittyops.runtime.postgres import Database


def catalog(database: Database, clock: Clock) -> Catalog:
    """Return the catalogue as the API and the pages use it."""
    return Catalog(PostgresWorkspaces(database, clock), clock)
