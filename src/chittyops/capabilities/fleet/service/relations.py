"""What a schema cannot see: whether the parts of a fleet file fit one another and the folders on disk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from chittyops.capabilities.fleet.model.fileformat import LAUNCH_KINDS
from chittyops.capabilities.fleet.model.storeformat import SINK_NEEDS, SINK_TARGETS
from chittyops.capabilities.fleet.ports import Files, FolderState
from chittyops.capabilities.fleet.service.documents import Documents, Draft, Merged, outside
from chittyops.kernel import tree
from chittyops.kernel.configuration import secret_names
from chittyops.kernel.errors import Place, Problem
from chittyops.kernel.graph import Graph
from chittyops.kernel.nearest import nearest
from chittyops.kernel.secret import SecretRef
from chittyops.kernel.service import NAME

_MOST_CYCLES = 10
_BROKER = "events"


def check(
    files: Files, documents: Documents, seen: Mapping[str, Mapping[str, Merged]], problems: list[Problem]
) -> None:
    """Add to ``problems`` whatever does not fit, in any of the environments ``seen``."""
    drafts = documents.drafts
    problems.extend(_paths(files, drafts))
    problems.extend(_overrides(documents, seen))
    problems.extend(_groups(documents.root, drafts))
    problems.extend(_rules(documents, seen))
    for services in seen.values():
        for name, merged in services.items():
            problems.extend(_dependencies(name, merged, drafts))
            problems.extend(_variables(name, merged))
            problems.extend(_references(name, merged))
            problems.extend(_sinks(name, merged))
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


def _launch(entry: tree.Mapping) -> str:
    """Return how the entry says the service is started, "" where it does not: it tells services of a folder apart."""
    deploy = entry.entries.get("deploy")
    given = deploy.entries.items() if isinstance(deploy, tree.Mapping) else ()
    found = (f"{key} {node.text}" for key, node in given if key in LAUNCH_KINDS and isinstance(node, tree.Scalar))
    return next(found, "")


def _overrides(documents: Documents, environments: Mapping[str, object]) -> Iterator[Problem]:
    """Find what is said for an environment or, in the local file, for a service that there is not."""
    layers = [(f"services.{name}", draft.node) for name, draft in documents.drafts.items()]
    layers += [(f"services.{name}", draft.part) for name, draft in documents.drafts.items() if draft.part]
    layers += [(f"groups.{name}", node) for name, node in _maps(documents.root, "groups")]
    if documents.local:
        layers += [("the local file", documents.local)]
        layers += [(f"services.{name}", node) for name, node in _maps(documents.local, "services")]
        yield from _named(tree.at(documents.local, ("services",)), "services", documents.drafts, "service")
    for trail, layer in layers:
        yield from _named(layer.entries.get("environments"), f"{trail}.environments", environments, "environment")


def _maps(node: tree.Mapping, key: str) -> Iterator[tuple[str, tree.Mapping]]:
    found = node.entries.get(key)
    for name, each in found.entries.items() if isinstance(found, tree.Mapping) else ():
        if isinstance(each, tree.Mapping):
            yield name, each


def _named(node: tree.Node | None, trail: str, known: Collection[str], what: str) -> Iterator[Problem]:
    """Find keys of a map, or items of a list, that name nothing ``known``; what is no name has been told already."""
    places: Iterable[tuple[str, Place]] = ()
    if isinstance(node, tree.Mapping):
        places = node.keys.items()
    elif isinstance(node, tree.Sequence):
        places = [(item.text, item.place) for item in node.items if isinstance(item, tree.Scalar)]
    for name, place in places:
        if name not in known and (isinstance(node, tree.Mapping) or NAME.fullmatch(name)):
            yield Problem(f'{trail}: "{name}" is no {what} of this fleet', place, nearest(name, known))


def _groups(root: tree.Mapping, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    groups = root.entries.get("groups")
    for name, node in groups.entries.items() if isinstance(groups, tree.Mapping) else ():
        if name in drafts and isinstance(groups, tree.Mapping):
            yield Problem(f"groups.{name} has the name of a service", groups.keys[name], "name the group differently")
        members = node.entries.get("services") if isinstance(node, tree.Mapping) else node
        yield from _named(members if isinstance(members, tree.Sequence) else None, f"groups.{name}", drafts, "service")


def _rules(documents: Documents, environments: Mapping[str, object]) -> Iterator[Problem]:
    known: dict[str, Collection[str]] = {
        "services": documents.drafts,
        "groups": documents.groups,
        "environments": environments,
    }
    for name, node in _maps(documents.root, "rules"):
        for key, names in known.items():
            members = node.entries.get(key)
            if isinstance(members, tree.Sequence):
                yield from _named(members, f"rules.{name}.{key}", names, key.removesuffix("s"))


def _dependencies(name: str, merged: Merged, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    node = merged.node.entries.get("depends_on") if isinstance(merged.node, tree.Mapping) else None
    for item in node.items if isinstance(node, tree.Sequence) else ():
        if isinstance(item, tree.Scalar) and NAME.fullmatch(item.text) and item.text not in drafts:
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


def _sinks(name: str, merged: Merged) -> Iterator[Problem]:
    for sink, value in merged.value.get("sinks", {}).items():
        trail = f"services.{name}.sinks.{sink}"
        kind = value.get("kind")
        place = merged.place("sinks", sink)
        if kind is None and tree.at(merged.node, ("sinks", sink, "kind")) is not None:
            # It is there, and has been told as wrong.
            continue
        if kind is None:
            yield Problem(f"{trail} says not what it is", place, f"add `kind:`, one of {', '.join(SINK_TARGETS)}")
            continue
        for key in value.keys() - {"kind", "secrets", *SINK_TARGETS[kind]}:
            hint = f"it takes {', '.join(SINK_TARGETS[kind])} and secrets"
            yield Problem(f"{trail}: a sink of kind {kind} has no {key}", merged.place("sinks", sink, key), hint)
        for key in SINK_NEEDS[kind]:
            # One that is there and wrong has been told as such.
            if tree.is_null(tree.at(merged.node, ("sinks", sink, key))):
                yield Problem(f'{trail} lacks the key "{key}"', place, f"add `{key}:`")
        declared = {**merged.value.get("secrets", {}), **_templates(merged)}
        for index, secret in enumerate(value.get("secrets", ())):
            if secret not in declared:
                message = f'{trail}.secrets: "{secret}" is no secret of this service'
                yield Problem(message, merged.place("sinks", sink, "secrets", index), nearest(secret, declared))


def _templates(merged: Merged) -> dict[str, Any]:
    return {key: text for key, text in merged.value.get("config", {}).items() if any(secret_names(text))}


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
