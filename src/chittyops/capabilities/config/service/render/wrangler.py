"""The configuration of wrangler for a service in all of its environments, as plain data.

Keys that named environments do not inherit are repeated in each of them whole; the others only where they differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from chittyops.capabilities.config.service.render import bindings, variables
from chittyops.capabilities.config.service.render.matching import same
from chittyops.capabilities.config.service.render.wrangler_keys import (
    INHERITED,
    NEUTRAL,
    TOP_ONLY,
    Binding,
    bindings_in,
    rows,
)
from chittyops.kernel import tree
from chittyops.kernel.configuration import View
from chittyops.kernel.errors import Misconfigured, Place, Problem

Section = dict[str, Any]


def document(base: View, stages: Mapping[str, View], chosen: Collection[str] | None = None) -> Section:
    """Return the file: ``base`` is the top level, ``stages`` are the environments by the names wrangler has for them.

    Only the ``chosen`` ones (all, when None) are rendered; the others still count when bindings are compared. Raises
    Misconfigured that carries every problem.
    """
    shown = [name for name in stages if chosen is None or name in chosen]
    problems = [problem for view in (base, *(stages[name] for name in shown)) for problem in _leaks(view)]
    problems += bindings.problems(stages, shown) if stages else bindings.problems({"": base}, ("",))
    top = _section(base, whole=not stages)
    found = {}
    for name in shown:
        found[name], wrong = _environment(name, stages[name], base, top)
        problems += wrong
    if problems:
        raise Misconfigured.of(tuple(dict.fromkeys(problems)))
    return {**top, "env": found} if found else top


def stage_name(environment: str, view: View) -> str:
    """Return what wrangler calls ``environment``: ``deploy.environment``, else its own name."""
    return variables.word(view, "deploy", "environment") or environment


def is_like_the_top(view: View, base: View) -> bool:
    """Return whether an environment is what wrangler makes of one that its file does not have: the top level."""
    return same(_section(view), _section(base, whole=False))


def _leaks(view: View) -> Iterator[Problem]:
    yield from variables.leaks(view, "config")
    yield from variables.leaks(view, "wrangler")


def _section(view: View, *, whole: bool = True) -> Section:
    """Return one section; a top level that is not ``whole`` leaves out the bindings that environments complete."""
    node = bindings.wrangler_of(view)
    said: Section = tree.value(_without_incomplete(view, node) if not whole else node) or {}
    # Null has no meaning to wrangler but in the value of a variable.
    found = {key: value if key == "vars" else _filled(value) for key, value in said.items() if value is not None}
    found = {key: each for key, each in found.items() if key in INHERITED or not _is_empty(each)}
    plain = variables.config(view)
    if plain or "vars" in found:
        found["vars"] = {**found.get("vars", {}), **plain}
    return found


def _filled(value: Any) -> Any:
    """Return ``value`` without nulls in maps: wrangler's files say nothing by them."""
    if isinstance(value, dict):
        return {key: _filled(each) for key, each in value.items() if each is not None}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def _is_empty(value: Any) -> bool:
    """Return whether nothing is left in a list, or in a map of lists."""
    return value == [] or (isinstance(value, dict) and all(each == [] for each in value.values()))


def _without_incomplete(view: View, node: tree.Node | None) -> tree.Node | None:
    incomplete = [each for each in bindings_in(node) if not bindings.is_whole(view, each)]
    for each in incomplete:
        node = _without(node, each.kind.keys, each)
    return node


def _without(node: tree.Node | None, keys: tuple[str, ...], binding: Binding) -> tree.Node | None:
    if keys and isinstance(node, tree.Mapping):
        below = _without(node.entries[keys[0]], keys[1:], binding)
        entries = {**node.entries, keys[0]: below}
        kept = {key: each for key, each in entries.items() if each is not None}
        return tree.Mapping(kept, node.keys, node.place)
    kept_items = tuple(item for item in rows(node) if item is not binding.node)
    return tree.Sequence(kept_items, binding.node.place) if kept_items else None


def _environment(name: str, view: View, base: View, top: Section) -> tuple[Section, list[Problem]]:
    own = _section(view)
    found: Section = {}
    problems = []
    for key, value in own.items():
        if key in TOP_ONLY:
            if value != top.get(key):
                problems.append(_top_only(key, name, view))
        elif key not in INHERITED or value != top.get(key) or (key == "name" and _says_name(view, base)):
            found[key] = value
    for key in top.keys() & INHERITED - own.keys():
        if key in NEUTRAL:
            found[key] = NEUTRAL[key]
        else:
            problems.append(_inherited(key, name, base))
    return found, problems


def _says_name(view: View, base: View) -> bool:
    """Return whether the environment gives the name itself: wrangler adds the environment to one it inherits."""
    return len(view.chain(("wrangler", "name"))) > len(base.chain(("wrangler", "name")))


def _top_only(key: str, name: str, view: View) -> Problem:
    message = f"{view.service}: wrangler takes {key} for all environments alike, and {name} differs"
    return Problem(message, _place(view, key), f"write it at services.{view.service}.wrangler.{key}")


def _inherited(key: str, name: str, base: View) -> Problem:
    message = f"{base.service}: {name} takes {key} away, which wrangler cannot: environments inherit it"
    return Problem(message, _place(base, key), f"give {key} a value for {name}")


def _place(view: View, key: str) -> Place:
    chain = view.chain(("wrangler", key))
    return chain[0].place if chain else view.resolved.place
