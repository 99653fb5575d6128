"""JSON as people and other secret managers write it: plain, exported from 1Password, from Doppler.

1Password: ``op item get ITEM --format json``, one item or a list of them. Doppler: ``doppler secrets download``
(a map of texts) and ``doppler secrets --json`` (a map of ``{"computed": ...}``).
"""

from __future__ import annotations

import json
import re
from typing import Any

from chittyops.kernel.errors import Misconfigured

_WORD = re.compile(r"[^A-Za-z0-9]+")
_DOPPLERS_OWN = frozenset({"DOPPLER_PROJECT", "DOPPLER_ENVIRONMENT", "DOPPLER_CONFIG"})
_NO_SECRETS = frozenset({"OTP", "SSHKEYTYPE"})
"""Types of fields of 1Password whose values say nothing alone."""


def read(text: str, form: str = "") -> dict[str, str]:
    """Return the variables in ``text``. Raises Misconfigured for JSON of another shape."""
    try:
        # Numbers stay as they are written: 1.10 is not 1.1.
        data = json.loads(text.removeprefix("\ufeff"), parse_int=str, parse_float=str, parse_constant=str)
    except ValueError as error:
        # Its own text would quote the file.
        line = getattr(error, "lineno", 0)
        raise Misconfigured(f"line {line} is not JSON", hint="is it cut off, or another format?") from None
    if form == "1password" or _is_item(data) or (isinstance(data, list) and data and all(map(_is_item, data))):
        return _items(data if isinstance(data, list) else [data])
    if not isinstance(data, dict):
        raise Misconfigured("this is not a map of names to values", hint='write {"NAME": "value"}')
    if form == "doppler" or _DOPPLERS_OWN & data.keys():
        data = {name: value for name, value in data.items() if name not in _DOPPLERS_OWN}
    return {str(name): _text(name, value) for name, value in data.items() if value is not None}


def _text(name: str, value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("computed", value.get("raw")), str):
        return str(value.get("computed", value.get("raw")))
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return json.dumps(value)
    raise Misconfigured(f"{name} is a map or a list, not a text", hint="a secret is one text: JSON in it is quoted")


def _is_item(data: Any) -> bool:
    if not isinstance(data, dict) or not ("title" in data or "category" in data):
        return False
    fields = data.get("fields")
    return isinstance(fields, list) and all(isinstance(each, dict) for each in fields)


def _items(items: list[Any]) -> dict[str, str]:
    """Return the fields that have a value, by label; where there are several items, by title and label."""
    found: dict[str, str] = {}
    for item in items:
        if not _is_item(item):
            raise Misconfigured("this is not an item of 1Password", hint="make it by `op item get ITEM --format json`")
        prefix = f"{_name(str(item.get('title', '')))}_" if len(items) > 1 else ""
        for field in item["fields"]:
            value = field.get("value")
            if isinstance(value, str) and value and field.get("type") not in _NO_SECRETS:
                found[_fresh(prefix + _name(str(field.get("label") or field.get("id"))), found)] = value
    return found


def _name(text: str) -> str:
    """Return ``text`` as the name of a variable."""
    name = _WORD.sub("_", text).strip("_").upper()
    return f"_{name}" if name[:1].isdigit() else name


def _fresh(name: str, taken: dict[str, str]) -> str:
    number = 2
    while name in taken and f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}" if name in taken else name
