"""The inventory, indexed for the audit: which scripts, workflows and problems are a service's, who breaks with whom."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chittyops.kernel.graph import Graph
from chittyops.kernel.inventory import Action, Evidence, Finding, FoundService, Inventory, Script, Workflow

BINDINGS: Final = frozenset({"service-binding", "tail", "queue", "durable-object"})
"""Kinds of dependencies whose target must be a service of the same account: a name that is nowhere is undefined."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One service with all that was found about it."""

    service: FoundService
    scripts: tuple[Script, ...]
    workflows: tuple[Workflow, ...]
    problems: Mapping[str, tuple[Finding, ...]]
    """By code."""
    coupled: bool
    """Whether it needs a service of the workspace, or one needs it."""

    def acting(self, category: str, *verbs: str, scripts: bool = True) -> tuple[Evidence, ...]:
        """Return where scripts and workflows do work of ``category``, or only what ``verbs`` say."""
        owners: Iterable[Script | Workflow] = (*self.scripts, *self.workflows) if scripts else self.workflows
        return tuple(
            Evidence(owner.path, action.line)
            for owner in owners
            for action in owner.actions
            if action.category == category and (not verbs or action.verb in verbs)
        )

    def configured(self) -> tuple[Evidence, ...]:
        """Return the configuration files."""
        return tuple(Evidence(path, 0) for path in self.service.config_files)


class Fleet:
    """The services that are one's own and alive, and everything that belongs to them."""

    def __init__(self, inventory: Inventory) -> None:
        """Index ``inventory``."""
        self.inventory = inventory
        kept = (each for each in inventory.canonical() if each.kind != "library")
        self.services: tuple[FoundService, ...] = tuple(sorted(kept, key=lambda each: (each.name, each.path)))
        self.by_name: Mapping[str, FoundService] = {each.name: each for each in reversed(self.services)}

    @cached_property
    def graph(self) -> Graph:
        """Return who needs whom, by name; services of one name count as one."""
        edges: dict[str, dict[str, None]] = {name: {} for name in sorted(self.by_name)}
        for each in self.services:
            needed = (d.target for d in each.depends_on)
            edges[each.name].update(dict.fromkeys(n for n in needed if n in edges and n != each.name))
        return Graph({name: tuple(needed) for name, needed in edges.items()})

    @cached_property
    def affected(self) -> Mapping[str, frozenset[str]]:
        """Return what breaks with each service, without itself."""
        return {name: self.graph.affected([name]) - {name} for name in self.by_name}

    def reach(self, services: Iterable[str]) -> int:
        """Return how many services these are together with all that break with them."""
        return len(self.graph.affected(each for each in services if each in self.by_name))

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """Return each service with what belongs to it, in order of their names."""
        scripts, workflows = defaultdict(list), defaultdict(list)
        for script in self.inventory.scripts:
            scripts[script.service].append(script)
        for workflow in self.inventory.workflows:
            if workflow.active:
                workflows[workflow.service or f"{self._repository(workflow.path)}/"].append(workflow)
        return tuple(
            Subject(
                each,
                tuple(s for s in scripts[each.name] if self._belongs(s.path, each)),
                tuple(w for w in workflows[each.name] if self._belongs(w.path, each))
                + tuple(workflows[f"{each.repository}/"]),
                self._problems(each),
                bool(self.graph.dependencies[each.name] or self.graph.dependents(each.name)),
            )
            for each in self.services
        )

    def holders(self, path: str) -> tuple[str, ...]:
        """Return the services whose folder holds ``path``: the nearest ones, alive or not."""
        folder = posixpath.dirname(path)
        while True:
            if found := self._folders.get(folder or "."):
                return found
            if not folder:
                return ()
            folder = posixpath.dirname(folder)

    def undefined(self) -> Iterator[tuple[FoundService, str, str, tuple[Evidence, ...]]]:
        """Yield service, target, kind and evidence of each binding to something that is nowhere in the workspace."""
        known = {each.name for each in self.inventory.services}
        for each in self.services:
            for edge in each.depends_on:
                if edge.kind in BINDINGS and edge.target not in known and "." not in edge.target:
                    yield each, edge.target, edge.kind, edge.evidence

    @cached_property
    def _folders(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for each in self.inventory.services:
            found[each.path] = tuple(dict.fromkeys((*found.get(each.path, ()), each.name)))
        return found

    @cached_property
    def _repositories(self) -> frozenset[str]:
        return frozenset(each.repository for each in self.inventory.services)

    def _repository(self, path: str) -> str:
        """Return the repository that holds ``path``: the longest of those known, "." where none does."""
        folder = posixpath.dirname(path)
        while folder and folder not in self._repositories:
            folder = posixpath.dirname(folder)
        return folder or "."

    def _belongs(self, path: str, service: FoundService) -> bool:
        """Tell services of one name apart by their repository."""
        return service.repository in {"", "."} or path.startswith(f"{service.repository}/")

    def _problems(self, service: FoundService) -> Mapping[str, tuple[Finding, ...]]:
        found: dict[str, list[Finding]] = {}
        for each in self._findings.get(service.name, ()):
            if service.path in {"", "."} or each.path.startswith(f"{service.path}/") or self._named_once(service):
                found.setdefault(each.code, []).append(each)
        return {code: tuple(problems) for code, problems in found.items()}

    @cached_property
    def _findings(self) -> Mapping[str, tuple[Finding, ...]]:
        found: dict[str, list[Finding]] = {}
        for each in self.inventory.problems:
            found.setdefault(each.service, []).append(each)
        return {name: tuple(problems) for name, problems in found.items()}

    @cached_property
    def _several(self) -> frozenset[str]:
        times = Counter(each.name for each in self.services)
        return frozenset(name for name, count in times.items() if count > 1)

    def _named_once(self, service: FoundService) -> bool:
        return service.name not in self._several


def environments(actions: Iterable[Action]) -> tuple[str, ...]:
    """Return the environments that actions name, variables left out."""
    named = (each.environment for each in actions if each.environment and "$" not in each.environment)
    return tuple(dict.fromkeys(named))
