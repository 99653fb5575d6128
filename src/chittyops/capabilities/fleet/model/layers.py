"""Layers of a fleet file put on top of one another: defaults, service, its own part, environment."""

from __future__ import annotations

from chittyops.capabilities.fleet.model import document
from chittyops.capabilities.fleet.model.document import Node
from chittyops.capabilities.fleet.model.schema import Kind, MapOf, Table, WordOr


def merge(base: Node | None, patch: Node, kind: Kind | None) -> Node:
    """Return ``base`` changed by ``patch`` as RFC 7396 has it: maps merge, null deletes, all else replaces.

    Of the keys that exclude one another the patch's one wins.
    """
    if not isinstance(patch, document.Mapping):
        return patch
    same = isinstance(base, document.Mapping)
    entries = dict(base.entries) if isinstance(base, document.Mapping) else {}
    keys = dict(base.keys) if isinstance(base, document.Mapping) else {}
    if isinstance(kind, WordOr):
        kind = kind.table
    if isinstance(kind, Table) and any(key in patch.entries for key in kind.exclusive):
        entries = {key: node for key, node in entries.items() if key not in kind.exclusive}
    for key, node in patch.entries.items():
        if document.is_null(node):
            entries.pop(key, None)
            continue
        child = kind.child(key) if isinstance(kind, Table | MapOf) else None
        entries[key] = merge(entries.get(key), node, child)
        keys[key] = patch.keys[key]
    place = base.place if same and base is not None else patch.place
    return document.Mapping(entries, keys, place)
