"""Bindings and addresses that lead nowhere, to the service itself, into production, or round in a circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Reference
from chittyops.capabilities.discovery.service.graph.hosts import split_route
from chittyops.capabilities.discovery.service.graph.index import (
    Index,
    address,
    identity,
    is_live,
    is_shadowed,
    produced,
    rows,
)
from chittyops.capabilities.discovery.service.graph.mentions import BOUND
from chittyops.capabilities.discovery.service.graph.names import PRODUCTION, deployed_names
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Dependency, Finding, FoundService

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "undefined-target": (
        "warning",
        "A binding names a Worker or queue that no service of the workspace is or consumes; info in one repository.",
    ),
    "self-binding": ("warning", "An environment of a service is bound to another environment of the same service."),
    "environment-crosses-production": (
        "warning",
        "A staging or development environment calls production of a service that has that environment too.",
    ),
    "dependency-cycle": ("info", "Services depend on each other in a circle."),
    "undefined-binding": (
        "warning",
        "Code calls a binding that no environment of the service's configuration defines.",
    ),
}
_ALIVE: Final = frozenset({"canonical", "variant"})
_CALLS: Final = frozenset({"binding", "queue", "database", "durable-object", "storage"})
_LATER: Final = frozenset({"queue", "tail", "database", "package"})
"""Kinds of dependencies in which nobody waits for an answer."""
_IMPLICIT: Final = frozenset({"ASSETS"})
"""Bindings that the platform defines by itself."""


def find(world: World) -> Iterator[Finding]:
    """Yield what is wrong with what services are bound to."""
    index = Index(world)
    for service in world.services:
        if service.status in _ALIVE:
            for facts, deployment in index.deployments.get(identity(service), ()):
                if is_live(facts, deployment) and not is_shadowed(world, facts.path):
                    yield from _undefined(index, service, facts, deployment)
                    yield from _crossing(index, service, facts, deployment)
            yield from _unbound(index, service)
    yield from _cycles(world)


def _undefined(index: Index, service: FoundService, facts: Facts, deployment: Deployment) -> Iterator[Finding]:
    """Find bindings that lead nowhere, once each: the environments of a file repeat them."""
    several = len(index.world.repositories) > 1
    severity = "warning" if several else "info"
    hint = "correct the name, or add the repository that it lives in to the workspace"
    seen = {each.target for each in deployment.references if index.names.exact(each.target, service.repository)}
    for each in deployment.references:
        if each.kind in BOUND and each.target not in seen:
            seen.add(each.target)
            message = f'{each.kind} to "{each.target}", which is no service of this workspace'
            yield Finding("undefined-target", severity, facts.path, message, each.line, 0, hint, service.name)
    queues = {queue: line for stage in reversed(deployment.stages.values()) for queue, line in produced(stage)}
    for queue, line in queues.items():
        if queue not in index.consumers:
            message = f'messages are sent to the queue "{queue}", which no service of this workspace consumes'
            at = line or next((one.line for one in deployment.references if one.target == queue), deployment.line)
            yield Finding("undefined-target", severity, facts.path, message, at, 0, hint, service.name)


def _crossing(index: Index, service: FoundService, facts: Facts, deployment: Deployment) -> Iterator[Finding]:
    """Find environments that use another environment's services."""
    for environment, stage in deployment.stages.items():
        if PRODUCTION.fullmatch(environment):
            continue
        for kind, column in (("services", "service"), ("durable_objects", "script_name")):
            for row, line in rows(stage, kind):
                name = str(row.get(column) or "")
                suffix = f"-{row['environment']}" if row.get("environment") else ""
                reference = Reference(str(row.get("binding", "")), name + suffix, line or deployment.line, environment)
                if name:
                    yield from _crossed(index, service, facts, reference)
    for each in deployment.references:
        if each.kind == "literal-url" and not PRODUCTION.fullmatch(each.environment):
            yield from _crossed_address(index, service, facts, each)


def _crossed(index: Index, service: FoundService, facts: Facts, binding: Reference) -> Iterator[Finding]:
    """Find what is wrong with a binding called ``binding.kind`` that leads to ``binding.target``."""
    found = index.names.exact(binding.target, service.repository)
    there = dict(deployed_names(found)) if found else {}
    own = there.get(binding.environment)
    if found is None or own is None or own == binding.target:
        return
    meant = next((stage for stage, name in there.items() if name == binding.target), None)
    if meant is None or not PRODUCTION.fullmatch(meant):
        return
    itself = identity(found) == identity(service)
    code, whose = (
        ("self-binding", "production of itself") if itself else ("environment-crosses-production", "production")
    )
    message = f'{binding.kind} of the environment "{binding.environment}" leads to "{binding.target}", {whose}'
    hint = f'bind "{own}", as it is called in that environment'
    yield Finding(code, "warning", facts.path, message, binding.line, 0, hint, service.name)


