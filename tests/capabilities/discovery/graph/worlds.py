"""Workspaces for tests: of the texts of their files as they are read, or of services made by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chittyops.capabilities.discovery.service import assembly, graph
from chittyops.capabilities.discovery.service.facts import registry
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Dependency, FoundService, Stage


def read(files: Mapping[str, str], repositories: Sequence[str] = (".",)) -> World:
    """Return the world of ``files``, read by the recognisers, with its services and what they depend on."""
    facts = {}
    for path, text in sorted(files.items()):
        recogniser = registry.recogniser(path, text)
        if recogniser is not None:
            facts[path] = recogniser(path, text)
    world = World("shop", frozenset(files), tuple(repositories), facts)
    world = world.with_services(assembly.services(world))
    return world.with_services(graph.connect(world))


def edges(world: World, service: str) -> dict[tuple[str, str], Dependency]:
    """Return the dependencies of the service of a name by kind and target."""
    found = [each for each in world.services if each.name == service]
    assert found, [each.name for each in world.services]
    return {(each.kind, each.target): each for each in found[0].depends_on}


def worker(name: str, **settings: Any) -> str:
    """Return a configuration of wrangler."""
    return json.dumps({"name": name, "main": "src/index.ts", "compatibility_date": "2025-01-01", **settings}, indent=1)


def package(name: str, **settings: Any) -> str:
    """Return a package.json."""
    return json.dumps({"name": name, "private": True, **settings}, indent=1)


def service(name: str, path: str = "", **told: Any) -> FoundService:
    """Return a service made by hand."""
    stages = {stage: Stage(routes=tuple(routes)) for stage, routes in told.pop("stages", {}).items()}
    given = {"repository": ".", "platform": "cloudflare", "platforms": ("cloudflare",), "status": "canonical"} | told
    return FoundService(name=name, path=path or name, environments=stages, **given)
