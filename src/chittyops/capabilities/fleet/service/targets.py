"""Where a value of a service is written: in which file, at which keys, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chittyops.capabilities.fleet.model.fileformat import FILENAME, LOCAL_FILENAME
from chittyops.capabilities.fleet.service.documents import Documents
from chittyops.kernel import tree
from chittyops.kernel.configuration import ITEM_KEYS, way
from chittyops.kernel.errors import NotFound, Refused
from chittyops.kernel.nearest import nearest

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """Which layer is meant: the service's own one, or the one of a group, of all services, or of this machine alone.

    With ``environment``, what holds there only.
    """

    environment: str = ""
    group: str = ""
    shared: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A place in a file: ``keys`` lead to the value in ``path``, which is relative to the workspace.

    ``item`` leads on, within the list at ``keys``, to what is meant; ``told_by`` is the key of the list's items.
    ``members`` is the list that a group is as yet, which has to become a map first.
    """

    path: str
    keys: Keys
    item: Keys = ()
    told_by: str = ""
    members: tuple[str, ...] = ()


def target(documents: Documents, service: str, keys: Keys, level: Level) -> Target:
    """Return where the value at ``keys`` of ``service`` is written.

    In a service's own part where that says it already. Raises NotFound for a group there is not, Refused for one
    that the service is not in.
    """
    path, before = _layer(documents, service, keys, level)
    members: tuple[str, ...] = ()
    if level.group:
        node = tree.at(documents.root, ("groups", level.group))
        members = documents.groups[level.group] if isinstance(node, tree.Sequence) else ()
    for count in range(1, len(keys)):
        if told_by := ITEM_KEYS.get(way(keys[:count])):
            return Target(path, (*before, *keys[:count]), keys[count:], told_by, members)
    return Target(path, (*before, *keys), members=members)


def _layer(documents: Documents, service: str, keys: Keys, level: Level) -> tuple[str, Keys]:
    within = ("environments", level.environment) if level.environment else ()
    if level.local:
        return LOCAL_FILENAME, ("services", service, *within)
    if level.shared:
        return FILENAME, within or ("defaults",)
    if level.group:
        if level.group not in documents.groups:
            message = f'there is no group "{level.group}"'
            raise NotFound(message, hint=nearest(level.group, documents.groups))
        if service not in documents.groups[level.group]:
            message = f"{service} is not in the group {level.group}"
            raise Refused(message, hint=f"its services: {', '.join(documents.groups[level.group])}")
        return FILENAME, ("groups", level.group, *within)
    draft = documents.drafts[service]
    if draft.part and tree.at(draft.part, (*within, *keys)) is not None:
        return f"{draft.path}/{FILENAME}", within
    return FILENAME, ("services", service, *within)


def with_item(items: list[Any], at: Target, value: Any) -> list[Any]:
    """Return ``items`` with ``value`` where ``at`` means; an item that is not there is made."""
    name, *rest = at.item
    index = next((n for n, each in enumerate(items) if _name(each, at.told_by) == name), len(items))
    if not rest:
        return [*items[:index], value, *items[index + 1 :]]
    there = items[index] if index < len(items) else None
    item: dict[str, Any] = dict(there) if isinstance(there, dict) else {at.told_by: name}
    inner = item
    for key in rest[:-1]:
        inner[key] = dict(inner.get(key) or {})
        inner = inner[key]
    inner[rest[-1]] = value
    return [*items[:index], item, *items[index + 1 :]]


def without_item(items: list[Any], at: Target) -> list[Any]:
    """Return ``items`` without what ``at`` means. Raises NotFound where it is not there."""
    name, *rest = at.item
    index = next((n for n, each in enumerate(items) if _name(each, at.told_by) == name), None)
    inner: Any = None if index is None else items[index]
    for key in rest[:-1]:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if index is None or (rest and (not isinstance(inner, dict) or rest[-1] not in inner)):
        message = f"there is no {way((*at.keys, *at.item))} in {at.path}"
        raise NotFound(message)
    if rest:
        del inner[rest[-1]]
        return items
    return [*items[:index], *items[index + 1 :]]


def _name(item: Any, told_by: str) -> str:
    return str(item.get(told_by)) if isinstance(item, dict) else str(item)
