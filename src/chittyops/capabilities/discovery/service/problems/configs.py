"""Configurations that are at odds with each other."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from chittyops.capabilities.discovery.model.facts import Deployment
from chittyops.capabilities.discovery.service.graph.index import is_live, is_shadowed
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding, FoundService

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "several-services-one-name": (
        "error",
        "Different folders deploy under one name: whichever is deployed last replaces the others.",
    ),
    "diverging-config": (
        "warning",
        "Configurations in different folders deploy one service with different bindings: the last one counts.",
    ),
}
_BY_NAME: Final = frozenset({"cloudflare", "fly", "deno"})
"""Platforms on which the name in the configuration is what is replaced by a deployment."""
_ALIVE: Final = frozenset({"canonical", "variant", "stub", "copy"})
_SHOWN: Final = 4


def find(world: World) -> Iterator[Finding]:
    """Yield the services that are deployed from different folders under the same name."""
    deployed: dict[tuple[str, str], list[tuple[FoundService, str, Deployment]]] = defaultdict(list)
    for service in world.services:
        if service.status not in _ALIVE:
            continue
        for path in service.config_files:
            for deployment in world.facts[path].deployments if path in world.facts else ():
                if deployment.platform in _BY_NAME and deployment.name == service.name:
                    deployed[deployment.platform, deployment.name].append((service, path, deployment))
                    break
    for (_, name), found in sorted(deployed.items()):
        yield from _colliding(name, found)
    for service in world.services:
        if service.status in _ALIVE:
            yield from _diverging(world, service)


def _colliding(name: str, found: list[tuple[FoundService, str, Deployment]]) -> Iterator[Finding]:
    by_folder = {service.path: (service, path, deployment) for service, path, deployment in reversed(found)}
    if len(by_folder) == 1:
        return
    own = [folder for folder, (service, _, _) in by_folder.items() if service.status == "canonical"]
    for folder in sorted(by_folder):
        service, path, deployment = by_folder[folder]
        others = ", ".join(other for other in sorted(by_folder) if other != folder)
        severity = "error" if service.status == "canonical" and len(own) > 1 else "warning"
        yield Finding(
            "several-services-one-name",
            severity,
            path,
            f"{name} is deployed from {others} too: the later deployment replaces the other",
            deployment.line,
            hint="give one of them another name, or remove the one that is not used",
            service=service.name,
        )


def _diverging(world: World, service: FoundService) -> Iterator[Finding]:
    """Find the configurations of a service that stand elsewhere than its main one and bind other things."""
    live = [
        (path, deployment)
        for path in service.config_files
        for deployment in (world.facts[path].deployments if path in world.facts else ())
        if deployment.platform in _BY_NAME and deployment.name == service.name
        if is_live(world.facts[path], deployment) and not is_shadowed(world, path)
    ]
    for path, deployment in live[1:]:
        main, first = live[0]
        differing = sorted(_bound(first) ^ _bound(deployment))
        if differing and posixpath.dirname(path) != posixpath.dirname(main):
            names = ", ".join(dict.fromkeys(f"{name} ({kind})" for kind, name, _ in differing[:_SHOWN]))
            more = " ..." if len(differing) > _SHOWN else ""
            yield Finding(
                "diverging-config",
                "warning",
                path,
                f"{service.name} is deployed from {main} too, and the two differ in what they bind: {names}{more}",
                deployment.line,
                hint="keep one configuration, with an environment for each way to deploy it",
                service=service.name,
            )


def _bound(deployment: Deployment) -> frozenset[tuple[str, str, str]]:
    """Return kind, name and environment of all that a deployment binds."""
    return frozenset(
        (kind, str(row.get("binding") or next(iter(row.values()), "")), stage)
        for stage, each in deployment.stages.items()
        for kind, rows in each.bindings.items()
        for row in rows
    )
