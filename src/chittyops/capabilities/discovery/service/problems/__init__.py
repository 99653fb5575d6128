"""What is wrong with a workspace beyond what single files show: one module a family, ``find(world)`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from chittyops.capabilities.discovery.service.problems import (
    configs,
    copies,
    entrypoints,
    leaks,
    migrations,
    operations,
    routes,
    targets,
    testing,
    wrangler,
)
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding

FAMILIES: Final[tuple[Callable[[World], Iterator[Finding]], ...]] = (
    # one line a family
    wrangler.find,
    entrypoints.find,
    copies.find,
    configs.find,
    targets.find,
    routes.find,
    operations.find,
    testing.find,
    migrations.find,
    leaks.find,
)
