"""A first fleet file, written from what was found, with the evidence beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chittyops.capabilities.discovery.model.findings import Dependency, Discovery, Evidence, FoundService
from chittyops.kernel.graph import Graph

_PLATFORMS: Final = frozenset({"cloudflare", "railway", "vercel"})
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./ -]*(?<! )")
_VARIABLE: Final = re.compile(r"(?!PORT$|HOST$|CHITTYOPS_)[A-Za-z_][A-Za-z0-9_]*")
_STRENGTH: Final = ("service-binding", "compose", "tail", "variable-url")
_BROKER: Final = "NATS_URL"
_MOST_EVIDENCE: Final = 2
_LONGEST_NAME: Final = 63


def text(found: Discovery, workspace: str) -> str:
    """Return the fleet file: the canonical services, and a remark on each of the others."""
    ours = [each for each in found.services if each.status == "canonical" and _usable(each.path)]
    names = _names(ours)
    kept, dropped = _acyclic(ours, names)
    lines = [
        "# Written by `chittyops init` from what it found. It is yours from now on: correct it, add to it.",
        "# `chittyops fleet schema` prints its JSON Schema, `chittyops fleet check` checks it.",
        f"fleet: {label(workspace)}",
        "",
        "environments:",
        "  local: {provider: local}",
        "",
        "services:" if ours else "services: {}",
    ]
    for each in ours:
        lines += [*_entry(each, names, kept[each.path], dropped[each.path]), ""]
    others = [each for each in found.services if each not in ours]
    lines += [f"# Left out: {_comment(each.path)} ({_reason(each)})" for each in others]
    return "\n".join(lines).rstrip() + "\n"


def label(name: str) -> str:
    """Return ``name`` as a DNS label."""
    found = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    return found or "fleet"


def _usable(path: str) -> bool:
    return "\\" not in path and path.isprintable()


def _reason(each: FoundService) -> str:
    if each.copy_of:
        return f"a copy of {_comment(each.copy_of)}"
    return each.status if _usable(each.path) else "its path cannot be written"


def _comment(text: str) -> str:
    return text.encode("unicode_escape").decode() if not text.isprintable() else text


def _names(services: Sequence[FoundService]) -> Mapping[str, str]:
    """Return a name of its own for each service, by path."""
    taken: dict[str, str] = {}
    for each in services:
        name = label(each.name)
        folder = label(each.path)
        number = 2
        while name in taken.values():
            name, number = (folder, number) if folder not in taken.values() else (f"{folder[:58]}-{number}", number + 1)
        taken[each.path] = name
    return taken


Edges = dict[str, list[tuple[str, Dependency]]]


def _acyclic(services: Sequence[FoundService], names: Mapping[str, str]) -> tuple[Edges, Edges]:
    """Return the dependencies by path, without those that would close a circle, and those: the weakest give way."""
    by_name = {each.name: names[each.path] for each in reversed(services)}
    edges = [
        (each, by_name[dependency.target], dependency)
        for each in services
        for dependency in each.depends_on
        if dependency.target in by_name and by_name[dependency.target] != names[each.path]
    ]
    edges.sort(key=lambda edge: _STRENGTH.index(edge[2].kind))
    kept: Edges = {each.path: [] for each in services}
    dropped: Edges = {each.path: [] for each in services}
    needed: dict[str, tuple[str, ...]] = dict.fromkeys(names.values(), ())
    for each, target, dependency in edges:
        name = names[each.path]
        if target in needed[name]:
            continue
        closes = name in Graph(needed).required([target])
        (dropped if closes else kept)[each.path].append((target, dependency))
        if not closes:
            needed[name] = (*needed[name], target)
    return kept, dropped


def _entry(
    each: FoundService,
    names: Mapping[str, str],
    kept: Sequence[tuple[str, Dependency]],
    dropped: Sequence[tuple[str, Dependency]],
) -> Iterator[str]:
    yield f"  {names[each.path]}:"
    yield f"    path: {_scalar(_relative(each.path))}"
    if each.platform in _PLATFORMS:
        yield f"    platform: {each.platform}"
    if kept:
        yield "    depends_on:"
        for target, dependency in kept:
            yield f"      - {target}  # {_evidence(dependency.evidence)} ({dependency.kind})"
    for target, dependency in dropped:
        yield f"    # also calls {target}, which would close a circle: {_evidence(dependency.evidence)}"
    yield from _secrets(each)
    yield from _databases(each)
    if each.health and re.fullmatch(r"/[!-~]*", each.health):
        yield from () if each.health == "/health" else (f"    health: {{path: {_scalar(each.health)}}}",)
    else:
        yield "    health: none  # no health endpoint was found in its code"
    kind, value = each.start
    if kind and value.isprintable():
        yield f"    deploy: {{{kind}: {_scalar(value)}}}"
    if each.tests:
        yield f"    tests: {_scalar(each.tests.command)}"


def _relative(path: str) -> str:
    return f"./{path}" if path.startswith("~") else path


def _secrets(each: FoundService) -> Iterator[str]:
    stores = {store.variable for store in each.databases}
    usable = [secret for secret in each.secrets if _VARIABLE.fullmatch(secret.name) and secret.name not in stores]
    if usable:
        yield "    secrets:"
    for secret in usable:
        seen = secret.evidence[0]
        file = ".dev.vars" if ".dev.vars" in seen.path else ".env"
        reference = "broker:events" if secret.name == _BROKER else f"file:{file}#{secret.name}"
        yield f"      {secret.name}: {reference}  # {_evidence(secret.evidence)}"


def _databases(each: FoundService) -> Iterator[str]:
    stores = {store.variable: store for store in each.databases if store.engine == "postgres"}
    usable = [store for store in stores.values() if _VARIABLE.fullmatch(store.variable)]
    if usable:
        yield "    databases:"
    taken: set[str] = set()
    for store in usable:
        name = label(store.name)
        name = name if name not in taken else label(store.variable)
        if name not in taken:
            taken.add(name)
            yield f"      {name}: {{env: {store.variable}}}  # {_evidence(store.evidence)}"


def _evidence(seen: Sequence[Evidence]) -> str:
    shown = ", ".join(f"{_comment(each.path)}:{each.line}" for each in seen[:_MOST_EVIDENCE])
    return shown + (f" and {len(seen) - _MOST_EVIDENCE} more" if len(seen) > _MOST_EVIDENCE else "")


def _scalar(value: str) -> str:
    return value if _PLAIN.fullmatch(value) and not _like_number(value) else json.dumps(value, ensure_ascii=False)


def _like_number(value: str) -> bool:
    return value[0].isdigit() or (value[0] == "." and value != ".") or value.lower() in {"true", "false", "null"}
