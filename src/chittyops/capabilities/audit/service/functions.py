"""The scattered ops functions: what each does, its capability, what replaces it, and what is there more than once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chittyops.capabilities.audit.model import Duplicates, Function, Knowledge
from chittyops.capabilities.audit.service.fleet import Fleet, environments
from chittyops.kernel.inventory import CAPABILITIES, Action, Evidence, Script, Workflow

SHOWN_VERBS: Final = 6
SHORTEST: Final = 5
"""Scripts that do no ops work count as duplicates from this many lines on."""
_SAYS_NOTHING: Final = frozenset({"run program", "run script", "run command"})
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class _Known:
    """A function with what tells duplicates."""

    function: Function
    content: str
    group: str


def functions(fleet: Fleet, knowledge: Knowledge) -> tuple[tuple[Function, ...], tuple[Duplicates, ...]]:
    """Return all functions by service, path and line, and the groups of those that are the same."""
    known = [
        *(_of_script(each, fleet, knowledge) for each in fleet.inventory.scripts if each.actions or each.categories),
        *(_of_workflow(each, fleet, knowledge) for each in fleet.inventory.workflows),
    ]
    known.sort(key=lambda each: (each.function.service, each.function.path, each.function.line, each.function.name))
    groups = _groups(known)
    named = {(m.path, m.line): group.name for group in groups for m in group.members}
    found = (replace(f, duplicates=named.get((f.path, f.line), "")) for f in (each.function for each in known))
    return tuple(found), groups


def _of_script(script: Script, fleet: Fleet, knowledge: Knowledge) -> _Known:
    function = _function(script, script.kind, fleet, knowledge)
    function = replace(function, line=script.line, lines=script.lines, summary=script.summary)
    return _Known(function, script.digest, script.similar)


def _of_workflow(workflow: Workflow, fleet: Fleet, knowledge: Knowledge) -> _Known:
    function = replace(_function(workflow, "workflow", fleet, knowledge), active=workflow.active)
    commands = [each.command for each in workflow.actions]
    return _Known(function, "\n".join(commands) if len(commands) > 1 else "", "")


def _function(owner: Script | Workflow, kind: str, fleet: Fleet, knowledge: Knowledge) -> Function:
    capability = next((each for each in owner.categories if each in CAPABILITIES), "")
    command, planned = _replacement(owner, capability, fleet, knowledge)
    verbs = tuple(dict.fromkeys(each.verb for each in owner.actions if each.verb not in _SAYS_NOTHING))
    return Function(
        path=owner.path,
        name=owner.name,
        kind=kind,
        line=1,
        service=owner.service,
        verbs=verbs[:SHOWN_VERBS] or tuple(dict.fromkeys(each.verb for each in owner.actions))[:1],
        categories=owner.categories,
        capability=capability,
        command=command,
        planned=planned,
        environments=environments(owner.actions),
    )


def _replacement(owner: Script | Workflow, capability: str, fleet: Fleet, knowledge: Knowledge) -> tuple[str, bool]:
    """Return the command that does this work, and whether it is only planned.

    What no command does by itself is run as a managed task, apart from workflows, which their vendor runs.
    """
    if not capability:
        return "", False
    service = fleet.by_name.get(owner.service)
    for action in (each for each in owner.actions if each.category == capability):
        if form := knowledge.forms.get((capability, action.verb)):
            command = form.format(service=owner.service or "SERVICE", env=_option(action))
            able = knowledge.can(command.split()[0], service.platform if service else "")
            return f"chittyops {command}", not able
    if isinstance(owner, Workflow):
        return "", False
    name = owner.name.rpartition("/")[2].partition(".")[0]
    return f"chittyops task run {name}", not knowledge.can("task", "")


def _option(action: Action) -> str:
    plain = _PLAIN.fullmatch(action.environment)
    return f" --env {action.environment}" if plain and action.environment != "local" else ""


def _groups(known: Sequence[_Known]) -> tuple[Duplicates, ...]:
    """Return the groups of duplicates, those with the most needless lines first."""
    same, near = defaultdict(list), defaultdict(list)
    for each in known:
        if each.function.capability or each.function.lines >= SHORTEST:
            if each.content:
                same[each.content].append(each.function)
            if each.group:
                near[each.group].append(each)
    groups = [_group(members, exact=True) for members in same.values() if len(members) > 1]
    for members in near.values():
        # One of those that are exactly the same stands for them among the nearly same.
        distinct = list({each.content: each.function for each in reversed(members)}.values())[::-1]
        if len(distinct) > 1:
            groups.append(_group(distinct, exact=False))
    return tuple(sorted(groups, key=lambda group: (-group.lines, -len(group.members), group.name)))


def _group(members: Sequence[Function], *, exact: bool) -> Duplicates:
    first = members[0]
    return Duplicates(
        name=f"{first.path}#{first.name}" if first.kind in {"npm-script", "make-target", "task"} else first.path,
        exact=exact,
        capability=first.capability,
        members=tuple(_place(each) for each in members),
        services=tuple(dict.fromkeys(each.service for each in members if each.service)),
        lines=sum(max(each.lines, 1) for each in members[1:]),
    )


def _place(function: Function) -> Evidence:
    return Evidence(function.path, function.line)


def by_capability(found: Sequence[Function]) -> Mapping[str, tuple[Function, ...]]:
    """Return the functions of each capability, in the order of CAPABILITIES; those of none are left out."""
    return {name: tuple(each for each in found if each.capability == name) for name in CAPABILITIES}
