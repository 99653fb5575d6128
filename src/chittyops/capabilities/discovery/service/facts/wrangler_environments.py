"""What is wrong between the environments of a Worker: bindings that one lacks, resources that it shares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.service.facts.variables import is_secret
from chittyops.capabilities.discovery.service.facts.wrangler_placeholders import is_unfilled
from chittyops.capabilities.discovery.service.facts.wrangler_schema import KINDS
from chittyops.capabilities.discovery.service.facts.wrangler_stages import Binding, Stage
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "binding-not-inherited": (
        "error",
        "An environment lacks bindings or variables that the Worker has elsewhere: wrangler does not inherit them.",
    ),
    "shared-production-resource": ("warning", "An environment for trials works on a resource of production."),
    "inherited-route": ("warning", "An environment claims the routes of another one, because it inherits them."),
    "duplicate-binding": ("error", "Two bindings of one environment have one name, which wrangler refuses."),
}
_PRODUCTION: Final = frozenset({"prod", "production", "prd", "live"})
_TRIAL: Final = frozenset({"dev", "develop", "development", "local", "test", "tests", "testing", "ci", "e2e"})
_OTHERS: Final = frozenset(
    {"stage", "staging", "stg", "preview", "qa", "uat", "sandbox", "demo", "preprod", "pre", "nonprod", "non", "beta"}
)
_WORDS: Final = re.compile(r"[a-z0-9]+")
_LAST_WORD: Final = re.compile(r"[-_.]")
_SAYS: Final = ("ENVIRONMENT", "NODE_ENV", "ENV", "APP_ENV", "STAGE", "DEPLOY_ENV", "DEPLOYMENT_ENV")
_SHARED: Final = ("kv", "d1", "r2", "queues", "hyperdrive", "vectorize", "analytics_engine")
_NOT_BY_SIBLINGS: Final = ("queue_consumers", "tail_consumers", "streaming_tail_consumers", "vars", "containers")
_MOST_NAMED: Final = 8


def is_production(environment: str) -> bool:
    """Return whether an environment is called as one that real users meet."""
    words = set(_WORDS.findall(environment.lower()))
    return bool(words & _PRODUCTION) and not words & (_OTHERS | _TRIAL)


def is_trial(environment: str) -> bool:
    """Return whether an environment is called as one that runs on the developer's own machine, or in tests."""
    return bool(set(_WORDS.findall(environment.lower())) & _TRIAL)


def is_lesser(environment: str) -> bool:
    """Return whether an environment is called as one that is not production: staging, preview, dev ..."""
    return bool(set(_WORDS.findall(environment.lower())) & (_OTHERS | _TRIAL))


def is_for_trials(each: Stage, worker: tuple[Stage, ...]) -> bool:
    """Return whether no real user meets a stage of ``worker``.

    It is called so, or it is the top level of a Worker whose production is an environment, and says so.
    """
    if each.environment:
        return is_trial(each.environment)
    production = any(is_production(other.environment) for other in worker)
    return production and (_says_lesser(each) or is_trial(_LAST_WORD.split(each.name)[-1]))


def find(path: str, config: Document, worker: tuple[Stage, ...]) -> Iterator[Finding]:
    """Yield what is wrong between the environments of one Worker."""
    for each in worker:
        yield from _same_names(path, config, each)
        if each.environment:
            yield from _lost(path, config, each, worker)
            yield from _claimed(path, config, each, worker[0])
    yield from _shared(path, config, worker)


def _same_names(path: str, config: Document, each: Stage) -> Iterator[Finding]:
    seen: dict[str, int] = {name: config.line(*each.at, "vars", name) for name in each.variables}
    for found in each.bindings.values():
        for binding in found:
            line, column = config.position(*binding.at)
            if binding.name in seen:
                message = (
                    f"{binding.name} is bound twice, first on line {seen[binding.name]}: wrangler refuses the file"
                )
                hint = "remove one of them, or give it a name of its own"
                yield Finding("duplicate-binding", "error", path, message, line, column, hint)
            elif binding.name:
                seen[binding.name] = line


def _names(each: Stage) -> dict[str, tuple[str, ...]]:
    """Return the names of bindings by kind, and of variables as kind ``vars``."""
    names = {
        kind: tuple(binding.name or str(next(iter(binding.row.values()))) for binding in found)
        for kind, found in each.bindings.items()
        if kind in KINDS and not KINDS[kind].inherited
    }
    return names | ({"vars": tuple(each.variables)} if each.variables else {})


def _lost(path: str, config: Document, each: Stage, worker: tuple[Stage, ...]) -> Iterator[Finding]:
    own = _names(each)
    # A binding may well be of another kind in another environment: what counts is that the code finds it.
    have = {name for names in own.values() for name in names}
    top = _names(worker[0])
    expected = {kind: ("the top level", names) for kind, names in top.items()} | _of_siblings(each, worker, top)
    for kind, (source, names) in expected.items():
        if kind == "queue_consumers" and config.table(*each.at, "queues"):
            continue
        lost = tuple(dict.fromkeys(name for name in names if name not in have))
        if kind == "vars":
            # What is filled in elsewhere, or set as a secret there, is not lost.
            given = worker[0].variables
            lost = tuple(name for name in lost if not (is_secret(name) or is_unfilled(given.get(name))))
        if lost:
            severity = "error" if is_production(each.environment) else "warning"
            listed = ", ".join(lost[:_MOST_NAMED]) + (
                f" and {len(lost) - _MOST_NAMED} more" if lost[_MOST_NAMED:] else ""
            )
            key = "vars" if kind == "vars" else ".".join(str(part) for part in KINDS[kind].keys)
            message = f"env.{each.environment} lacks {key} that {source} has: {listed}"
            hint = f"repeat them below env.{each.environment}: wrangler does not inherit {key}"
            yield Finding("binding-not-inherited", severity, path, message, *config.position(*each.at), hint)


