"""Ops work: what the scripts and workflows of a workspace do, read from their commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from chittyops.capabilities.discovery.model.facts import Facts, ScriptFacts, WorkflowFacts
from chittyops.capabilities.discovery.service.operations import catalogue, classify, similar, table
from chittyops.capabilities.discovery.service.operations.catalogue import Catalogue
from chittyops.capabilities.discovery.service.operations.runs import Origin
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Action, Evidence, Named, Script, Workflow

_MOST_DEPTH = 6


def scripts(world: World) -> tuple[Script, ...]:
    """Return every piece of ops work: script files, npm scripts, targets, cron entries."""
    known = Catalogue(world)
    found = {identity: _script(world, known, path, facts) for identity, (path, facts) in known.scripts.items()}
    groups = similar.groups(
        (identity, facts.digest, facts.shingles)
        for identity, (_, facts) in known.scripts.items()
        if facts.kind in catalogue.WHOLE_FILE
    )
    through = _Through(found)
    return tuple(
        replace(each, categories=through.categories(identity, each.actions), similar=groups.get(identity, ""))
        for identity, each in sorted(found.items(), key=lambda item: (item[1].path, item[1].line, item[1].name))
    )


def _script(world: World, known: Catalogue, path: str, facts: ScriptFacts) -> Script:
    return Script(
        path=path,
        name=facts.name,
        kind=facts.kind,
        line=facts.line,
        actions=tuple(classify.actions(facts.commands)),
        summary=facts.summary,
        inputs=facts.inputs,
        uses=known.used(Origin(world, path, facts.kind), facts.commands),
        service=world.owner(path),
        lines=facts.lines,
        digest=facts.digest,
    )


def workflows(world: World) -> tuple[Workflow, ...]:
    """Return the CI workflows."""
    known = Catalogue(world)
    through = _Through({each: _script(world, known, path, facts) for each, (path, facts) in known.scripts.items()})
    return tuple(
        _workflow(world, known, through, facts, facts.workflow)
        for facts in world.facts.values()
        if facts.workflow is not None
    )


def _workflow(world: World, known: Catalogue, through: _Through, facts: Facts, found: WorkflowFacts) -> Workflow:
    commands = tuple(command for job in found.jobs for command in job.commands)
    actions = tuple(classify.actions(commands))
    uses = known.used(Origin(world, facts.path, "job"), commands)
    reason = catalogue.inert(world, facts)
    return Workflow(
        path=facts.path,
        name=found.name,
        triggers=found.triggers,
        jobs=tuple(job.name for job in found.jobs),
        actions=actions,
        categories=through.of(actions, uses, 0),
        active=not reason,
        reason=reason,
        secrets=tuple(Named(name, (Evidence(facts.path, line),)) for name, line in found.secrets),
        uses=uses,
        service=world.owner(facts.path),
    )


class _Through:
    """Categories of scripts, with those of the scripts that they run."""

    def __init__(self, scripts: Mapping[str, Script]) -> None:
        self._scripts = scripts

    def categories(self, identity: str, actions: Sequence[Action]) -> tuple[str, ...]:
        return self.of(actions, self._scripts[identity].uses, 0)

    def of(self, actions: Iterable[Action], uses: Iterable[str], depth: int) -> tuple[str, ...]:
        """Return the categories by weight; what a script runs counts like one action of each of its categories."""
        counted = Counter[str]()
        for category in self._all(actions, uses, depth):
            counted[category] += table.WEIGHTS.get(category, 0)
        return tuple(name for name, weight in sorted(counted.items(), key=lambda each: -each[1]) if weight)

    def _all(self, actions: Iterable[Action], uses: Iterable[str], depth: int) -> Iterator[str]:
        yield from (action.category for action in actions)
        for name in uses if depth < _MOST_DEPTH else ():
            if used := self._scripts.get(name):
                yield from self.of(used.actions, used.uses, depth + 1)


__all__ = ["scripts", "workflows"]
