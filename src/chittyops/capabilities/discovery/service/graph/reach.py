"""What the entry points of a service lead to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from chittyops.capabilities.discovery.service.graph.entries import NO_PRODUCT, Entries
from chittyops.capabilities.discovery.service.graph.modules import Modules
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService


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
            if each.code is not None and each.kind not in NO_PRODUCT and not each.path.startswith(apart):
                yield each.path
