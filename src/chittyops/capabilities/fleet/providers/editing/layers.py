"""Single values of layers written into their files."""

from __future__ import annotations

import re
from typing import Any

from chittyops.capabilities.fleet.model.fileformat import FILENAME, LOCAL_FILENAME
from chittyops.capabilities.fleet.providers import editing
from chittyops.capabilities.fleet.service.targets import Target, with_item, without_item
from chittyops.kernel.errors import NotFound

_WORDS = {"true": True, "false": False}
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_LASTING = {"services": 2, "groups": 2, "environments": 2}
"""How many keys of the fleet file lead to what stays, be it empty: a service, a group, an environment."""
_NEW_LOCAL = "# What is different on this machine alone. It is never in git: add it to .gitignore.\nservices:\n"


def with_value(text: str, at: Target, value: str, *, variable: bool) -> str:
    """Return ``text`` with ``value`` there: YAML, or as it is for a ``variable``."""
    given = _variable(value) if variable else editing.value_of(value)
    text = _with_map(_begun(text, at), at)
    if at.item:
        given = with_item(_items(text, at), at, given)
    return editing.with_value(text, at.keys, given)


def without(text: str, at: Target) -> str:
    """Return ``text`` without the entry there, and the maps that nothing is left in. Raises NotFound."""
    if not editing.holds_keys(text):
        message = f"there is no {'.'.join(at.keys)} in {at.path}"
        raise NotFound(message)
    if at.item and (left := without_item(_items(text, at), at)):
        return editing.with_value(text, at.keys, left)
    return editing.without(text, _outermost(text, at))


def _outermost(text: str, at: Target) -> tuple[str, ...]:
    """Return the keys of the entry there, or of the outermost map that has nothing else in it."""
    node: Any = editing.value_of(text)
    maps = [node]
    for key in at.keys[:-1]:
        node = node.get(key) if isinstance(node, dict) else None
        maps.append(node)
    if not isinstance(node, dict) or at.keys[-1] not in node:
        return at.keys
    # A part or the local file keeps one key at least: an empty file cannot be read.
    count, lasting = len(at.keys), _LASTING.get(at.keys[0], 0) if at.path == FILENAME else len(maps[0]) == 1
    while count - 1 > lasting and len(maps[count - 1]) == 1:
        count -= 1
    return at.keys[:count]


def _variable(text: str) -> Any:
    """Return what YAML shows without quotes where that reads back as the same text."""
    return int(text) if _WHOLE.fullmatch(text) else _WORDS.get(text, text)


def _begun(text: str, at: Target) -> str:
    """Return ``text``; of a file that is not there, or empty, its beginning."""
    if editing.holds_keys(text):
        return text
    return text + _NEW_LOCAL if at.path == LOCAL_FILENAME else f"{text}{at.keys[0]}:\n"


def _with_map(text: str, at: Target) -> str:
    """Return ``text`` in which a group that is a list has become a map that can say more."""
    return editing.with_value(text, at.keys[:2], {"services": list(at.members)}) if at.members else text


def _items(text: str, at: Target) -> list[Any]:
    node: Any = editing.value_of(text)
    for key in at.keys:
        node = node.get(key) if isinstance(node, dict) else None
    return list(node) if isinstance(node, list) else []
