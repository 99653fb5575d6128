"""A service filled in with all that the facts of its folder tell."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service import migrations, places
from chittyops.capabilities.discovery.service.assembly import details, needs, programs, statuses
from chittyops.capabilities.discovery.service.assembly.names import Names
from chittyops.capabilities.discovery.service.assembly.sources import Index
from chittyops.capabilities.discovery.service.assembly.units import Unit
from chittyops.capabilities.discovery.service.graph.modules import Modules
from chittyops.capabilities.discovery.service.graph.reach import Reach
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService, Migrations, Stage

_OPERATIONS: Final = re.compile(r"(?i)(?:^|/)(?:scripts?|tools?|ops|bin|deploy(?:ment)?|ci|\.[^/]+|examples?)/")
"""Folders whose code looks after the service and is no part of it, unless the entry point leads there."""


def drafted(world: World, found: Index, unit: Unit, names: Names) -> FoundService:
    """Return a service with what its own files tell alone."""
    platforms = details.platforms(found, unit)
    entrypoint, state = details.entrypoint(world, found, unit)
    stages = details.stages(unit)
    top = stages.pop("", Stage())
    packages = found.of(unit.folder) if unit.first else ()
    build = next((each.deployment.build for each in unit.live if each.deployment.build), "")
    start = next((each.deployment.start for each in unit.live if each.deployment.start), "")
    return FoundService(
        name=names.name(unit),
        path=unit.folder,
        repository=world.repository(places.join(unit.folder, "x")),
        platform=platforms[0],
        platforms=platforms,
        status="canonical",
        kind=details.kind(unit, programs.served(found, unit.folder) if unit.first else frozenset()),
        config_files=_config_files(found, unit),
        entrypoint=entrypoint,
        entrypoint_state=state,
        environments=stages,
        bindings=top.bindings,
        routes=top.routes,
        crons=top.crons,
        vars=top.vars,
        start=("command", start) if start else (unit.program.start if unit.program and not unit.sources else ("", "")),
        build=build or next((each.scripts["build"] for each in packages if "build" in each.scripts), ""),
    )


def _config_files(found: Index, unit: Unit) -> tuple[str, ...]:
    files = dict.fromkeys(each.path for each in unit.sources)
    if unit.library or (unit.program and not unit.sources):
        files |= dict.fromkeys(each.path for each in found.manifests.get(unit.folder, ()) if each.package.name)
    return tuple(files)


class Completion:
    """Fills in what needs the services around to be known: whose each file is."""

    def __init__(self, world: World, found: Index, made: Sequence[Unit]) -> None:
        """Take the drafts of ``made`` as the services of ``world``."""
        self._world = world
        self._found = found
        self._reach = Reach(world)
        self._modules = Modules(world.paths, world.facts)
        self._managers = details.managers(world)
        self._several = {folder for folder, count in Counter(each.folder for each in made).items() if count > 1}
        heads = {each.folder: each for each in reversed(made)}
        self._workflows = needs.deploying(world, heads)
        self._migrations: dict[str, list[Migrations]] = defaultdict(list)
        for folder, each in migrations.folders(world):
            for owner in world.owners(places.join(folder, "x"))[:1]:
                self._migrations[owner.path].append(each)

    def of(self, draft: FoundService, unit: Unit) -> FoundService:
        """Return the draft of ``unit`` with what the files of its folder tell."""
        own = tuple(each for each in self._world.below(unit.folder) if not _is_aside(each.path, unit.folder))
        reached = self._reached(draft, unit)
        code = self._code(draft, unit, own, reached)
        status, reason = statuses.status(self._world, unit, draft, own)
        health, evidence = details.health(unit, code, reached)
        packages = [each.package for each in self._found.manifests.get(unit.folder, ())]
        kept = self._migrations.get(unit.folder, ()) if unit.first else ()
        return replace(
            draft,
            status=status,
            reason=reason,
            secrets=needs.secrets(unit, own, code, self._workflows.get(unit.folder, ())),
            databases=needs.databases(unit, draft.name, own, code, reached, kept),
            tests=details.tests(own, packages),
            package_manager=details.manager(self._world, self._found, unit.folder, self._managers),
            health=health,
            health_evidence=evidence,
            owners=details.owners(self._world, unit.folder),
        )

    def _reached(self, draft: FoundService, unit: Unit) -> frozenset[str]:
        """Return the files that the entry point of a service leads to."""
        apart = unit.folder in self._several or not places.inside(draft.entrypoint, unit.folder)
        if not apart or draft.entrypoint not in self._world.facts:
            return self._reach.of(draft)
        # What the folder's manifest starts is its main service's; the others have their entry point alone.
        seen, todo = {draft.entrypoint}, [draft.entrypoint]
        while todo:
            facts = self._world.facts.get(path := todo.pop())
            if facts and facts.code:
                new = set(self._modules.imported(path, facts.code.imports)) - seen
                seen |= new
                todo += new
        return frozenset(seen)

    def _code(
        self, draft: FoundService, unit: Unit, own: Sequence[Facts], reached: frozenset[str]
    ) -> tuple[Facts, ...]:
        """Return the source files of a service: what its entry point leads to, and what lies beside and is no one's."""
        alone = unit.folder not in self._several
        inner = len(unit.folder) + 1 if unit.folder != "." else 0
        outer = (self._world.facts[path] for path in sorted(reached) if not places.inside(path, unit.folder))
        return tuple(
            each
            for each in (*own, *(outer if not places.inside(draft.entrypoint, unit.folder) else ()))
            if each.code is not None
            and each.kind != "test"
            and (each.path in reached or (alone and not _OPERATIONS.search(each.path[inner:])))
        )


def _is_aside(path: str, folder: str) -> bool:
    """Return whether a file of the service in ``folder`` is kept aside within it: in an archive, in quarantine."""
    inner = posixpath.dirname(places.relative(path, folder))
    return bool(inner) and places.aside(inner, ".")[0] in {"legacy", "quarantined"}
