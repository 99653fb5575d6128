"""Every script of the workspace by its identity: ``path`` for files, ``path#name`` for those within one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from chittyops.capabilities.discovery.model.facts import Command, Facts, ScriptFacts
from chittyops.capabilities.discovery.service.facts.makefile import ANY_TARGET
from chittyops.capabilities.discovery.service.operations import classify
from chittyops.capabilities.discovery.service.operations.runs import Origin, Run, runs
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Action

_FILES: Final = {
    "npm-script": ("package.json",),
    "npm-command": ("package.json",),
    "make-target": ("GNUmakefile", "makefile", "Makefile"),
    "just-recipe": ("justfile", "Justfile", ".justfile"),
    "deno-task": ("deno.json", "deno.jsonc", "package.json"),
    "task": ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml"),
}
_WORKFLOW: Final = re.compile(r"(?:(.*)/)?\.github/workflows/[^/]+\.ya?ml")
WHOLE_FILE: Final = frozenset({"shell", "javascript", "typescript", "python"})
"""Kinds of scripts that are a file of their own."""


class Catalogue:
    """Finds scripts by what commands call them."""

    def __init__(self, world: World) -> None:
        self._world = world

    @cached_property
    def scripts(self) -> Mapping[str, tuple[str, ScriptFacts]]:
        """Return path and facts of each script by its identity, those that do nothing left out."""
        return {
            identity: (path, script)
            for identity, (path, script) in self._all.items()
            if script.commands or script.kind in WHOLE_FILE
        }

    @cached_property
    def _all(self) -> Mapping[str, tuple[str, ScriptFacts]]:
        return {
            path if script.kind in WHOLE_FILE else f"{path}#{script.name}": (path, script)
            for path, facts in self._world.facts.items()
            for script in facts.scripts
        }

    def does(self, origin: Origin, command: Command) -> Iterator[Action]:
        """Yield what the command does, and what the npm scripts and targets do that it runs."""
        yield from classify.actions((command,))
        for run in runs(command):
            used = self.scripts.get(self.resolve(origin, command, run)) if run.kind != "file" else None
            if used:
                yield from classify.actions(used[1].commands)

    def knows(self, path: str, name: str) -> bool:
        """Tell whether the file at ``path`` has, or may have, a script or target of this name."""
        return f"{path}#{name}" in self._all or f"{path}#{ANY_TARGET}" in self._all

    def used(self, origin: Origin, commands: Iterable[Command]) -> tuple[str, ...]:
        """Return the scripts that the commands run, as far as they are in the workspace."""
        found = (self.resolve(origin, command, run) for command in commands for run in runs(command))
        return tuple(dict.fromkeys(each for each in found if each))

    def resolve(self, origin: Origin, command: Command, run: Run) -> str:
        """Return the identity of what is run, "" where it is not found or not known."""
        if run.kind == "file":
            return next((path for path in origin.paths(command, run.name) if path in self._world.paths), "")
        for path in self.files(origin, command, run):
            if f"{path}#{run.name}" in self.scripts:
                return f"{path}#{run.name}"
        return ""

    def files(self, origin: Origin, command: Command, run: Run) -> tuple[str, ...]:
        """Return the files that ``run`` is looked for in: of each place the first one there is."""
        places = origin.paths(command, run.folder or ".")
        found = (self._nearest(place, run) for place in places)
        return tuple(dict.fromkeys(each for each in found if each))

    def _nearest(self, place: str, run: Run) -> str:
        """Return the file that ``run`` is looked for in: make looks in one folder, others around it too."""
        while True:
            here = next((path for path in self._named(place, run) if path in self._world.paths), "")
            if here or not place or run.kind == "make-target" or place in self._world.repositories:
                return here
            place = posixpath.dirname(place)

    def _named(self, folder: str, run: Run) -> Iterable[str]:
        return (posixpath.join(folder, name) for name in _FILES[run.kind])


def inert(world: World, facts: Facts) -> str:
    """Return why the vendor never runs this workflow, "" where it may."""
    if facts.workflow is None or facts.workflow.vendor != "github":
        return ""
    place = _WORKFLOW.fullmatch(facts.path)
    if not place:
        return "it does not stand directly in .github/workflows"
    if (place[1] or ".") != world.repository(facts.path) and world.repository(facts.path) in world.repositories:
        return "its folder is not the root of a repository"
    own = next((each for each in facts.problems if each.code == "inert-workflow"), None)
    return own.message.removeprefix("the workflow never runs: ") if own else ""
