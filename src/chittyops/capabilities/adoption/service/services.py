"""The services of a fleet file, written from what was found, with the evidence beside it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chittyops.capabilities.adoption.service.names import relative, way
from chittyops.kernel.edit import Edit
from chittyops.kernel.graph import Graph
from chittyops.kernel.inventory import Dependency, Evidence, FoundService, Named
from chittyops.kernel.service import label

PLATFORMS: Final = frozenset({"cloudflare", "railway", "vercel"})
VARIABLE: Final = re.compile(r"(?!PORT$|HOST$|CHITTYOPS_)[A-Za-z_][A-Za-z0-9_]*")
TOOLS: Final = frozenset({"drizzle", "prisma", "knex", "alembic", "wrangler", "supabase", "sql"})
_STRENGTH: Final = ("service-binding", "compose", "durable-object", "tail", "queue", "variable-url")
_BROKER: Final = "NATS_URL"
_MOST_EVIDENCE: Final = 2
_ENGINES: Final = frozenset({"postgres", "d1"})
_CONFIG_FILES: Final = re.compile(r"railway\.(json|toml)|vercel\.json")
_STARTED_LOCALLY: Final = frozenset({"local", "default"})

Names = Mapping[tuple[str, str], str]


def entries(services: Sequence[FoundService], names: Names, data: Mapping[str, Any]) -> Iterator[Edit]:
    """Yield what the entry of each service should hold; ``data`` is the fleet file as it is."""
    kept, dropped = _acyclic(services, names, data)
    folders = [each.path for each in services]
    for each in services:
        name = names[each.path, each.name]
        shared = folders.count(each.path) > 1
        circles = tuple(
            f"also calls {target}, which would close a circle: {evidence(dependency.evidence)}"
            for target, dependency in dropped[name]
        )
        yield from _entry(each, ("services", name), kept[name], circles, shared=shared)


def text_at(data: Any, keys: Sequence[str]) -> str:
    """Return the text that a fleet file has at ``keys``, "" where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, str) else ""


def evidence(seen: Sequence[Evidence]) -> str:
    """Return where something was seen, as a comment."""
    shown = ", ".join(f"{printable(each.path)}:{each.line}" for each in seen[:_MOST_EVIDENCE])
    return shown + (f" and {len(seen) - _MOST_EVIDENCE} more" if len(seen) > _MOST_EVIDENCE else "")


def printable(text: str) -> str:
    """Return ``text`` so that it fits a line."""
    return text.encode("unicode_escape").decode() if not text.isprintable() else text


Edges = dict[str, list[tuple[str, Dependency]]]


def _acyclic(services: Sequence[FoundService], names: Names, data: Mapping[str, Any]) -> tuple[Edges, Edges]:
    """Return the dependencies by name, without those that would close a circle, and those: the weakest give way.

    What the fleet file says already stands.
    """
    by_name = {each.name: names[each.path, each.name] for each in reversed(services)}
    edges = [
        (names[each.path, each.name], by_name[dependency.target], dependency)
        for each in services
        for dependency in each.depends_on
        if dependency.target in by_name and by_name[dependency.target] != names[each.path, each.name]
        if dependency.reachable and dependency.kind in _STRENGTH
    ]
    edges.sort(key=lambda edge: _STRENGTH.index(edge[2].kind))
    present = {name: tuple(entry.get("depends_on") or ()) for name, entry in (data.get("services") or {}).items()}
    needed: dict[str, tuple[str, ...]] = {**dict.fromkeys(names.values(), ()), **present}
    needed = {name: tuple(each for each in targets if each in needed) for name, targets in needed.items()}
    kept: Edges = {name: [] for name in needed}
    dropped: Edges = {name: [] for name in needed}
    for name, target, dependency in edges:
        if target in needed[name]:
            if target not in [known for known, _ in kept[name]]:
                kept[name].append((target, dependency))
            continue
        closes = name in Graph(needed).required([target])
        (dropped if closes else kept)[name].append((target, dependency))
        if not closes:
            needed[name] = (*needed[name], target)
    return kept, {name: list(dict(edges).items()) for name, edges in dropped.items()}


