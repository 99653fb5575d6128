"""The whole workspace as the later steps of the pipeline see it: all facts, and the services made of them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.kernel.inventory import Finding, FoundService


@dataclass(frozen=True)
class World:
    """What was read: ``paths`` holds every file met, ``facts`` those that tell something, by path."""

    name: str
    """The name of the workspace's own folder."""
    paths: frozenset[str]
    repositories: tuple[str, ...]
    """Folders that are repositories; "." for the workspace itself."""
    facts: Mapping[str, Facts]
    services: tuple[FoundService, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links met, with what they lead to within the workspace."""

    def with_services(self, services: Sequence[FoundService]) -> World:
        """Return this world with ``services``."""
        return replace(self, services=tuple(services))

    @cached_property
    def folders(self) -> frozenset[str]:
        """Return every folder that holds a file, directly or below; "." is the workspace."""
        found = {"."}
        for path in self.paths:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    @cached_property
    def stems(self) -> Mapping[str, tuple[str, ...]]:
        """Return the paths by the names of their files without the suffix."""
        found: dict[str, list[str]] = {}
        for path in self.paths:
            found.setdefault(posixpath.splitext(posixpath.basename(path))[0], []).append(path)
        return {stem: tuple(paths) for stem, paths in found.items()}

    @cached_property
    def _by_folder(self) -> Mapping[str, tuple[FoundService, ...]]:
        found: dict[str, list[FoundService]] = {}
        for each in self.services:
            found.setdefault(each.path, []).append(each)
        return {path: tuple(services) for path, services in found.items()}

    @cached_property
    def _owners(self) -> dict[str, tuple[FoundService, ...]]:
        return {}

    def owners(self, path: str) -> tuple[FoundService, ...]:
        """Return the services of the nearest folder around ``path`` that is one's: several where they share it."""
        folder = posixpath.dirname(path) or "."
        if folder not in self._owners:
            here = self._by_folder.get(folder, ())
            self._owners[folder] = here or (() if folder == "." else self.owners(folder))
        return self._owners[folder]

    @cached_property
    def _configured(self) -> Mapping[str, str]:
        """Return the names of the services by the configuration files that are theirs alone."""
        found: dict[str, set[str]] = {}
        for each in self.services:
            for path in each.config_files:
                found.setdefault(path, set()).add(each.name)
        return {path: next(iter(names)) for path, names in found.items() if len(names) == 1}

    def owner(self, path: str) -> str:
        """Return the name of the service that ``path`` belongs to, "" where it is none's.

        Of several services in one folder it is the one that ``path`` alone configures, else the main one.
        """
        if path in self._configured:
            return self._configured[path]
        found = self.owners(path)
        return found[0].name if found else ""

    @cached_property
    def _repository_set(self) -> frozenset[str]:
        return frozenset(self.repositories)

    def repository(self, path: str) -> str:
        """Return the nearest repository's folder around ``path``; "." where there is none."""
        folder = posixpath.dirname(path)
        while folder and folder not in self._repository_set:
            folder = posixpath.dirname(folder)
        return folder or "."

    def below(self, folder: str) -> Iterator[Facts]:
        """Yield the facts of the files that belong to the service folder ``folder``, and to no service within it."""
        yield from self._facts_by_owner.get(folder, ())

    @cached_property
    def _facts_by_owner(self) -> Mapping[str, tuple[Facts, ...]]:
        found: dict[str, list[Facts]] = {}
        for path, facts in self.facts.items():
            owners = self.owners(path)
            if owners:
                found.setdefault(owners[0].path, []).append(facts)
        return {folder: tuple(each) for folder, each in found.items()}


Problems = Iterator[Finding]