def _claimed(path: str, config: Document, each: Stage, top: Stage) -> Iterator[Finding]:
    """Find an environment that is deployed to the routes of the top level, and is not meant to be."""
    if not top.routes or each.routes != top.routes or each.name == top.name:
        return
    patterns = ", ".join(pattern for pattern, _ in top.routes)
    own = config.at(*each.at, "route")
    if own is not None and config.at(*top.at, "routes") is not None:
        message = f"the route of env.{each.environment} is ignored: the routes of the top level count more: {patterns}"
        hint = f"write routes, as a list, below env.{each.environment}"
        yield Finding("inherited-route", "warning", path, message, *config.position(*each.at, "route"), hint)
    elif own is None and is_lesser(each.environment):
        message = f"env.{each.environment} inherits the routes of the top level, and takes them over: {patterns}"
        hint = f"write routes below env.{each.environment}; an empty list for none"
        yield Finding("inherited-route", "warning", path, message, *config.position(*each.at), hint)


def _of_siblings(
    each: Stage, worker: tuple[Stage, ...], top: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return what other environments have, of kinds that the top level has none of.

    Production sets the measure for the others; where they all have something, they set it for production.
    """
    others = [other for other in worker[1:] if other is not each]
    production = [other for other in others if is_production(other.environment)]
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for other in production[:1] or others[:1]:
        for kind, names in _names(other).items():
            shared = names
            if not production or kind == "vars":
                everyone = [set(_names(one).get(kind, ())) for one in others]
                shared = tuple(name for name in names if len(others) > 1 and all(name in one for one in everyone))
            if kind not in top and (kind not in _NOT_BY_SIBLINGS or kind == "vars") and shared:
                found[kind] = (f"env.{other.environment}", shared)
    return found


def _shared(path: str, config: Document, worker: tuple[Stage, ...]) -> Iterator[Finding]:
    top, named = worker[0], worker[1:]
    production = [each for each in named if is_production(each.environment)]
    if not _says_lesser(top) and (not production or any(each.name == top.name for each in production)):
        production.append(top)
    lesser = [each for each in named if is_lesser(each.environment)]
    if _says_lesser(top) and production:
        lesser.append(top)
    for each in lesser:
        for kind in _SHARED:
            theirs = {_resource(kind, one): other for other in production for one in other.bindings.get(kind, ())}
            shared = [
                one for one in each.bindings.get(kind, ()) if _resource(kind, one) in theirs and _resource(kind, one)
            ]
            if shared:
                yield _sharing(path, config, each, kind, shared, theirs[_resource(kind, shared[0])])
    for each in worker:
        yield from _previews(path, config, each)


def _sharing(path: str, config: Document, each: Stage, kind: str, shared: list[Binding], other: Stage) -> Finding:
    names = ", ".join(one.name for one in shared)
    where = f"env.{each.environment}" if each.environment else "the top level"
    owner = f"env.{other.environment}" if other.environment else "the top level"
    position = config.value_position(*shared[0].at, KINDS[kind].resource)
    message = f"{where} binds the same {kind} as {owner}, which is production: {names}"
    hint = f"create a resource of its own for {where}, and bind that"
    return Finding("shared-production-resource", "warning", path, message, *position, hint)


def _resource(kind: str, binding: Binding) -> str:
    column = KINDS[kind].resource
    return str(binding.row.get(column) or (binding.row.get("database_name", "") if kind == "d1" else ""))


def _says_lesser(each: Stage) -> bool:
    """Return whether a stage says of itself, in a variable, that it is not production."""
    said = (each.variables.get(name) for name in _SAYS)
    return any(isinstance(value, str) and is_lesser(value) for value in said)


def _previews(path: str, config: Document, each: Stage) -> Iterator[Finding]:
    """Find bindings whose preview, which ``wrangler dev`` works on, is the real thing."""
    if is_lesser(each.environment or _LAST_WORD.split(each.name)[-1]):
        return
    for kind, column, preview in _PREVIEWS:
        for binding in each.bindings.get(kind, ()):
            row = config.table(*binding.at)
            if row.get(preview) and row.get(preview) == row.get(column):
                message = f"the {preview} of {binding.name} is the {column} of production itself"
                hint = "create one for previews, with: wrangler ... create NAME --preview"
                position = config.value_position(*binding.at, preview)
                yield Finding("shared-production-resource", "warning", path, message, *position, hint)


_PREVIEWS: Final = (
    ("kv", "id", "preview_id"),
    ("d1", "database_id", "preview_database_id"),
    ("r2", "bucket_name", "preview_bucket_name"),
)
