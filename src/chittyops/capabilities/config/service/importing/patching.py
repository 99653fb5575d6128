"""What makes one part of a wrangler file of another, in the words of the fleet file: null and ``$patch``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from chittyops.capabilities.config.service.importing.model import Keys
from chittyops.capabilities.config.service.render.matching import same
from chittyops.kernel.configuration import ITEM_KEYS

PATCH: Final = "$patch"
_IN_ORDER: Final = ("pattern", "tag")
"""Keys of lists whose order says something: they are given whole."""


class Patch:
    """The patches of one environment. ``sources`` says where the parts of a patch stand in the file, by their keys.

    ``gone`` are the names of the items that the environment lacks.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.sources: dict[Keys, Keys] = {}
        self.gone: list[str] = []

    def between(self, keys: Keys, before: Any, after: Any) -> Any:
        """Return what ``after`` is to ``before``, the value at ``keys``; ``after`` None: it is not there."""
        key = ITEM_KEYS.get(".".join(("wrangler", *(str(each) for each in keys))))
        if key and isinstance(before, list) and isinstance(after, list | None):
            return self._rows(keys, key, before, after or [])
        if isinstance(before, dict) and (isinstance(after, dict) or (after is None and _has_rows(keys, before))):
            return self._map(keys, before, after or {})
        if after is None:
            self.gone.append(_name(keys, before))
        return after

    def _map(self, keys: Keys, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for key in {**before, **after}:
            old, new = before.get(key), after.get(key)
            if key in before and (key not in after or not same(old, new)):
                found[key] = self.between((*keys, key), old, new)
            elif key not in before:
                found[key] = new
        return found

    def _rows(self, keys: Keys, key: str, before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
        old, new = _named(before, key), _named(after, key)
        if old is None or new is None or key in _IN_ORDER:
            self.sources |= {(*keys, index + 1): (*keys, index) for index in range(len(after))}
            return [{PATCH: "replace"}, *after]
        found: list[Any] = []
        for name, index in new.items():
            if name in old and same(before[old[name]], after[index]):
                continue
            item = after[index]
            if name in old:
                item = {key: name, **self._map((*keys, index), before[old[name]], item)}
            self.sources[*keys, len(found)] = (*keys, index)
            found.append(item)
        gone = [name for name in old if name not in new]
        self.gone += gone
        return found + [{key: name, PATCH: "delete"} for name in gone]


def _named(items: Sequence[Any], key: str) -> dict[str, int] | None:
    found: dict[str, int] = {}
    for index, item in enumerate(items):
        name = item.get(key) if isinstance(item, dict) else None
        if not isinstance(name, str) or name in found:
            return None
        found[name] = index
    return found


def _has_rows(keys: Keys, value: dict[str, Any]) -> bool:
    """Return whether a map is but the place of lists of bindings: ``queues``, ``durable_objects``."""
    path = ".".join(("wrangler", *(str(each) for each in keys)))
    return bool(value) and all(f"{path}.{key}" in ITEM_KEYS for key in value)


def _name(keys: Keys, value: Any) -> str:
    binding = value.get("binding") if isinstance(value, dict) else None
    return binding if isinstance(binding, str) else str(keys[-1])
