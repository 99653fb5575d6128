"""A document as a tree in which everything knows its place: what fleet files are read into and merged as.

Scalars follow the core schema of YAML 1.2 (section 10.3.2): ``yes``, ``on`` and ``12:30`` are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chittyops.kernel.errors import Place

_TELLING = ("binding", "queue", "name", "class_name", "pattern", "tag", "path", "service")
"""Keys that tell the items of a list apart, as platforms use them; the first that is there does."""
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})
_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, as written."""

    text: str
    quoted: bool
    place: Place

    @property
    def type(self) -> str:
        """Return ``null``, ``boolean``, ``number`` or ``text``."""
        if self.quoted:
            return "text"
        if self.text in _NULL:
            return "null"
        if self.text in _BOOLEAN:
            return "boolean"
        return "number" if _NUMBER.fullmatch(self.text) else "text"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place
    type: str = "list"


@dataclass(frozen=True, slots=True)
class Mapping:
    """A map; ``keys`` holds the place of each key."""

    entries: dict[str, Node]
    keys: dict[str, Place]
    place: Place
    type: str = "map"


Node = Scalar | Sequence | Mapping
NOWHERE = Place("")
"""The place of what nobody wrote."""


def is_null(node: Node | None) -> bool:
    """Return whether ``node`` is absent or null."""
    return node is None or node.type == "null"


def plain(node: Node) -> Any:
    """Return ``node`` as dicts, lists and texts; a number or boolean is the text as written, null is None."""
    if isinstance(node, Mapping):
        return {key: plain(each) for key, each in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(each) for each in node.items]
    return None if node.type == "null" else node.text


def value(node: Node | None) -> Any:
    """Return ``node`` as JSON has it: numbers and booleans as such, null and what is absent as None."""
    if isinstance(node, Mapping):
        return {key: value(each) for key, each in node.entries.items()}
    if isinstance(node, Sequence):
        return [value(each) for each in node.items]
    if node is None or node.type == "null":
        return None
    if node.type == "boolean":
        return node.text.lower() == "true"
    return _number(node.text) if node.type == "number" else node.text


def _number(text: str) -> int | float:
    if text.startswith(("0o", "0x")):
        return int(text, 0)
    try:
        return int(text)
    except ValueError:
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def at(node: Node | None, keys: tuple[str, ...]) -> Node | None:
    """Return what stands at ``keys`` below ``node``; None where nothing does.

    An item of a list is found by its number, from 0, or by the text that tells it from the others.
    """
    for key in keys:
        if isinstance(node, Mapping):
            node = node.entries.get(key)
        else:
            node = item(node, key) if isinstance(node, Sequence) else None
    return node


def item(node: Sequence, key: str) -> Node | None:
    """Return the item of ``node`` that is called ``key`` (a binding, a name, a pattern ...) or has this number."""
    for each in node.items:
        if key in _names(each):
            return each
    number = int(key) if key.isdecimal() else len(node.items)
    return node.items[number] if number < len(node.items) else None


def _names(node: Node) -> tuple[str, ...]:
    if isinstance(node, Scalar):
        return (node.text,)
    if isinstance(node, Sequence):
        return ()
    found = (node.entries.get(key) for key in _TELLING)
    return next(((each.text,) for each in found if isinstance(each, Scalar)), ())


def leaves(node: Node, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Scalar | Sequence | Mapping]]:
    """Yield every value below ``node`` that is no map, and every empty map, with the keys that lead to it."""
    if isinstance(node, Mapping) and node.entries:
        for key, each in node.entries.items():
            yield from leaves(each, (*keys, key))
    else:
        yield keys, node
