"""Layers of a fleet file put on top of one another."""

from __future__ import annotations

from chittyops.capabilities.fleet.model.freeform import PATCH, Keyed, Open, deletes, replaces
from chittyops.capabilities.fleet.model.schema import Kind, MapOf, Table, WordOr
from chittyops.kernel import tree
from chittyops.kernel.tree import Node


def merge(base: Node | None, patch: Node, kind: Kind | None) -> Node:
    """Return ``base`` changed by ``patch`` as RFC 7396 has it: maps merge, null deletes, all else replaces.

    Of the keys that exclude one another the patch's one wins; lists of a ``Keyed`` kind merge item by item.
    """
    if isinstance(patch, tree.Sequence):
        return _merged_list(base, patch, kind) if isinstance(kind, Keyed) else patch
    if not isinstance(patch, tree.Mapping):
        return patch
    same = isinstance(base, tree.Mapping)
    entries = dict(base.entries) if isinstance(base, tree.Mapping) else {}
    keys = dict(base.keys) if isinstance(base, tree.Mapping) else {}
    if isinstance(kind, WordOr):
        kind = kind.table
    if isinstance(kind, Table) and any(key in patch.entries for key in kind.exclusive):
        entries = {key: node for key, node in entries.items() if key not in kind.exclusive}
    inner = kind if isinstance(kind, Table | MapOf | Open) else None
    for key, node in patch.entries.items():
        if isinstance(node, tree.Scalar):
            if node.type == "null":
                entries.pop(key, None)
                continue
            entries[key] = node
        else:
            entries[key] = merge(entries.get(key), node, inner.child(key) if inner else None)
        keys[key] = patch.keys[key]
    place = base.place if same and base is not None else patch.place
    return tree.Mapping(entries, keys, place)


def _merged_list(base: Node | None, patch: tree.Sequence, kind: Keyed) -> Node:
    """Return the items of ``base`` in their order, each changed by its namesake, and the new ones after them."""
    afresh = any(replaces(item) for item in patch.items) or not isinstance(base, tree.Sequence)
    before = () if afresh or not isinstance(base, tree.Sequence) else base.items
    items = {kind.name(item) or str(index): item for index, item in enumerate(before)}
    for index, item in enumerate(patch.items):
        name = kind.name(item) or f"+{index}"
        if deletes(item):
            items.pop(name, None)
        elif not replaces(item):
            items[name] = merge(items.get(name), _without_word(item), None)
    return tree.Sequence(tuple(items.values()), patch.place)


def _without_word(item: Node) -> Node:
    if not isinstance(item, tree.Mapping) or PATCH not in item.entries:
        return item
    entries = {key: node for key, node in item.entries.items() if key != PATCH}
    return tree.Mapping(entries, item.keys, item.place)
