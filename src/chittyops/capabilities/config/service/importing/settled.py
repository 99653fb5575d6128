"""Which edits of the fleet file say something that it does not say already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from chittyops.kernel.edit import Edit, Yaml


def needed(edits: Sequence[Edit], data: Mapping[str, Any]) -> list[Edit]:
    """Return those of ``edits`` that change the fleet file, whose plain ``data`` this is.

    Of two for one place the last one counts; what is to be an empty map may be any map that is there.
    """
    last = {edit.keys: edit for edit in edits}
    kept = []
    for edit in last.values():
        there, found = _at(data, edit.keys)
        wanted = _plain(edit.value)
        if not there or (wanted != _texts(found) and not (wanted == {} and isinstance(found, dict | None))):
            kept.append(edit)
    return kept


def _at(data: Any, keys: Sequence[str]) -> tuple[bool, Any]:
    for key in keys:
        if not isinstance(data, dict) or key not in data:
            return False, None
        data = data[key]
    return True, data


def _plain(value: Any) -> Any:
    """Return what an edit writes, every value as the text that stands for it."""
    if isinstance(value, Yaml):
        return yaml.load(value.text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but texts, lists and maps
    return _texts(value)


def _texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _texts(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(each) for each in value]
    return "null" if value is None else str(value)
