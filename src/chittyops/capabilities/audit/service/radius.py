"""What breaks with what: the dependency map and the blast radius of each service."""

from __future__ import annotations

from collections import Counter

from chittyops.capabilities.audit.model import Link, Map, Node, Radius
from chittyops.capabilities.audit.service.fleet import Fleet

UNDEFINED = "undefined"


def radii(fleet: Fleet) -> tuple[Radius, ...]:
    """Return the blast radius of each service, the largest first."""
    others = max(len(fleet.by_name) - 1, 1)
    found = []
    for name, affected in fleet.affected.items():
        direct = tuple(sorted(fleet.graph.dependents(name)))
        transitive = tuple(sorted(affected - set(direct)))
        found.append(Radius(name, direct, transitive, round(100 * len(affected) / others)))
    return tuple(
        sorted(found, key=lambda each: (-len(each.direct) - len(each.transitive), -len(each.direct), each.service))
    )


def dependency_map(fleet: Fleet) -> Map:
    """Return the services, what their bindings name that is nowhere, and who needs whom."""
    nodes = {name: Node(name, each.platform, each.repository) for name, each in sorted(fleet.by_name.items())}
    times: Counter[tuple[str, str]] = Counter()
    reachable: set[tuple[str, str]] = set()
    for each in fleet.services:
        for edge in each.depends_on:
            if edge.target in fleet.by_name and edge.target != each.name:
                times[each.name, edge.target] += 1
                if edge.reachable:
                    reachable.add((each.name, edge.target))
    for service, target, _, _ in fleet.undefined():
        nodes.setdefault(target, Node(target, UNDEFINED, service.repository))
        times[service.name, target] += 1
        reachable.add((service.name, target))
    links = (Link(*edge, edge in reachable, count) for edge, count in sorted(times.items()))
    return Map(tuple(nodes.values()), tuple(links))
