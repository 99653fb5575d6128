"""The pipeline: walk -> facts -> services -> graph -> problems. Pure; ``wiring`` gives it what was read."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.ports import Entry, EntryKind
from chittyops.capabilities.discovery.service import assembly, graph, operations
from chittyops.capabilities.discovery.service.problems import FAMILIES
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Credential, Finding, Inventory

_PASSING: Final = re.compile(r"\b(line \d+|[0-9a-f]{16}|\d+)\b")
"""What may change in a message while the problem stays the same."""


def inventory(name: str, entries: Sequence[Entry], facts: Iterable[Facts]) -> Inventory:
    """Return all that is found in the workspace whose own folder is called ``name``."""
    world = World(
        name,
        frozenset(each.path for each in entries if each.kind is EntryKind.FILE),
        tuple(each.path for each in entries if each.kind is EntryKind.REPOSITORY),
        {each.path: each for each in sorted(facts, key=lambda each: each.path)},
        links={each.path: each.target for each in entries if each.kind is EntryKind.LINK},
    )
    world = world.with_services(assembly.services(world))
    world = world.with_services(graph.connect(world))
    problems = _named(_problems(world, entries), world)
    credentials = tuple(
        Credential(leak.kind, each.path, leak.line, leak.column, leak.digest, world.owner(each.path))
        for each in world.facts.values()
        for leak in each.leaks
    )
    scripts, workflows = operations.scripts(world), operations.workflows(world)
    stats = {
        "files": len(world.paths),
        "repositories": len(world.repositories),
        "services": len(world.services),
        "dependencies": sum(len(each.depends_on) for each in world.services),
        "problems": len(problems),
        "scripts": len(scripts),
        "workflows": len(workflows),
        "credentials": len(credentials),
    }
    return Inventory(name, world.services, problems, scripts, workflows, credentials, stats)


def _problems(world: World, entries: Sequence[Entry]) -> Iterator[Finding]:
    for entry in entries:
        if entry.kind in _UNFIT:
            code, severity, message, hint = _UNFIT[entry.kind]
            yield Finding(code, severity, entry.path, message, hint=hint)
    for each in world.facts.values():
        yield from each.problems
    for find in FAMILIES:
        yield from find(world)


_UNFIT: Final = {
    EntryKind.BROKEN_LINK: ("broken-link", "warning", "the link leads nowhere", "remove it, or restore its target"),
    EntryKind.OUTSIDE_LINK: (
        "link-out-of-workspace",
        "info",
        "the link leads out of the workspace and is not followed",
        "",
    ),
    EntryKind.UNREADABLE: ("unreadable", "warning", "it cannot be read", "check its permissions"),
    EntryKind.GITLINK: (
        "gitlink-without-submodule",
        "warning",
        "the folder is recorded as a commit of another repository that .gitmodules does not name",
        "add it by `git submodule add`, or remove it by `git rm --cached`",
    ),
}
CODES: Final = {
    "broken-link": ("warning", "A symbolic link leads nowhere."),
    "link-out-of-workspace": ("info", "A symbolic link leads out of the workspace; it is not followed."),
    "unreadable": ("warning", "A file or folder cannot be read."),
    "gitlink-without-submodule": ("warning", "A folder is a commit of another repository, and no one knows of which."),
}


def _named(found: Iterable[Finding], world: World) -> tuple[Finding, ...]:
    """Return the problems in order, each once, with the service it belongs to and its fingerprint."""
    seen: Counter[tuple[str, str, str]] = Counter()
    named = []
    for each in sorted(set(found), key=lambda each: (each.path, each.line, each.column, each.code, each.message)):
        text = _PASSING.sub("", each.message)
        seen[each.code, each.path, text] += 1
        identity = "\0".join((each.code, each.path, text, str(seen[each.code, each.path, text])))
        fingerprint = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        service = each.service or world.owner(each.path)
        named.append(dataclasses.replace(each, service=service, fingerprint=fingerprint))
    return tuple(named)
