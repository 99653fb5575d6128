"""Chooses what the deploy slice runs on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from chittyops.capabilities.deploy.ports import Driving, Provider
from chittyops.capabilities.deploy.providers.local.agent import local_agent
from chittyops.capabilities.deploy.providers.local.provider import LocalProvider
from chittyops.capabilities.deploy.providers.postgres.fleets import PostgresFleets, PostgresPlans
from chittyops.capabilities.deploy.providers.postgres.progress import PostgresProgress
from chittyops.capabilities.deploy.providers.postgres.releases import PostgresReleases
from chittyops.capabilities.deploy.service import Deploys
from chittyops.kernel.clock import Clock
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

__all__ = ["deploys", "driving", "local_agent", "providers"]

PROVIDERS: dict[str, Callable[[Home, Mapping[str, str]], Provider]] = {"local": LocalProvider}


def providers(home: Home, environ: Mapping[str, str] = os.environ) -> dict[str, Provider]:
    """Return every provider, ready for use."""
    return {name: provider(home, environ) for name, provider in PROVIDERS.items()}


def deploys(database: Database, home: Home, clock: Clock | None = None) -> Deploys:
    """Return the capability as the API and the pages use it."""
    clock = clock or SystemClock()
    return Deploys(
        PostgresFleets(database, clock),
        PostgresPlans(database, clock),
        PostgresReleases(database, clock),
        providers(home),
    )


def driving(database: Database, home: Home, clock: Clock | None = None) -> Driving:
    """Return what a worker drives releases with."""
    progress = PostgresProgress(database, clock or SystemClock())
    return Driving(progress, progress, providers(home))
