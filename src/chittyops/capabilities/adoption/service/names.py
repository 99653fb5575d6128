"""Names of services and tasks: those people gave, and new ones that fit every platform."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from chittyops.kernel.inventory import FoundService
from chittyops.kernel.service import label

_NUMBERED: Final = 58


def free(wanted: Iterable[str], taken: Iterable[str]) -> str:
    """Return the first label of ``wanted`` that is not ``taken``; the last one numbered where all are."""
    used = set(taken)
    labels = [found for each in wanted if (found := label(each))] or ["unnamed"]
    numbered = (f"{labels[-1][:_NUMBERED]}-{number}" for number in range(2, len(used) + 3))
    return next(each for each in (*labels, *numbered) if each not in used)


def usable(path: str) -> bool:
    """Return whether a fleet file can name the folder ``path``."""
    return "\\" not in path and path.isprintable()


def relative(path: str) -> str:
    """Return ``path`` as the fleet file writes it: a leading ~ would be somebody's home."""
    return f"./{path}" if path.startswith("~") else path


def chosen(services: Sequence[FoundService]) -> tuple[tuple[FoundService, ...], tuple[tuple[FoundService, str], ...]]:
    """Return the services that a fleet file can hold, and the others with the reason.

    Several of one folder are told apart by how they start; without that only the first can be.
    """
    kept: list[FoundService] = []
    left: list[tuple[FoundService, str]] = []
    ways: dict[tuple[str, tuple[str, str]], str] = {}
    for each in sorted(services, key=lambda each: (each.path, each.status != "canonical")):
        if each.status not in {"canonical", "variant"}:
            left.append((each, f"a copy of {each.copy_of}" if each.copy_of else each.status))
        elif not usable(each.path):
            left.append((each, "its path cannot be written"))
        elif each.path not in {one.path for one in kept}:
            kept.append(each)
            ways[each.path, way(each)] = each.name
        elif way(each) == ("", "") or (each.path, way(each)) in ways:
            left.append((each, "it shares its folder, and nothing says how it starts"))
        else:
            kept.append(each)
            ways[each.path, way(each)] = each.name
    return tuple(kept), tuple(left)


def way(each: FoundService) -> tuple[str, str]:
    """Return what tells a service from others in its folder: a key of ``deploy`` and its value."""
    if each.start[0] and each.start[1].isprintable():
        return each.start
    config = next((file for file in each.config_files if posixpath.basename(file).startswith("wrangler")), "")
    return ("worker", posixpath.relpath(config, each.path)) if config and each.platform == "cloudflare" else ("", "")


def names(services: Sequence[FoundService], data: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return the name of each service in the fleet file, by path and name: one that is there, else a new one."""
    entries: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for name, entry in (data.get("services") or {}).items():
        entries.setdefault(posixpath.normpath(str(entry.get("path", ""))), []).append((name, entry))
    found: dict[tuple[str, str], str] = {}
    for each in services:
        if name := _present(each, entries.get(each.path, []), set(found.values())):
            found[each.path, each.name] = name
    taken = {*found.values(), *(data.get("services") or {}), *(data.get("groups") or {})}
    for each in services:
        if (each.path, each.name) not in found:
            found[each.path, each.name] = name = free((each.name, each.path), taken)
            taken.add(name)
    return found


def _present(each: FoundService, entries: Sequence[tuple[str, Mapping[str, Any]]], taken: set[str]) -> str:
    """Return which entry of its folder a service is: the one started alike, else the one of its name, else any."""
    kind, value = way(each)
    ranked = sorted(
        (name for name, _ in entries if name not in taken),
        key=lambda name: (
            (dict(entries)[name].get("deploy") or {}).get(kind) != value if kind else True,
            name != label(each.name),
        ),
    )
    return ranked[0] if ranked else ""
