"""What a change of the files does to the services' values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chittyops.capabilities.config.model import Difference
from chittyops.capabilities.config.service.words import shown
from chittyops.kernel import tree
from chittyops.kernel.configuration import ITEM_KEYS, View, way

Views = Mapping[tuple[str, str], View]


def impact(before: Views, after: Views) -> tuple[Difference, ...]:
    """Return every value that is another one ``after``, service by service."""
    found = []
    for key in dict.fromkeys((*before, *after)):
        old, new = _leaves(before.get(key)), _leaves(after.get(key))
        found += [
            Difference(*key, way(keys), old.get(keys), new.get(keys))
            for keys in dict.fromkeys((*old, *new))
            if old.get(keys) != new.get(keys)
        ]
    return tuple(found)


def _leaves(view: View | None) -> dict[tuple[str, ...], str | None]:
    if view is None:
        return {}
    # A section without anything in it says as much as none.
    empty = {(name,) for name, node in view.resolved.entries.items() if node == tree.Mapping({}, {}, node.place)}
    return {keys: shown(leaf) for keys, leaf in told(view.resolved, ()) if keys not in empty}


def told(node: tree.Node, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tree.Node]]:
    """Yield every value that is no map, and of lists whose items have a key, every value of these items."""
    for way_, leaf in tree.leaves(node, keys):
        told_by = ITEM_KEYS.get(way(way_)) if isinstance(leaf, tree.Sequence) else None
        if told_by is None or not isinstance(leaf, tree.Sequence):
            yield way_, leaf
            continue
        for item in leaf.items:
            name = tree.at(item, (told_by,)) if isinstance(item, tree.Mapping) else item
            yield from told(item, (*way_, shown(name) or ""))
