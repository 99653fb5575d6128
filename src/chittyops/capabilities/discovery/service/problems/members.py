"""Commands that are told to work in a package of the monorepo that it does not have."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from chittyops.capabilities.discovery.model.facts import Command
from chittyops.capabilities.discovery.service.facts.command_line import unwrap
from chittyops.capabilities.discovery.service.operations.runs import Origin
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding

_OPTIONS: Final = {"pnpm": ("--filter", "-F", "--filter-prod"), "npm": ("--workspace", "-w"), "bun": ("--filter", "-F")}
_NAME: Final = re.compile(r"(?:@[\w.-]+/)?[\w-][\w.-]*")
"""A package's plain name: no pattern, folder, or range of commits."""
_FOLDER: Final = re.compile(r"(?:\./)?[\w-][\w.-]*(?:/[\w-][\w.-]*)+/?")
"""How npm is told of a package by its folder."""


class Members:
    """The named packages of each repository."""

    def __init__(self, world: World) -> None:
        """Collect the names."""
        self._world: Final = world
        self._names: Final[dict[str, set[str]]] = defaultdict(set)
        for path, facts in world.facts.items():
            if facts.package is not None and facts.package.ecosystem == "node" and facts.package.name:
                self._names[world.repository(path)].add(facts.package.name)

    def find(self, origin: Origin, commands: Sequence[Command]) -> Iterator[Finding]:
        """Yield the packages that the commands of a script name and that are not there, once each."""
        seen: set[str] = set()
        names = self._names[self._world.repository(origin.path)]
        for command in commands:
            words = unwrap(command.words)
            for wanted in _wanted(words):
                if wanted not in seen and names and not self._has(origin, command, wanted):
                    seen.add(wanted)
                    near = get_close_matches(wanted, sorted(names), n=1)
                    message = f"{words[0]} is told to work in {wanted}, which is no package of the repository"
                    hint = f'did you mean "{near[0]}"?' if near else "correct the name, or remove the command"
                    yield Finding("unknown-script", "error", origin.path, message, command.line, 0, hint)

    def _has(self, origin: Origin, command: Command, wanted: str) -> bool:
        names = self._names[self._world.repository(origin.path)]
        # A name without its scope does for pnpm, and a folder does for npm.
        known = wanted in names or ("@" not in wanted and any(each.endswith(f"/{wanted}") for each in names))
        places = origin.paths(command, wanted)
        if _FOLDER.fullmatch(wanted):
            return not places or any(posixpath.join(each, "package.json") in self._world.paths for each in places)
        return known or not places or any(posixpath.normpath(each) in self._world.folders for each in places)


def _wanted(words: Sequence[str]) -> Iterator[str]:
    """Yield the names of the packages that a package manager is told to work in."""
    if words[:2] == ("yarn", "workspace"):
        yield from (each for each in words[2:3] if _NAME.fullmatch(each))
        return
    options = _OPTIONS.get(words[0], ())
    for at, word in enumerate(words):
        if word == "--":
            return
        name, _, value = word.partition("=")
        if name in options:
            value = value or next(iter(words[at + 1 : at + 2]), "")
            value = value.removesuffix("...").removesuffix("^")  # pnpm's way to mean what it depends on, too
            if _NAME.fullmatch(value) or (words[0] == "npm" and _FOLDER.fullmatch(value)):
                yield value
