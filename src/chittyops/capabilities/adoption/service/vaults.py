"""Secrets that scripts read from a vault: what each is called there, so that the fleet file can say it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from chittyops.capabilities.adoption.service.functions import Known
from chittyops.capabilities.adoption.service.services import VARIABLE, is_in_file, printable, text_at
from chittyops.kernel.edit import Edit
from chittyops.kernel.inventory import FoundService, Inventory

_READ: Final = re.compile(
    r"""\b(?P<name>[A-Za-z_][A-Za-z0-9_]*)=["']?(?:\$\(|`)?[ ]*(?:op[ ]+read[ ]+(?:-\S+[ ]+)*)?"""
    r"""(?:"(?P<double>op://[^"`$\r\n]+)"|'(?P<single>op://[^'\r\n]+)'|(?P<plain>op://[^"'\s)`$]+))"""
)


def references(inventory: Inventory, known: Known, texts: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return the ``op://`` reference of each secret that a script reads, by service and variable."""
    found: dict[tuple[str, str], str] = {}
    for script in inventory.scripts:
        service = known.of_script(script.path, script.service)
        if service:
            for match in _READ.finditer(texts.get(script.path, "")):
                if VARIABLE.fullmatch(match["name"]):
                    place = match["double"] or match["single"] or match["plain"]
                    found.setdefault((known.name(service), match["name"]), printable(place))
    return found


def with_references(
    edits: Iterable[Edit],
    places: Mapping[tuple[str, str], str],
    moved: Mapping[tuple[str, ...], str],
    data: Mapping[str, Any],
) -> Iterator[Edit]:
    """Yield ``edits`` with each secret taken from where scripts take it: ``moved``, by key.

    One that lies in a file too keeps that, with the reference in the vault beside it. One that the fleet file, whose
    plain ``data`` this is, has in a store already stays there: in a file is where it is only guessed to be.
    """
    for edit in edits:
        guess = str(edit.value).startswith("file:")
        place = places.get((edit.keys[1], edit.keys[3])) if edit.keys[2:3] == ("secrets",) else None
        if edit.keys in moved and guess:
            yield replace(edit, value=moved[edit.keys])
        elif guess and not (text_at(data, edit.keys) or "file:").startswith("file:"):
            continue
        elif place and place != edit.value:
            yield replace(edit, remark=f"{place}; {edit.remark}" if edit.remark else place)
        else:
            yield edit


def declarations(places: Mapping[tuple[str, str], str], services: Mapping[str, FoundService]) -> Iterator[Edit]:
    """Yield where each secret that is in a vault alone is taken from; ``services`` are by name."""
    for (service, name), place in places.items():
        if not is_in_file(services[service], name):
            yield Edit(("services", service, "secrets", name), place)
