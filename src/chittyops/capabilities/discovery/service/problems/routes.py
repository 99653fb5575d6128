"""Routes and domains that more than one Worker claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.discovery.service.graph.hosts import domain, split_route
from chittyops.capabilities.discovery.service.graph.index import Identity, Index, identity, is_live
from chittyops.capabilities.discovery.service.graph.names import PRODUCTION, deployed_names
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding, FoundService

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "route-claimed-twice": (
        "error",
        "Several services claim one route or domain (error), or two environments of one service do (warning).",
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """What is deployed as ``worker`` claims a route there."""

    path: str
    line: int
    worker: str
    service: Identity
    environment: str


def find(world: World) -> Iterator[Finding]:
    """Yield the second and later claims of a route. Wildcards may overlap: the most specific one wins."""
    index = Index(world)
    claims: dict[tuple[str, str], set[Claim]] = defaultdict(set)
    for service in world.services:
        if service.status == "canonical":
            for platform, pattern, claim in _claims(index, service):
                claims[platform, pattern].add(claim)
    for (_, pattern), found in sorted(claims.items()):
        yield from _conflicts(pattern, sorted(found))


def _claims(index: Index, service: FoundService) -> Iterator[tuple[str, str, Claim]]:
    names = dict(deployed_names(service))
    for facts, deployment in index.deployments.get(identity(service), ()):
        if not is_live(facts, deployment):
            continue
        for environment, stage in deployment.stages.items():
            worker = stage.name or names.get(environment, f"{service.name}-{environment}")
            # What an environment inherits is a problem of that file alone, and found there.
            inherited = deployment.stages[""].routes if environment and "" in deployment.stages else ()
            for pattern, line in stage.routes:
                host, path = split_route(pattern)
                if domain(host) and (pattern, line) not in inherited:
                    claim = Claim(facts.path, line or deployment.line, worker, identity(service), environment)
                    yield deployment.platform, f"{host}{path.rstrip('/')}", claim


def _conflicts(pattern: str, found: list[Claim]) -> Iterator[Finding]:
    """Find the claims of other Workers than the one that has the route in production, one for each of them."""
    owner = min(found, key=lambda each: (PRODUCTION.fullmatch(each.environment) is None, each)).worker
    seen = {owner}
    for each in found:
        if each.worker in seen:
            continue
        seen.add(each.worker)
        first = min((one for one in found if one.worker == owner), key=lambda one: (one.path != each.path, one))
        within = each.service == first.service
        who = f'the environment "{each.environment}"' if within else each.worker
        message = f"{who} claims {pattern}, which {owner} claims as well ({first.path}:{first.line})"
        hint = "the one that is deployed last takes it; leave it to one of them"
        severity = "warning" if within else "error"
        yield Finding("route-claimed-twice", severity, each.path, message, each.line, 0, hint, each.service[1])
