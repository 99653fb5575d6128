"""The documents of a fleet, read and checked one by one: the fleet file, the services' own parts, the local file."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chittyops.capabilities.fleet.model import document
from chittyops.capabilities.fleet.model.fileformat import FILENAME, FOLDER, LOCAL, LOCAL_FILENAME, PART, ROOT
from chittyops.capabilities.fleet.model.schema import Table
from chittyops.capabilities.fleet.ports import Files
from chittyops.kernel import tree
from chittyops.kernel.errors import Misconfigured, NotFound, Place, Problem
from chittyops.kernel.service import Environment

DEFAULT_ENVIRONMENTS = {"local": Environment("local", "local")}


@dataclass(frozen=True, slots=True)
class Draft:
    """One service as written: its entry in the fleet file, its own part, its folder."""

    node: tree.Mapping
    part: tree.Mapping | None
    path: str


@dataclass(frozen=True, slots=True)
class Documents:
    """What was read and is not yet put together. ``paths`` are the files, relative to the workspace."""

    root: tree.Mapping
    values: dict[str, Any]
    environments: Mapping[str, Environment]
    drafts: Mapping[str, Draft]
    groups: Mapping[str, tuple[str, ...]]
    local: tree.Mapping | None
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """One service as an environment sees it: its tree, which knows the places, and its plain value."""

    node: tree.Node
    value: dict[str, Any]

    def place(self, *keys: str | int) -> Place:
        """Return where the value at ``keys`` is written; for the last key, the place of the key itself."""
        node = self.node
        place = node.place
        for key in keys:
            if isinstance(node, tree.Mapping) and isinstance(key, str):
                place, node = node.keys[key], node.entries[key]
            elif isinstance(node, tree.Sequence) and isinstance(key, int):
                node = node.items[key]
                place = node.place
        return place


def normal(path: str) -> str:
    """Return ``path`` in its shortest form."""
    return posixpath.normpath(path)


def outside(path: str) -> bool:
    """Return whether the normal ``path`` leads out of the workspace by its very text."""
    return path.startswith(("../", "/")) or path == ".."


def documents(files: Files, problems: list[Problem]) -> Documents:
    """Return the documents; what is wrong with any of them is added to ``problems``.

    Raises NotFound without a fleet file, Misconfigured where that is no YAML map.
    """
    data = files.read(FILENAME, document.MAX_BYTES + 1)
    if data is None:
        message = f"there is no {FILENAME} here or in a folder above"
        raise NotFound(message, hint="`chittyops init` writes one from what it finds")
    root, found = document.parse(data, files.display(FILENAME))
    problems.extend(found)
    values = ROOT.read(root, "", problems) or {}
    declared = {
        name: Environment(name, value.get("provider", ""), value.get("protected", False))
        for name, value in _nulls_as_maps(root, "environments", values).items()
    }
    services = below(root, "services")
    drafts = {name: _draft(node, files, problems) for name, node in (services.entries.items() if services else ())}
    groups = {name: value.get("services") or () for name, value in values.get("groups", {}).items()}
    local = _document(LOCAL_FILENAME, LOCAL, files, problems)
    parts = [f"{draft.path}/{FILENAME}" for draft in drafts.values() if draft.part]
    paths = (FILENAME, *parts, *([LOCAL_FILENAME] if local else []))
    return Documents(root, values, declared or DEFAULT_ENVIRONMENTS, drafts, groups, local, paths)


def below(node: tree.Node | None, *keys: str) -> tree.Mapping | None:
    """Return the map at ``keys``; None where there is no map."""
    found = tree.at(node, keys)
    return found if isinstance(found, tree.Mapping) else None


def _nulls_as_maps(root: tree.Mapping, key: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the map ``key`` with what is left empty in it (``staging:``) as an empty map, in the file's order."""
    node = below(root, key)
    read = values.get(key, {})
    return {name: read.get(name, {}) for name in node.entries} if node else {}


def _draft(node: tree.Node, files: Files, problems: list[Problem]) -> Draft:
    if not isinstance(node, tree.Mapping):
        return Draft(tree.Mapping({}, {}, node.place), None, "")
    path = FOLDER.read(node.entries["path"], "", []) if "path" in node.entries else None
    if path is None:
        return Draft(node, None, "")
    clean = normal(path)
    own = not outside(clean) and clean != "."
    return Draft(node, _document(f"{clean}/{FILENAME}", PART, files, problems) if own else None, clean)


def _document(path: str, kind: Table, files: Files, problems: list[Problem]) -> tree.Mapping | None:
    """Return a file that need not be there; None where it is not, or is no document."""
    try:
        data = files.read(path, document.MAX_BYTES + 1)
        if data is None:
            return None
        read, found = document.parse(data, files.display(path))
    except Misconfigured as error:
        problems.extend(error.problems)
        return None
    problems.extend(found)
    kind.read(read, "", problems)
    return read
