"""The edits of the fleet file that give one environment of a service the values of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chittyops.capabilities.config.service.importing.blocks import raw
from chittyops.capabilities.config.service.promote.review import Row, list_at
from chittyops.kernel import tree
from chittyops.kernel.configuration import ITEM_KEYS, View
from chittyops.kernel.edit import Edit, Yaml


def edits(rows: Sequence[Row], source: View, target: View) -> tuple[Edit, ...]:
    """Return the edits for those of ``rows`` that are taken over, all in the target environment of the service.

    A value that the source does not have is taken away by null; an item of a list, by ``$patch: delete``.
    """
    own = ("services", target.service, "environments", target.environment)
    found: dict[tuple[str, ...], Any] = {}
    for row in (row for row in rows if not row.why):
        depth = list_at(row.keys)
        if depth is None:
            found[row.keys] = _written(tree.at(source.merged, row.keys))
        else:
            at = row.keys[:depth]
            items = found.setdefault(at, _items(_own_layer(target, own), at))
            _change(items, ITEM_KEYS[".".join(at)], row, depth, source)
    return tuple(Edit((*own, *keys), value if isinstance(value, Yaml) else raw(value)) for keys, value in found.items())


def _own_layer(view: View, keys: tuple[str, ...]) -> tree.Node | None:
    return next((layer.tree for layer in view.layers if layer.keys == keys), None)


def _items(layer: tree.Node | None, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what the layer says of a list already: it is written anew with what is added."""
    found = tree.at(layer, keys)
    return list(tree.value(found)) if isinstance(found, tree.Sequence) else []


def _change(items: list[dict[str, Any]], key: str, row: Row, depth: int, source: View) -> None:
    name = row.keys[depth]
    item = next((each for each in items if each.get(key) == name), None)
    if item is None:
        item = {key: name}
        items.append(item)
    if tree.at(source.merged, row.keys[: depth + 1]) is None:
        item.clear()
        item |= {key: name, "$patch": "delete"}
        return
    item.pop("$patch", None)
    if len(row.keys) == depth + 1:
        item |= _value(tree.at(source.merged, row.keys))
        return
    inner = item
    for each in row.keys[depth + 1 : -1]:
        inner = inner.setdefault(each, {})
    inner[row.keys[-1]] = _value(tree.at(source.merged, row.keys))


def _written(node: tree.Node | None) -> Yaml:
    """Return a value as the file has it: 1.10 is not 1.1."""
    if isinstance(node, tree.Scalar) and node.type in ("number", "boolean"):
        return Yaml(node.text)
    return raw(_value(node))


def _value(node: tree.Node | None) -> Any:
    return None if node is None else tree.value(node)
