"""What is likely to be wanted next, the most urgent first: only commands that exist, each with its reason."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Collection, Iterator
from typing import Final

from chittyops.capabilities.awareness.model.context import Context, Suggestion
from chittyops.capabilities.awareness.model.project import KnownService, Snapshot
from chittyops.capabilities.awareness.service.environments import is_production
from chittyops.kernel.words import number

MOST: Final = 6


def steps(context: Context, snapshot: Snapshot | None, commands: Collection[str]) -> tuple[Suggestion, ...]:
    """Return the suggestions for ``context``; ``commands`` are those that ``chittyops`` has."""
    if not context.workspace:
        return ()
    known = snapshot.service(context.where.name) if snapshot and context.where else None
    found = [
        *_ill(context),
        *_wrong(context),
        *_changed(context, known, commands),
        *_deployable(context),
        *_unmanaged(context, snapshot, known),
        *_blind(context),
    ]
    fit = [each for each in found if not each.command.startswith("chittyops ") or each.command.split()[1] in commands]
    return tuple(dict.fromkeys(fit))[:MOST]


def _ill(context: Context) -> Iterator[Suggestion]:
    for each in context.alerts[:1]:
        detail = f": {each.detail}" if each.detail else ""
        command = f"chittyops logs {shlex.quote(each.service)} --env {shlex.quote(each.environment)}"
        yield Suggestion(command, f"{each.service} is {each.health} in {each.environment}{detail}")


def _wrong(context: Context) -> Iterator[Suggestion]:
    worst = (
        next((each for each in context.problems.items if each.severity == "error"), None) if context.problems else None
    )
    if not worst or not context.problems:
        return
    if worst.code == "fleet-file":
        yield Suggestion("chittyops fleet check", f"the fleet file is wrong: {worst.message}")
        return
    place = f"{worst.path}:{worst.line}" if worst.line else worst.path
    named = f"--service {shlex.quote(context.where.name)}" if context.where else "--problems"
    folder = posixpath.relpath(context.workspace, context.folder)
    command = f"chittyops discover {named}" + ("" if folder == "." else f" {shlex.quote(folder)}")
    count = context.problems.errors
    yield Suggestion(command, f"{number(count, 'error')}, the first in {place}: {worst.message}")


def _changed(context: Context, known: KnownService | None, commands: Collection[str]) -> Iterator[Suggestion]:
    files = len(context.changes.files)
    if not files:
        return
    reason = f"{number(files, 'file')} changed since the last commit"
    if known and "test" in commands:
        yield Suggestion(f"chittyops test {shlex.quote(known.name)}", reason)
    elif known and known.tests:
        there = posixpath.relpath(posixpath.join(context.workspace, known.path), context.folder)
        yield Suggestion(("" if there == "." else f"cd {shlex.quote(there)} && ") + known.tests, reason)
    yield Suggestion(
        "git commit -a" if all(f.state != "untracked" for f in context.changes.files) else "git add . && git commit",
        reason,
    )


def _deployable(context: Context) -> Iterator[Suggestion]:
    service, environment = context.where, context.environment.name
    if not (service and service.in_fleet and environment in context.environments) or context.changes.files:
        return
    target = f"{shlex.quote(service.name)} --env {shlex.quote(environment)}"
    verb = "plan" if is_production(environment) else "deploy"
    there = next(
        (each for each in context.centre.deployments if _is_here(each.service, each.environment, context)), None
    )
    if there is None or not there.build:
        if context.centre.state == "running":
            yield Suggestion(f"chittyops {verb} {target}", f"it is not deployed to {environment}")
    elif context.changes.commits and context.changes.since.kind == "deployment":
        count = f"{len(context.changes.commits)}{'+' * context.changes.more_commits}"
        release = f" ({there.release})" if there.release else ""
        yield Suggestion(
            f"chittyops {verb} {target}", f"{count} commits since it was deployed to {environment}{release}"
        )


def _is_here(service: str, environment: str, context: Context) -> bool:
    return (service, environment) == (context.service.name, context.environment.name)


def _unmanaged(context: Context, snapshot: Snapshot | None, known: KnownService | None) -> Iterator[Suggestion]:
    if not snapshot:
        return
    alive = [each for each in snapshot.services if each.alive]
    if not context.fleet_file and alive:
        count = len(alive)
        yield Suggestion("chittyops adopt", f"no fleet file; {number(count, 'service')} found")
    elif context.fleet and known and known.alive and not known.in_fleet:
        yield Suggestion(f"chittyops adopt {shlex.quote(known.name)}", f"{known.name} is not in the fleet file")


def _blind(context: Context) -> Iterator[Suggestion]:
    if context.fleet and context.centre.state == "not running":
        yield Suggestion("chittyops up", "the centre does not run: what is deployed is not known")
