"""A project as it is remembered: what discovery found and what the fleet file says, made one and small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from chittyops.capabilities.awareness.model.project import KnownMigrations, KnownProblem, KnownService, Snapshot
from chittyops.kernel.inventory import Finding, FoundService, Inventory
from chittyops.kernel.service import Fleet, Service

KEPT_PROBLEMS: Final = 200
_SEVERITIES: Final = {"error": 0, "warning": 1, "info": 2}


def snapshot(
    root: str, stamp: str, read_at: float, found: Inventory, fleet: Fleet | None, problem: KnownProblem | None = None
) -> Snapshot:
    """Return what is known of the project at ``root``.

    ``problem`` is what is wrong with its fleet file, where there is one and ``fleet`` cannot be read.
    """
    names = _names(found, fleet)
    problems = [*((problem,) if problem else ()), *(_problem(each, names) for each in _in_order(found.problems))]
    counts = {kind: Counter(each.service for each in problems if each.severity == kind) for kind in _SEVERITIES}
    return Snapshot(
        root,
        stamp,
        read_at,
        fleet=fleet.name if fleet else "",
        environments=fleet.environments if fleet else (),
        services=tuple(_services(found, fleet, names)),
        problems=tuple(problems[:KEPT_PROBLEMS]),
        errors=dict(counts["error"]),
        warnings=dict(counts["warning"]),
    )


def _in_order(problems: Iterable[Finding]) -> list[Finding]:
    return sorted(problems, key=lambda each: (_SEVERITIES.get(each.severity, 3), each.path, each.line))


def _names(found: Inventory, fleet: Fleet | None) -> dict[str, str]:
    """Return what the fleet calls each service that was found, where it calls it otherwise: by its folder."""
    if not fleet:
        return {}
    at: dict[str, list[FoundService]] = {}
    for each in found.services:
        at.setdefault(each.path, []).append(each)
    return {
        beside[0].name: each.name
        for each in fleet.services.values()
        if len(beside := at.get(each.path, [])) == 1 and beside[0].name not in fleet.services
    }


def _services(found: Inventory, fleet: Fleet | None, names: Mapping[str, str]) -> Iterable[KnownService]:
    declared = dict(fleet.services) if fleet else {}
    seen = set()
    for each in found.services:
        name = names.get(each.name, each.name)
        ours = declared.get(name)
        if ours and ours.path != each.path:
            ours = None
        if ours:
            seen.add(name)
        yield _known(name, each, ours, names)
    for name, service in declared.items():
        if name not in seen:
            needs: dict[str, tuple[str, ...]] = dict.fromkeys(service.depends_on, ("fleet",))
            kept = _kept_by(service)
            yield KnownService(
                name, service.path, service.platform, "canonical", depends_on=needs, migrations=kept,
                tests=service.tests, in_fleet=True,
            )  # fmt: skip


def _known(name: str, each: FoundService, ours: Service | None, names: Mapping[str, str]) -> KnownService:
    needs: dict[str, tuple[str, ...]] = dict.fromkeys(ours.depends_on if ours else (), ("fleet",))
    for edge in each.depends_on:
        target = names.get(edge.target, edge.target)
        if target != name:
            needs[target] = tuple(dict.fromkeys((*needs.get(target, ()), edge.kind)))
    kept = [
        KnownMigrations(folder.path, folder.tool, folder.state, store.name)
        for store in each.databases
        for folder in store.migrations
    ]
    known = {folder.path for folder in kept}
    kept += [folder for folder in (_kept_by(ours) if ours else ()) if folder.path not in known]
    return KnownService(
        name,
        each.path,
        ours.platform if ours else each.platform,
        each.status,
        each.copy_of,
        tuple(stage for stage in each.environments if stage),
        needs,
        tuple(kept),
        (ours.tests if ours else "") or (each.tests.command if each.tests else ""),
        in_fleet=ours is not None,
    )


def _kept_by(service: Service) -> tuple[KnownMigrations, ...]:
    prefix = "" if service.path in {"", "."} else f"{service.path}/"
    return tuple(
        KnownMigrations(f"{prefix}{each.migrations}", each.tool or "sql", "files", each.name)
        for each in service.databases
        if each.migrations
    )


def _problem(each: Finding, names: Mapping[str, str]) -> KnownProblem:
    service = names.get(each.service, each.service)
    return KnownProblem(each.code, each.severity, each.path, each.message, each.line, each.hint, service)
