"""Who depends on whom: what files mention, resolved to the services it means."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from chittyops.capabilities.discovery.service.graph import databases
from chittyops.capabilities.discovery.service.graph.index import Index, identity
from chittyops.capabilities.discovery.service.graph.mentions import Mention, mentions
from chittyops.capabilities.discovery.service.graph.reach import Reach
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Dependency, FoundService

MOST_EVIDENCE: Final = 20


def connect(world: World) -> tuple[FoundService, ...]:
    """Return the services of ``world`` with what they depend on.

    A dependency has at most 20 pieces of evidence, those in reachable files first, then by path and line. A target
    that is no service of the workspace is kept only where it plainly belongs to it: bound by name, or at a host below
    a domain that the workspace's services use.
    """
    index = Index(world)
    stores = databases.shared(index)
    return tuple(
        dataclasses.replace(
            each, depends_on=_dependencies(each, [*mentions(index, each), *stores.get(identity(each), ())])
        )
        for each in world.services
    )


def reachable(world: World, service: FoundService) -> frozenset[str]:
    """Return the paths of all code that the entry points of ``service`` lead to; its whole code where none is known.

    To ask for many services, make one ``reach.Reach`` of the world.
    """
    return Reach(world).of(service)


def _dependencies(service: FoundService, found: Iterable[Mention]) -> tuple[Dependency, ...]:
    seen: dict[tuple[str, str], set[Mention]] = defaultdict(set)
    for each in found:
        if each.target not in {service.name, service.copy_of, ""}:
            seen[each.target, each.kind].add(each)
    dependencies = []
    for (target, kind), places in sorted(seen.items()):
        ordered = sorted(places, key=lambda each: (not each.reachable, each.evidence))
        evidence = tuple(dict.fromkeys(each.evidence for each in ordered))[:MOST_EVIDENCE]
        dependencies.append(Dependency(target, kind, evidence, any(each.reachable for each in places)))
    return tuple(dependencies)
