"""Databases that several services bind: all depend on the one that holds the migrations."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chittyops.capabilities.discovery.service.graph.index import Identity, Index, identity, rows
from chittyops.capabilities.discovery.service.graph.mentions import Mention
from chittyops.capabilities.discovery.service.graph.names import rank
from chittyops.kernel.inventory import Evidence, FoundService

_KEYS: Final = {"d1": "database_id", "hyperdrive": "id"}
_ID: Final = re.compile(r"(?=.*\d)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|(?=.*\d)[a-z]+-[a-z]+-[0-9a-z]{8}")
"""Ids that are unique: UUIDs, 32 hexadecimal digits, Neon's projects. Placeholders and names are none."""
_REPEATED: Final = re.compile(r"[0-]*|(.)\1{7}.*")

Uses = Mapping[str, Sequence[tuple[FoundService, Evidence]]]


def shared(index: Index) -> Mapping[Identity, Sequence[Mention]]:
    """Return by service the services that hold the migrations of its databases.

    Where none of them holds any, or several do, nobody can be said to depend on the other.
    """
    found: dict[Identity, list[Mention]] = defaultdict(list)
    for uses in _uses(index).values():
        top = min(rank(service) for service, _ in uses)
        holders = {service.name for service, _ in uses if rank(service) == top and _migrates(service)}
        if len(holders) == 1:
            for service, evidence in uses:
                found[identity(service)].append(Mention(next(iter(holders)), "database", evidence))
    return found


def _migrates(service: FoundService) -> bool:
    return any(migrations.count for store in service.databases for migrations in store.migrations)


def _uses(index: Index) -> Uses:
    found: dict[str, list[tuple[FoundService, Evidence]]] = defaultdict(list)
    for service in index.world.services:
        for key, evidence in _bound(index, service):
            if _ID.fullmatch(key) and not _REPEATED.fullmatch(key):
                found[key].append((service, evidence))
    return {key: uses for key, uses in found.items() if len({identity(service) for service, _ in uses}) > 1}


def _bound(index: Index, service: FoundService) -> Iterator[tuple[str, Evidence]]:
    for facts, deployment in index.deployments.get(identity(service), ()):
        for stage in deployment.stages.values():
            for kind, key in _KEYS.items():
                for row, line in rows(stage, kind):
                    yield str(row.get(key, "")).lower(), Evidence(facts.path, line or deployment.line)
        for each in deployment.references:
            if each.kind == "database":
                yield each.target.lower(), Evidence(facts.path, each.line)
