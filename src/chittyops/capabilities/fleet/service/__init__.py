"""Reads a fleet: documents checked and merged, relations checked, everything wrong reported at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chittyops.capabilities.fleet.model import document
from chittyops.capabilities.fleet.model.fileformat import DEFAULTS, FILENAME, FOLDER, LAUNCH_KINDS, PART, ROOT, SERVICE
from chittyops.capabilities.fleet.model.layers import merge
from chittyops.capabilities.fleet.ports import Files
from chittyops.capabilities.fleet.service import relations, tasks
from chittyops.capabilities.fleet.service.detection import TELLING, detect
from chittyops.capabilities.fleet.service.relations import Draft, Merged
from chittyops.kernel.errors import Misconfigured, NotFound, Place, Problem
from chittyops.kernel.nearest import nearest
from chittyops.kernel.service import Database, Deploy, Environment, Fleet, Health, Launch, Limits, Service

DEFAULT_ENVIRONMENTS = {"local": Environment("local", "local")}
_LARGEST_MANIFEST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Documents:
    """The fleet file and the parts, as read and not yet put together."""

    root: document.Mapping
    values: dict[str, Any]
    environments: Mapping[str, Environment]
    drafts: Mapping[str, Draft]

    def merged(self, environment: str) -> dict[str, Merged]:
        """Return every service as ``environment`` sees it."""
        defaults = _known(_entry(self.root, "defaults"))
        found = {}
        for name, draft in self.drafts.items():
            written = [layer for layer in (draft.node, draft.part) if layer]
            overrides = [_entry(_entry(layer, "environments"), environment) for layer in written]
            node: document.Node | None = defaults
            for layer in (*map(_without_environments, written), *filter(None, overrides)):
                node = merge(node, layer, SERVICE)
            found[name] = Merged(node or draft.node, SERVICE.read(node or draft.node, f"services.{name}", []) or {})
        return found


def read(files: Files, environment: str | None) -> Fleet:
    """Return the fleet as ``environment`` (the first declared, when None) sees it.

    Raises Misconfigured that carries every problem of every file, each with its place; NotFound without a file.
    """
    problems: list[Problem] = []
    documents = _documents(files, problems)
    name = environment or next(iter(documents.environments))
    if name not in documents.environments:
        problems.append(_unknown_environment(name, documents))
    seen = {each: documents.merged(each) for each in documents.environments}
    relations.check(files, documents.root, documents.drafts, seen, problems)
    if problems:
        raise Misconfigured.of(_ordered(problems, files.display(FILENAME)))
    services = {key: _service(key, merged.value, files) for key, merged in seen[name].items()}
    groups = documents.values.get("groups", {})
    environments = tuple(documents.environments)
    values = {key: merged.value for key, merged in seen[name].items()}
    found = tasks.tasks(documents.values.get("tasks", {}), values)
    here = documents.environments[name]
    return Fleet(documents.values["fleet"], files.root, here, services, groups, environments, found)


def plain(files: Files) -> dict[str, Any]:
    """Return the fleet file as plain data, each service merged with its own part and with nothing else."""
    documents = _documents(files, [])
    data: dict[str, Any] = document.plain(documents.root)
    for name, draft in documents.drafts.items():
        node = merge(draft.node, draft.part, SERVICE) if draft.part else draft.node
        data["services"][name] = document.plain(node)
    return data


def _documents(files: Files, problems: list[Problem]) -> _Documents:
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
    services = _entry(root, "services")
    entries = services.entries.items() if services else ()
    drafts = {name: _draft(node, files, problems) for name, node in entries}
    return _Documents(root, values, declared or DEFAULT_ENVIRONMENTS, drafts)


def _nulls_as_maps(root: document.Mapping, key: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the map ``key`` with what is left empty in it (``staging:``) as an empty map, in the file's order."""
    node = _entry(root, key)
    read = values.get(key, {})
    return {name: read.get(name, {}) for name in node.entries} if node else {}


