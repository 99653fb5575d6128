"""What a schema cannot see: whether the parts of a fleet file fit one another and the folders on disk."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chittyops.capabilities.fleet.model import document
from chittyops.capabilities.fleet.model.fileformat import LAUNCH_KINDS
from chittyops.capabilities.fleet.ports import Files, FolderState
from chittyops.kernel.errors import Place, Problem
from chittyops.kernel.graph import Graph
from chittyops.kernel.nearest import nearest
from chittyops.kernel.secret import SecretRef
from chittyops.kernel.service import NAME

_MOST_CYCLES = 10
_BROKER = "events"


@dataclass(frozen=True, slots=True)
class Draft:
    """One service as written: its entry in the fleet file, its own part, its folder."""

    node: document.Mapping
    part: document.Mapping | None
    path: str


@dataclass(frozen=True, slots=True)
class Merged:
    """One service as an environment sees it: its tree, which knows the places, and its plain value."""

    node: document.Node
    value: dict[str, Any]

    def place(self, *keys: str | int) -> Place:
        """Return where the value at ``keys`` is written; for the last key, the place of the key itself."""
        node = self.node
        place = node.place
        for key in keys:
            if isinstance(node, document.Mapping) and isinstance(key, str):
                place, node = node.keys[key], node.entries[key]
            elif isinstance(node, document.Sequence) and isinstance(key, int):
                node = node.items[key]
                place = node.place
        return place


def normal(path: str) -> str:
    """Return ``path`` in its shortest form."""
    return posixpath.normpath(path)


def outside(path: str) -> bool:
    """Return whether the normal ``path`` leads out of the workspace by its very text."""
    return path.startswith(("../", "/")) or path == ".."


def check(
    files: Files,
    root: document.Mapping,
    drafts: Mapping[str, Draft],
    seen: Mapping[str, Mapping[str, Merged]],
    problems: list[Problem],
) -> None:
    """Add to ``problems`` whatever does not fit, in any of the environments ``seen``."""
    problems.extend(_paths(files, drafts))
    problems.extend(_overrides(drafts, seen))
    problems.extend(_groups(root, drafts))
    for services in seen.values():
        for name, merged in services.items():
            problems.extend(_dependencies(name, merged, drafts))
            problems.extend(_variables(name, merged))
            problems.extend(_references(name, merged))
        problems.extend(_cycles(services))


def _paths(files: Files, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    folders: dict[str, str] = {}
    for name, draft in drafts.items():
        if not draft.path:
            continue
        place = draft.node.entries["path"].place
        trail = f"services.{name}.path"
        key = (draft.path, _launch(draft.node))
        if owner := first.get(key) or first.get((draft.path, "")) or (not key[1] and folders.get(draft.path)):
            hint = "give each service its own folder, or its own way to start in `deploy`"
            yield Problem(f"{trail} is the folder of {owner} already", place, hint)
            continue
        first[key] = folders[draft.path] = name
        state = FolderState.OUTSIDE if outside(draft.path) else files.folder(draft.path)
        if state is FolderState.OUTSIDE:
            yield Problem(f"{trail} leads out of the workspace", place, "move the fleet file to a folder above both")
        elif state is FolderState.MISSING:
            yield Problem(f"{trail} does not exist", place, "paths are relative to the fleet file")
        elif state is FolderState.FILE:
            yield Problem(f"{trail} is not a folder", place)


def _launch(entry: document.Mapping) -> str:
    """Return how the entry says the service is started, "" where it does not: it tells services of a folder apart."""
    deploy = entry.entries.get("deploy")
    given = deploy.entries.items() if isinstance(deploy, document.Mapping) else ()
    found = (f"{key} {node.text}" for key, node in given if key in LAUNCH_KINDS and isinstance(node, document.Scalar))
    return next(found, "")


def _overrides(drafts: Mapping[str, Draft], environments: Mapping[str, object]) -> Iterator[Problem]:
    for name, draft in drafts.items():
        for layer in (draft.node, draft.part):
            node = layer.entries.get("environments") if layer else None
            if isinstance(node, document.Mapping):
                for key in node.entries:
                    if key not in environments:
                        message = f'services.{name}.environments: "{key}" is no environment of this fleet'
                        yield Problem(message, node.keys[key], nearest(key, environments))


def _groups(root: document.Mapping, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    groups = root.entries.get("groups")
    for name, members in groups.entries.items() if isinstance(groups, document.Mapping) else ():
        if name in drafts and isinstance(groups, document.Mapping):
            yield Problem(f"groups.{name} has the name of a service", groups.keys[name], "name the group differently")
        for item in members.items if isinstance(members, document.Sequence) else ():
            if isinstance(item, document.Scalar) and NAME.fullmatch(item.text) and item.text not in drafts:
                message = f'groups.{name}: "{item.text}" is no service of this fleet'
                yield Problem(message, item.place, nearest(item.text, drafts))


def _dependencies(name: str, merged: Merged, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    node = merged.node.entries.get("depends_on") if isinstance(merged.node, document.Mapping) else None
    for item in node.items if isinstance(node, document.Sequence) else ():
        if isinstance(item, document.Scalar) and NAME.fullmatch(item.text) and item.text not in drafts:
            message = f'services.{name}.depends_on: "{item.text}" is no service of this fleet'
            yield Problem(message, item.place, nearest(item.text, drafts))


def _variables(name: str, merged: Merged) -> Iterator[Problem]:
    """Find variables that two sections set."""
    owners: dict[str, str] = dict.fromkeys(merged.value.get("config", {}), "config")
    for key in merged.value.get("secrets", {}):
        if key in owners:
            message = f"services.{name}: the variable {key} is set by both config and secrets"
            yield Problem(message, merged.place("secrets", key), "keep one; `KEY: null` takes a default away")
        owners[key] = "secrets"
    for database, value in merged.value.get("databases", {}).items():
        variable = value.get("env", "DATABASE_URL")
        if owner := owners.get(variable):
            keys = ("databases", database, "env") if "env" in value else ("databases", database)
            message = f"services.{name}: the variable {variable} of database {database} is set by {owner} too"
            yield Problem(message, merged.place(*keys), "name another variable in the database's `env`")
        owners[variable] = f"database {database}"


def _references(name: str, merged: Merged) -> Iterator[Problem]:
    databases = merged.value.get("databases", {})
    for key, reference in merged.value.get("secrets", {}).items():
        place = merged.place("secrets", key)
        trail = f"services.{name}.secrets.{key}"
        if not isinstance(reference, SecretRef):
            continue
        if reference.scheme == "database" and reference.location not in databases:
            yield Problem(f"{trail} refers to no database of this service", place, nearest("", databases))
        if reference.scheme == "broker" and reference.location != _BROKER:
            yield Problem(f"{trail} refers to no broker", place, f"write broker:{_BROKER}")


def _cycles(services: Mapping[str, Merged]) -> Iterator[Problem]:
    """Name cycles by their paths: one for each edge that has to go, up to a few."""
    edges = {
        name: [needed for needed in merged.value.get("depends_on", ()) if needed in services]
        for name, merged in services.items()
    }
    for _ in range(_MOST_CYCLES):
        path = Graph({name: tuple(needed) for name, needed in edges.items()}).cycle()
        if not path:
            return
        start, needed = path[-2], path[-1]
        written = services[start].value["depends_on"].index(needed)
        message = f"the services depend on each other in a circle: {' -> '.join(path)}"
        place = services[start].place("depends_on", written)
        yield Problem(message, place, "remove one of these depends_on entries")
        edges[start].remove(needed)
