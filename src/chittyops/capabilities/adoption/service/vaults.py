"""Secrets that scripts read from a vault: what each is called there, so that the fleet file can say it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from chittyops.capabilities.adoption.service.functions import Known
from chittyops.capabilities.adoption.service.services import VARIABLE, printable
from chittyops.kernel.edit import Edit
from chittyops.kernel.inventory import Inventory

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


def with_references(edits: Iterable[Edit], places: Mapping[tuple[str, str], str]) -> Iterator[Edit]:
    """Yield ``edits`` with the vault's reference beside each secret that has one."""
    for edit in edits:
        place = places.get((edit.keys[1], edit.keys[3])) if edit.keys[2:3] == ("secrets",) else None
        beside = f"{place}; {edit.remark}" if place and edit.remark else place
        yield replace(edit, remark=beside) if beside else edit


def declarations(places: Mapping[tuple[str, str], str], platforms: Mapping[str, str]) -> Iterator[Edit]:
    """Yield a declaration of each secret with a reference; ``platforms`` are those of the services by name."""
    for service, name in places:
        file = ".dev.vars" if platforms.get(service) == "cloudflare" else ".env"
        yield Edit(("services", service, "secrets", name), f"file:{file}#{name}")