def _crossed_address(index: Index, service: FoundService, facts: Facts, each: Reference) -> Iterator[Finding]:
    host, path = address(each.target)
    found = index.at(host, path, service.repository)
    if found is None or identity(found) == identity(service) or each.environment not in found.environments:
        return
    hosts = {
        stage: {split_route(pattern)[0] for pattern in patterns}
        for stage, patterns in (("", found.routes), *((name, one.routes) for name, one in found.environments.items()))
    }
    own = hosts[each.environment]
    production = any(host in those for stage, those in hosts.items() if PRODUCTION.fullmatch(stage))
    if own and host not in own and production:
        message = f'the environment "{each.environment}" calls {host}, which is production of {found.name}'
        hint = f"use {min(own)}, where it is found in that environment"
        yield Finding(
            "environment-crosses-production", "warning", facts.path, message, each.line, 0, hint, service.name
        )


def _unbound(index: Index, service: FoundService) -> Iterator[Finding]:
    """Find calls of bindings that no configuration of the service's folder defines, once each.

    A name that the code also looks at without calling it may be absent on purpose: that is left alone.
    """
    known = _bindings(index, service)
    if not known:
        return
    seen = set(_IMPLICIT)
    for path in sorted(index.reach.of(service)):
        facts = index.world.facts.get(path)
        if facts is None or facts.code is None or facts.kind != "code":
            continue
        called: dict[str, list[int]] = defaultdict(list)
        for kind, name, line in facts.code.calls:
            if kind in _CALLS:
                called[name].append(line)
        looked = {(each.name, each.line) for each in facts.code.variables if each.source != "env-type"}
        for name, lines in called.items():
            guarded = any(line not in lines for other, line in looked if other == name)
            if name not in known | seen and (name, lines[0]) in looked and not guarded:
                seen.add(name)
                message = (
                    f"the code calls the binding {name}, which the configuration of {service.name} does not define"
                )
                hint = "add the binding to every environment that runs this code"
                yield Finding("undefined-binding", "warning", path, message, lines[0], 0, hint, service.name)


def _bindings(index: Index, service: FoundService) -> frozenset[str]:
    """Return all names that the Workers of the service's folder bind; none where that cannot be told."""
    found: set[str] = set()
    for sibling in index.siblings(service):
        for facts, deployment in index.deployments.get(identity(sibling), ()):
            if deployment.platform != "cloudflare" or any(each.code == "unparsable" for each in facts.problems):
                return frozenset()
            for stage in deployment.stages.values():
                found |= {str(row["binding"]) for kind in stage.bindings.values() for row in kind if "binding" in row}
                found |= {*stage.vars}
    return frozenset(found)


def _cycles(world: World) -> Iterator[Finding]:
    """Find circles of services that wait for each other, one for each group that is tied together by them."""
    alive = {each.name: each for each in world.services if each.status in _ALIVE}
    needs = {
        name: {each.target: each for each in _waited(service) if each.target in alive}
        for name, service in alive.items()
    }
    for group in _components({name: tuple(found) for name, found in needs.items()}):
        path = _circle(min(group), {name: [to for to in needs[name] if to in group] for name in group})
        edge = needs[path[0]][path[1]]
        message = f"services depend on each other in a circle: {' -> '.join(path)}"
        hint = "a change of one of them must fit all the others; let one of the calls be a message"
        yield Finding(
            "dependency-cycle", "info", edge.evidence[0].path, message, edge.evidence[0].line, 0, hint, path[0]
        )


def _waited(service: FoundService) -> Iterator[Dependency]:
    yield from (each for each in service.depends_on if each.reachable and each.kind not in _LATER)


def _components(needs: Mapping[str, tuple[str, ...]]) -> Iterator[frozenset[str]]:
    """Yield the groups of two or more names that all lead to each other (Kosaraju's algorithm, without recursion)."""
    order = list(_finished(needs, sorted(needs)))
    back: dict[str, list[str]] = {name: [] for name in needs}
    for name, targets in needs.items():
        for target in targets:
            back[target].append(name)
    seen: set[str] = set()
    for name in reversed(order):
        if name not in seen:
            group = frozenset(_finished(back, [name], seen))
            if len(group) > 1:
                yield group


def _finished(
    needs: Mapping[str, list[str] | tuple[str, ...]], starts: list[str], seen: set[str] | None = None
) -> Iterator[str]:
    """Yield all names that ``starts`` lead to, each after those that it leads to itself."""
    seen = set() if seen is None else seen
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(needs[start]))]
        while stack:
            name, rest = stack[-1]
            following = next((each for each in rest if each not in seen), None)
            if following is None:
                stack.pop()
                yield name
            else:
                seen.add(following)
                stack.append((following, iter(needs[following])))


def _circle(start: str, needs: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return the shortest way from ``start`` back to itself."""
    before: dict[str, str] = {}
    row = [start]
    while start not in before:
        following = [(to, name) for name in row for to in sorted(needs[name])]
        row = [to for to, name in following if before.setdefault(to, name) == name]
    path = [start, before[start]]
    while path[-1] != start:
        path.append(before[path[-1]])
    return tuple(reversed(path))