def _draft(node: document.Node, files: Files, problems: list[Problem]) -> Draft:
    if not isinstance(node, document.Mapping):
        return Draft(document.Mapping({}, {}, node.place), None, "")
    path = FOLDER.read(node.entries["path"], "", []) if "path" in node.entries else None
    if path is None:
        return Draft(node, None, "")
    clean = relations.normal(path)
    data = None if relations.outside(clean) or clean == "." else _part_data(files, clean, problems)
    if data is None:
        return Draft(node, None, clean)
    try:
        part, found = document.parse(data, files.display(f"{clean}/{FILENAME}"))
    except Misconfigured as error:
        problems.extend(error.problems)
        return Draft(node, None, clean)
    problems.extend(found)
    PART.read(part, "", problems)
    return Draft(node, part, clean)


def _part_data(files: Files, folder: str, problems: list[Problem]) -> bytes | None:
    try:
        return files.read(f"{folder}/{FILENAME}", document.MAX_BYTES + 1)
    except Misconfigured as error:
        problems.extend(error.problems)
        return None


def _known(defaults: document.Mapping | None) -> document.Mapping | None:
    """Return the defaults without what cannot be one, which has been reported and must not be seen in services."""
    if defaults is None:
        return None
    entries = {key: node for key, node in defaults.entries.items() if key in DEFAULTS.fields}
    return document.Mapping(entries, defaults.keys, defaults.place)


def _without_environments(layer: document.Mapping) -> document.Mapping:
    """Return ``layer`` without its overrides: they are layers of their own, with nulls that must last till then."""
    entries = {key: node for key, node in layer.entries.items() if key != "environments"}
    return document.Mapping(entries, layer.keys, layer.place)


def _entry(node: document.Node | None, key: str) -> document.Mapping | None:
    found = node.entries.get(key) if isinstance(node, document.Mapping) else None
    return found if isinstance(found, document.Mapping) else None


def _unknown_environment(name: str, documents: _Documents) -> Problem:
    place = documents.root.keys.get("environments") or documents.root.place
    return Problem(f'there is no environment "{name}"', place, nearest(name, documents.environments))


def _ordered(problems: list[Problem], root: str) -> tuple[Problem, ...]:
    """Return the problems once each, the fleet file's first, in the order of the text."""

    def order(problem: Problem) -> tuple[bool, str, int, int]:
        place = problem.place or Place("")
        return (place.path != root, place.path, place.line, place.column)

    return tuple(sorted(dict.fromkeys(problems), key=order))


def _service(name: str, value: dict[str, Any], files: Files) -> Service:
    path = relations.normal(value["path"])
    same = ("platform", "depends_on", "config", "secrets", "tests", "owners", "tags", "git")
    health = value.get("health", {})
    return Service(
        name=name,
        path=path,
        databases=tuple(Database(key, **each) for key, each in value.get("databases", {}).items()),
        health=Health(path="") if health == "none" else Health(**health),
        deploy=_deploy(value.get("deploy", {}), path, files),
        **{key: value[key] for key in same if key in value},
    )


def _deploy(value: dict[str, Any], path: str, files: Files) -> Deploy:
    kind = next((each for each in LAUNCH_KINDS if each in value), "")
    launch = Launch(kind, value[kind]) if kind else _detected(path, files)
    rest = {key: each for key, each in value.items() if key not in (*LAUNCH_KINDS, "limits")}
    return Deploy(launch=launch, limits=Limits(**value.get("limits", {})), **rest)


def _detected(path: str, files: Files) -> Launch:
    names = files.names(path)
    data = {name: files.read(f"{path}/{name}", _LARGEST_MANIFEST_BYTES) for name in TELLING if name in names}
    texts = {name: each.decode("utf-8", "replace") for name, each in data.items() if each is not None}
    return detect(names, texts, folder=path.rpartition("/")[2])
