"""What the entry points of a service lead to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.graph.entries import NO_PRODUCT, Entries
from chittyops.capabilities.discovery.service.graph.modules import Modules
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService

_ASIDE: Final = re.compile(r"(?:^|/)(?:tests?|__tests__|e2e|fixtures?|examples?|docs?|bench(?:marks?)?)/")
"""Folders of what is no part of a product."""


class Reach:
    """Follows imports from the entry points of services."""

    def __init__(self, world: World) -> None:
        """Index the modules of ``world``."""
        self._world = world
        self._modules = Modules(world.paths, world.facts)
        self._entries = Entries(world, self._modules)
        self._known: dict[tuple[str, str], frozenset[str]] = {}
        self._imported: dict[str, tuple[str, ...]] = {}

    def of(self, service: FoundService) -> frozenset[str]:
        """Return the paths of all code that the entry points of ``service`` lead to, themselves included.

        Where no entry point is known it is all of the service's code that is no test.
        """
        identity = (service.path, service.name)
        if identity not in self._known:
            entries = set(self._entries.of(service))
            if sum(each.path == service.path for each in self._world.services) > 1:
                # What frameworks start by the names of files is of the one that is written in their language.
                python = service.entrypoint.endswith(".py")
                entries = {each for each in entries if each.endswith(".py") == python} or entries
            self._known[identity] = frozenset(self._closure(entries) if entries else self._product(service))
        return self._known[identity]

    def _closure(self, entries: Iterable[str]) -> set[str]:
        seen, todo = set(entries), list(entries)
        while todo:
            fresh = set(self._imports(todo.pop())) - seen
            seen |= fresh
            todo += fresh
        return seen

    def _imports(self, path: str) -> tuple[str, ...]:
        if path not in self._imported:
            facts = self._world.facts.get(path)
            code = facts.code if facts else None
            self._imported[path] = self._modules.imported(path, code.imports) if code else ()
        return self._imported[path]

    def _product(self, service: FoundService) -> Iterator[str]:
        below = tuple(self._world.below(service.path))
        # A package within a library that is no service is nothing of the library's.
        library = service.status == "library"
        within = {posixpath.dirname(each.path) for each in below if library and each.package and each.package.name}
        apart = tuple(f"{folder}/" for folder in within - {service.path, ""})
        for each in below:
            aside = _ASIDE.search(places.relative(each.path, service.path))
            if each.code is not None and each.kind not in NO_PRODUCT and not (aside or each.path.startswith(apart)):
                yield each.path
