"""Whether every environment has the bindings that the others have, and each binding says what it stands for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from chittyops.capabilities.config.service.render.wrangler_keys import Binding, Kind, bindings_in, rows
from chittyops.kernel import tree
from chittyops.kernel.configuration import View
from chittyops.kernel.errors import Problem

PATCH: Final = "$patch"
_UNFILLED: Final = re.compile(
    r"\s*|<[^<>]*>|x{3,}|(?:.*[-_ ])?your[-_ ].*|.*place[-_ ]?holder.*|.*(?:replace|change)[-_ ]?me.*|(?:todo|tbd)\b.*",
    re.IGNORECASE,
)
Key = tuple[Kind, str]


def wrangler_of(view: View) -> tree.Node | None:
    """Return what ``view`` says to wrangler, references followed."""
    return tree.at(view.resolved, ("wrangler",))


def problems(views: Mapping[str, View], chosen: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with the bindings of the ``chosen`` environments, measured by those of all ``views``."""
    bound = {
        name: {(each.kind, each.name): each for each in bindings_in(wrangler_of(view))} for name, view in views.items()
    }
    first: dict[Key, tuple[str, Binding]] = {}
    for name, own in bound.items():
        for key, each in own.items():
            first.setdefault(key, (name, each))
    for name in chosen:
        for key, (owner, each) in first.items():
            if key not in bound[name] and not _dismissed(views[name], each):
                yield _missing(views[name].service, name, owner, each)
        for each in bound[name].values():
            yield from _without_ids(views[name], name, each)


def placeholders(views: Mapping[str, View]) -> Iterator[Problem]:
    """Yield the bindings whose id was never filled in, once each: wrangler takes them, Cloudflare does not."""
    seen = set()
    for view in views.values():
        for each in bindings_in(wrangler_of(view)):
            for key in (key for one in each.kind.ids for key in one.split("|")):
                node = each.node.entries.get(key)
                if isinstance(node, tree.Scalar) and _UNFILLED.fullmatch(node.text) and node.place not in seen:
                    seen.add(node.place)
                    yield Problem(f"{view.service}: the {key} of {each.title} was never filled in", node.place)


def is_whole(view: View, each: Binding) -> bool:
    """Return whether a binding says which resource it stands for, or that it means to say none."""
    return not any(True for _ in _lacking(view, each))


def _missing(service: str, environment: str, owner: str, each: Binding) -> Problem:
    trail = f"services.{service}.environments.{environment}.wrangler.{each.kind.title}"
    absent = f"{trail}: [{{{each.kind.name}: {each.name}, {PATCH}: delete}}]" if each.kind.rows else f"{trail}: null"
    message = f"{service}: the binding {each.title} of {owner} is missing in {environment}"
    return Problem(message, each.node.place, f"bind it below {trail}, or say that it is not there:\n{absent}")


def _without_ids(view: View, environment: str, each: Binding) -> Iterator[Problem]:
    for key in _lacking(view, each):
        words = key.replace("|", " or ")
        message = f"{view.service}: the binding {each.title} has no {words} in {environment or 'the top level'}"
        first = key.partition("|")[0]
        hint = (
            f"write it below services.{view.service}.environments.{environment}.wrangler.{each.kind.title}"
            if environment
            else f"write it below services.{view.service}.wrangler.{each.kind.title}"
        )
        hint += f"; `{first}: null` leaves it to wrangler,\n`{PATCH}: delete` says that the binding is not there"
        yield Problem(message, each.node.place, hint)


def _lacking(view: View, each: Binding) -> Iterator[str]:
    for key in each.kind.ids:
        alternatives = key.split("|")
        if all(tree.is_null(each.node.entries.get(name)) for name in alternatives) and not any(
            name in item.entries for item in _said(view, each) for name in alternatives
        ):
            yield key


def _dismissed(view: View, each: Binding) -> bool:
    """Return whether a layer says that the binding is not there: by ``$patch: delete``, or null for all of the kind."""
    for layer in view.layers:
        keys = ("wrangler", *each.kind.keys)
        nodes = [tree.at(layer.tree, keys[:length]) for length in range(1, len(keys) + 1)]
        if any(node is not None and node.type == "null" for node in nodes):
            return True
    return any(PATCH in item.entries for item in _said(view, each))


def _said(view: View, each: Binding) -> Iterator[tree.Mapping]:
    """Yield what the layers say of one binding."""
    for layer in view.layers:
        for item in rows(tree.at(layer.tree, ("wrangler", *each.kind.keys))):
            name = item.entries.get(each.kind.name)
            if isinstance(name, tree.Scalar) and name.text == each.name:
                yield item
