"""What would change if one environment said what another says, value by value."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from chittyops.kernel import tree
from chittyops.kernel.configuration import ITEM_KEYS, PLATFORM_SECTIONS, View, way

SECTIONS: Final = ("config", "secrets", *PLATFORM_SECTIONS)
_OWN_KEYS: Final = re.compile(
    r"(?:.*_)?ids?|name|route|routes|pattern|zone_(?:id|name)|custom_domain|domain|domains|url|host|hostname|"
    r"bucket_name|preview_bucket_name|database_name|queue|dead_letter_queue|index_name|dataset|namespace|instance_name|"
    r"script_name|service|environment|destination_address|pipeline|secret_name|crons"
)
"""Keys of platforms whose values name one environment's own things."""
_OWN_VARIABLES: Final = re.compile(
    r"(?:.*_)?(?:URLS?|URI|HOST|HOSTS|HOSTNAME|DOMAINS?|ORIGINS?|ENDPOINT|ENV|ENVIRONMENT|STAGE|BUCKET|IDS?|NAME|DSN)"
)
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://.*|(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:/.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One value that differs: ``before`` is the target's, ``after`` the source's; None stands for none.

    ``why`` says why it is left out, "" where it is taken over. Of secrets the two are references.
    """

    service: str
    keys: tuple[str, ...]
    before: str | None
    after: str | None
    why: str = ""

    @property
    def title(self) -> str:
        """Return the way to the value as people write it."""
        return way(self.keys)


def review(source: View, target: View, include: Collection[str] = ()) -> tuple[Row, ...]:
    """Return the values of ``target`` that are not those of ``source``, both as written: references are not followed.

    Keys that are each environment's own by nature are left out, unless a pattern of ``include`` names them.
    """
    ours, theirs = _values(source.merged), _values(target.merged)
    rows = []
    for keys in _whole(dict.fromkeys((*ours, *theirs)), source.merged, target.merged):
        after, before = tree.at(source.merged, keys), tree.at(target.merged, keys)
        if _said(after) != _said(before):
            why = "" if _included(keys, include) else _own(keys, after, before, source, target)
            rows.append(Row(source.service, keys, _said(before), _said(after), why))
    return tuple(rows)


def _values(merged: tree.Mapping) -> tuple[tuple[str, ...], ...]:
    """Return the keys of every value; those of an item of a keyed list have its name among them."""
    nodes = ((section, merged.entries.get(section)) for section in SECTIONS)
    return tuple(keys for section, node in nodes if node is not None for keys in _below(node, (section,)))


def _below(node: tree.Node, keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(node, tree.Mapping) and node.entries:
        for key, each in node.entries.items():
            yield from _below(each, (*keys, key))
        return
    named = rows_by_name(node, keys)
    if named is None:
        yield keys
        return
    for name, item in named.items():
        yield from _below(item, (*keys, name))


def list_at(keys: tuple[str, ...]) -> int | None:
    """Return how many of ``keys`` lead to a list whose items have names; None where they lead through none."""
    return next((depth for depth in range(2, len(keys)) if ".".join(keys[:depth]) in ITEM_KEYS), None)


def _whole(
    values: Iterable[tuple[str, ...]], source: tree.Mapping, target: tree.Mapping
) -> dict[tuple[str, ...], None]:
    """Return ``values`` with one for the whole of what only one side has: a map, or an item of a list."""
    found: dict[tuple[str, ...], None] = {}
    for keys in values:
        ways = (keys[:depth] for depth in range(2, len(keys)) if ".".join(keys[:depth]) not in ITEM_KEYS)
        alone = (each for each in ways if (tree.at(source, each) is None) != (tree.at(target, each) is None))
        found[next(alone, keys)] = None
    return found


def rows_by_name(node: tree.Node, keys: tuple[str, ...]) -> dict[str, tree.Mapping] | None:
    """Return the items of a list that has names for them; None for any other value."""
    key = ITEM_KEYS.get(".".join(keys))
    if key is None or not isinstance(node, tree.Sequence):
        return None
    found: dict[str, tree.Mapping] = {}
    for item in node.items:
        name = item.entries.get(key) if isinstance(item, tree.Mapping) else None
        if not isinstance(name, tree.Scalar) or not isinstance(item, tree.Mapping):
            return None
        found[name.text] = item
    return found


def _said(node: tree.Node | None) -> str | None:
    if node is None or node.type == "null":
        return None
    return node.text if isinstance(node, tree.Scalar) else json.dumps(tree.value(node), ensure_ascii=False)


def _included(keys: tuple[str, ...], include: Collection[str]) -> bool:
    return any(fnmatchcase(way(keys), each) or fnmatchcase(keys[-1], each) for each in include)


def _own(keys: tuple[str, ...], after: tree.Node | None, before: tree.Node | None, source: View, target: View) -> str:
    """Return why a value is one environment's own, "" where it is not."""
    if keys[0] == "config":
        if _OWN_VARIABLES.fullmatch(keys[-1].upper()):
            return "each environment has its own, by its name"
    elif keys[0] in PLATFORM_SECTIONS and any(_OWN_KEYS.fullmatch(key) for key in (*keys[1:2], *keys[-1:])):
        return "names something of one environment"
    if isinstance(after, tree.Mapping) and any(map(_OWN_KEYS.fullmatch, after.entries)):
        return f"stands for something of {source.environment}: bind what {target.environment} is to have"
    texts = [node.text for node in (after, before) if isinstance(node, tree.Scalar) and node.text]
    if keys[0] != "secrets" and any(map(_ADDRESS.fullmatch, texts)):
        return "is an address"
    if {source.environment, target.environment} & set(texts):
        return "is the name of an environment"
    return ""
