"""The files of Vercel and Railway: as the fleet file has them, references followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chittyops.capabilities.config.service.render import variables
from chittyops.capabilities.config.service.render.matching import same
from chittyops.kernel import tree
from chittyops.kernel.configuration import View
from chittyops.kernel.errors import Misconfigured

Section = dict[str, Any]


def vercel(views: Mapping[str, View]) -> Section:
    """Return vercel.json, which holds for every environment alike. Raises Misconfigured where ``views`` differ."""
    (first, view), *others = views.items()
    found = _section(view, "vercel")
    for name, other in others:
        theirs = _section(other, "vercel")
        for key in {**found, **theirs}:
            if not same(found.get(key), theirs.get(key)) or (key in found) != (key in theirs):
                node = tree.at(view.resolved, ("vercel", key)) or tree.at(other.resolved, ("vercel", key))
                message = (
                    f"{view.service}: vercel.json has one {key} for all environments, and {first} and {name} differ"
                )
                hint = f"render one of them (--env {first}), or write it at services.{view.service}.vercel.{key}"
                raise Misconfigured(message, hint=hint, place=node.place if node else None)
    return found


def railway(base: View, stages: Mapping[str, View], have: Mapping[str, Any]) -> Section:
    """Return railway.json: ``base``, and what differs in each environment, by its name there.

    What the file that is there, which says what it ``have``, says of an environment stays where it means the same.
    https://docs.railway.com/reference/config-as-code: a value below ``environments`` comes before the one at the top.
    """
    top = _section(base, "railway")
    there = have.get("environments")
    different = {}
    for name, view in stages.items():
        wanted = _section(view, "railway")
        said = there.get(name) if isinstance(there, dict) else None
        if isinstance(said, dict) and same(_merged(top, said), wanted):
            different[name] = said
        elif change := merge_patch(top, wanted):
            different[name] = change
    return {**top, "environments": different} if different else top


def _merged(base: Mapping[str, Any], patch: Mapping[str, Any]) -> Section:
    """Return ``base`` with a JSON Merge Patch."""
    found = dict(base)
    for key, value in patch.items():
        old = base.get(key)
        found[key] = _merged(old if isinstance(old, dict) else {}, value) if isinstance(value, dict) else value
    return {key: value for key, value in found.items() if value is not None}


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> Section:
    """Return what makes ``after`` of ``before``: a JSON Merge Patch (RFC 7396), in which null takes a key away."""
    patch: Section = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            if inner := merge_patch(old, value):
                patch[key] = inner
        elif key not in before or not same(old, value):
            patch[key] = value
    return patch


def _section(view: View, name: str) -> Section:
    if problems := tuple(variables.leaks(view, name)):
        raise Misconfigured.of(problems)
    found: Section = tree.value(tree.at(view.resolved, (name,))) or {}
    return found