def _entry(
    each: FoundService,
    keys: tuple[str, ...],
    needed: Sequence[tuple[str, Dependency]],
    circles: tuple[str, ...],
    *,
    shared: bool,
) -> Iterator[Edit]:
    yield Edit((*keys, "path"), relative(each.path), above=circles)
    if each.platform in PLATFORMS:
        yield Edit((*keys, "platform"), each.platform)
    if needed:
        remarks = tuple(f"{evidence(dependency.evidence)} ({dependency.kind})" for _, dependency in needed)
        yield Edit((*keys, "depends_on"), tuple(target for target, _ in needed), remarks)
    yield from _secrets(each, keys)
    yield from _databases(each, keys)
    if not (each.health and re.fullmatch(r"/[!-~]*", each.health)):
        yield Edit((*keys, "health"), "none", "no health endpoint was found in its code")
    elif each.health != "/health":
        yield Edit((*keys, "health", "path"), each.health, evidence(each.health_evidence))
    yield from _deploy(each, keys, shared=shared)
    if each.tests and each.tests.command and each.tests.command.isprintable():
        yield Edit((*keys, "tests"), each.tests.command)


def _deploy(each: FoundService, keys: tuple[str, ...], *, shared: bool) -> Iterator[Edit]:
    kind, value = way(each) if shared else each.start
    if kind and value.isprintable() and not value.startswith("../"):
        yield Edit((*keys, "deploy", kind), value)
    own = [file for file in each.config_files if _CONFIG_FILES.fullmatch(posixpath.basename(file))]
    if own and each.platform in {"railway", "vercel"}:
        file = posixpath.relpath(own[0], each.path)
        if not file.startswith("../"):
            yield Edit((*keys, "deploy", "config_file"), file)
    for environment in each.environments:
        if environment and environment not in _STARTED_LOCALLY and environment.isprintable():
            yield from environment_edits(keys, environment)


def environment_edits(keys: tuple[str, ...], environment: str) -> Iterator[Edit]:
    """Yield what makes ``environment``, as the platform calls it, one of the fleet's and of the service's."""
    name = label(environment)
    if name and name != "local":
        yield Edit(("environments", name), {})
        yield Edit((*keys, "environments", name, "deploy", "environment"), environment)


def _secrets(each: FoundService, keys: tuple[str, ...]) -> Iterator[Edit]:
    stores = {store.variable for store in each.databases if store.engine == "postgres"}
    for secret in each.secrets:
        if VARIABLE.fullmatch(secret.name) and secret.name not in stores:
            yield Edit((*keys, "secrets", secret.name), kept_in(each, secret.name), evidence(secret.evidence))


def kept_in(each: FoundService, name: str) -> str:
    """Return the reference to the file that has the secret ``name``, or where the platform's own tools look for it."""
    found = next((secret for secret in each.secrets if secret.name == name), Named(name, ()))
    seen = [posixpath.basename(evidence.path) for evidence in found.evidence]
    worker = each.platform == "cloudflare" and not any(file.startswith(".env") for file in seen)
    file = ".dev.vars" if worker or any(found.startswith(".dev.vars") for found in seen) else ".env"
    return "broker:events" if name == _BROKER else f"file:{file}#{name}"


def is_in_file(each: FoundService, name: str) -> bool:
    """Return whether the repository says that a secret lies in a file: it has one with the name, or an example."""
    paths = (seen.path for secret in each.secrets if secret.name == name for seen in secret.evidence)
    return any(posixpath.basename(path).startswith((".env", ".dev.vars")) for path in paths)


def _databases(each: FoundService, keys: tuple[str, ...]) -> Iterator[Edit]:
    secrets = {secret.name for secret in each.secrets}
    taken: set[str] = set()
    variables: set[str] = set()
    for store in each.databases:
        name = label(store.name)
        name = name if name and name not in taken else label(store.variable)
        if store.engine not in _ENGINES or not VARIABLE.fullmatch(store.variable) or store.variable in variables:
            continue
        if not name or name in taken or (store.engine == "d1" and store.variable in secrets):
            continue
        taken.add(name)
        variables.add(store.variable)
        at = (*keys, "databases", name)
        if store.engine != "postgres":
            yield Edit((*at, "engine"), store.engine)
        yield Edit((*at, "env"), store.variable, evidence(store.evidence))
        for folder in store.migrations[:1]:
            path = posixpath.relpath(folder.path, each.path)
            if not path.startswith("../") and path.isprintable() and folder.tool in TOOLS:
                yield Edit((*at, "migrations"), path, f"{folder.count} files, {folder.state}")
                yield Edit((*at, "tool"), folder.tool)
