"""The integration points: between services, and to what is outside of the workspace."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from chittyops.capabilities.audit.model import Integration
from chittyops.capabilities.audit.service.fleet import BINDINGS, Fleet
from chittyops.kernel.inventory import Dependency, Evidence, FoundService, Script, Workflow
from chittyops.kernel.words import number

KINDS: Final[Mapping[str, str]] = {
    "service": "Calls between services",
    "undefined": "Bindings to what is nowhere",
    "shared": "Resources that several services share",
    "host": "Outside addresses",
    "platform": "Platforms",
    "database": "Databases",
    "ci": "Pipelines",
    "tool": "Tools of scripts and workflows",
}
"""The kinds, in the order of the report."""

IDENTITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "kv": ("id",),
    "d1": ("database_id", "database_name"),
    "r2": ("bucket_name",),
    "queues": ("queue",),
    "hyperdrive": ("id",),
    "vectorize": ("index_name",),
    "analytics_engine": ("dataset",),
    "databases": ("id", "database_id", "name"),
}
"""Kinds of bindings that can be shared, with the fields that say what they are bound to; the first one given counts."""

SHOWN_EVIDENCE: Final = 20
_PLACEHOLDER: Final = re.compile(r"[<>{}$]|placeholder|your|replace|todo|xxx|example|^0[0-]*$", re.IGNORECASE)
_PIPELINES: Final = ((".github/", "GitHub Actions"), (".gitlab-ci", "GitLab CI"), (".circleci/", "CircleCI"))
_NO_TOOLS: Final = frozenset({"", "uses", "fetch", "query", "read", "write"})


def integrations(fleet: Fleet) -> tuple[Integration, ...]:
    """Return the integration points by kind; within one, those of the most services first."""
    order = list(KINDS)
    found = [*_calls(fleet), *_undefined(fleet), *_shared(fleet), *_hosts(fleet), *_things(fleet), *_tools(fleet)]
    return tuple(
        sorted(found, key=lambda each: (order.index(each.kind), -len(each.services), each.name, each.services))
    )


def _calls(fleet: Fleet) -> Iterator[Integration]:
    for each in fleet.services:
        edges: dict[str, list[Dependency]] = defaultdict(list)
        for edge in each.depends_on:
            if edge.target in fleet.by_name and edge.target != each.name:
                edges[edge.target].append(edge)
        for target, found in edges.items():
            kinds = ", ".join(dict.fromkeys(edge.kind for edge in found))
            evidence = _merged(edge.evidence for edge in found)
            reachable = any(edge.reachable for edge in found)
            yield Integration("service", f"{each.name} -> {target}", (each.name, target), kinds, evidence, reachable)


def _undefined(fleet: Fleet) -> Iterator[Integration]:
    found: dict[str, list[tuple[str, str, tuple[Evidence, ...]]]] = defaultdict(list)
    for service, target, kind, evidence in fleet.undefined():
        found[target].append((service.name, kind, evidence))
    for target, uses in found.items():
        kinds = ", ".join(dict.fromkeys(kind for _, kind, _ in uses))
        callers = tuple(dict.fromkeys(name for name, _, _ in uses))
        yield Integration("undefined", target, callers, kinds, _merged(evidence for *_, evidence in uses))


def _shared(fleet: Fleet) -> Iterator[Integration]:
    users: dict[tuple[str, str], dict[tuple[str, str], FoundService]] = {}
    for each in fleet.services:
        for kind, rows in _rows(each):
            for row in rows:
                if identity := _identity(kind, row):
                    users.setdefault((kind, identity), {})[each.path, each.name] = each
    for (kind, identity), services in users.items():
        names = tuple(dict.fromkeys(each.name for each in services.values()))
        if len(names) > 1:
            evidence = tuple(Evidence(each.config_files[0], 0) for each in services.values() if each.config_files)
            yield Integration("shared", identity, names, kind, evidence)


def _rows(service: FoundService) -> Iterator[tuple[str, tuple[Mapping[str, Any], ...]]]:
    yield from service.bindings.items()
    for stage in service.environments.values():
        yield from stage.bindings.items()


def _identity(kind: str, row: Mapping[str, Any]) -> str:
    """Return what a binding is bound to; "" where it says nothing, or was never filled in."""
    values = (str(row.get(name) or "") for name in IDENTITIES.get(kind, ()))
    found = next((value for value in values if value), "")
    return "" if _PLACEHOLDER.search(found) else found


def _hosts(fleet: Fleet) -> Iterator[Integration]:
    known = {each.name for each in fleet.inventory.services}
    found: dict[str, list[tuple[str, Dependency]]] = defaultdict(list)
    for each in fleet.services:
        for edge in each.depends_on:
            if edge.target not in known and (edge.kind not in BINDINGS or "." in edge.target):
                found[edge.target].append((each.name, edge))
    for host, uses in found.items():
        kinds = ", ".join(dict.fromkeys(edge.kind for _, edge in uses))
        callers = tuple(dict.fromkeys(name for name, _ in uses))
        reachable = any(edge.reachable for _, edge in uses)
        yield Integration("host", host, callers, kinds, _merged(edge.evidence for _, edge in uses), reachable)


def _things(fleet: Fleet) -> Iterator[Integration]:
    """Yield platforms, database engines and pipelines, each with the services that use it."""
    platforms: dict[str, list[FoundService]] = defaultdict(list)
    engines: dict[str, list[FoundService]] = defaultdict(list)
    for each in fleet.services:
        for platform in dict.fromkeys((each.platform, *each.platforms)):
            platforms[platform].append(each)
        for engine in dict.fromkeys(store.engine for store in each.databases):
            engines[engine].append(each)
    for name, services in platforms.items():
        files = tuple(Evidence(each.config_files[0], 0) for each in services if each.config_files)
        yield Integration("platform", name, _names(services), number(len(services), "service"), files[:SHOWN_EVIDENCE])
    for name, services in engines.items():
        stores = [store for each in services for store in each.databases if store.engine == name]
        evidence = _merged(store.evidence[:1] for store in stores)
        yield Integration("database", name, _names(services), number(len(stores), "database"), evidence)
    pipelines: dict[str, list[Evidence]] = defaultdict(list)
    for workflow in fleet.inventory.workflows:
        vendor = next((name for mark, name in _PIPELINES if mark in workflow.path), "another vendor")
        pipelines[vendor].append(Evidence(workflow.path, 1))
    owners = {w.path: w.service for w in fleet.inventory.workflows}
    for name, places in pipelines.items():
        users = tuple(dict.fromkeys(owners[each.path] for each in places if owners[each.path]))
        yield Integration("ci", name, users, number(len(places), "workflow"), tuple(places[:SHOWN_EVIDENCE]))


def _tools(fleet: Fleet) -> Iterator[Integration]:
    times: Counter[str] = Counter()
    users: dict[str, dict[str, None]] = defaultdict(dict)
    places: dict[str, list[Evidence]] = defaultdict(list)
    owners: tuple[Script | Workflow, ...] = (*fleet.inventory.scripts, *fleet.inventory.workflows)
    for owner in owners:
        for action in owner.actions:
            if action.category != "other" and action.tool not in _NO_TOOLS:
                times[action.tool] += 1
                users[action.tool][owner.service] = None
                places[action.tool].append(Evidence(owner.path, action.line))
    for tool, count in times.items():
        services = tuple(name for name in users[tool] if name)
        evidence = tuple(places[tool][:SHOWN_EVIDENCE])
        yield Integration("tool", tool, services, number(count, "command"), evidence)


def _names(services: Iterable[FoundService]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.name for each in services))


def _merged(found: Iterable[tuple[Evidence, ...]]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(each for evidence in found for each in evidence))[:SHOWN_EVIDENCE]
