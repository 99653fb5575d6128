"""Whether two documents say the same, and which items of two lists are one another's counterparts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from chittyops.kernel.configuration import ITEM_KEYS

_NAMES: Final = tuple(key for key in dict.fromkeys(ITEM_KEYS.values()) if key != "tag")
"""What tells the objects of one list apart, and makes their order say nothing; that of migrations says a lot."""


def same(one: Any, other: Any) -> bool:
    """Return whether two values say the same: true is not 1, the order of keys and of named objects says nothing."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(each, other[key]) for key, each in one.items())
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return False
        names = identities(one)
        if names is not None and names.keys() == (identities(other) or {}).keys():
            theirs = identities(other) or {}
            return all(same(one[at], other[theirs[name]]) for name, at in names.items())
        return all(same(a, b) for a, b in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def identities(items: Sequence[Any]) -> dict[str, int] | None:
    """Return the index of each object by its name; None where one has none, or two have the same."""
    found: dict[str, int] = {}
    for at, item in enumerate(items):
        name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None) if _is_map(item) else None
        if name is None or name in found:
            return None
        found[name] = at
    return found


def _is_map(item: Any) -> bool:
    return hasattr(item, "get")
