"""Parts of a fleet file whose words are somebody else's: read as they are, and merged as they are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chittyops.capabilities.fleet.model.schema import Json, Kind, Table, expected, nullable
from chittyops.kernel import tree
from chittyops.kernel.errors import Problem
from chittyops.kernel.tree import Node, Scalar

PATCH: Final = "$patch"
DELETE: Final = "delete"
REPLACE: Final = "replace"


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever stands there."""

    description: str

    def read(self, node: Node, trail: str, problems: list[Problem]) -> Node:
        """Return the tree itself."""
        return node

    def json_schema(self) -> Json:
        """Return a schema that everything fits."""
        return {"description": self.description}


@dataclass(frozen=True, slots=True)
class Keyed:
    """A list of maps that the text at ``key`` tells apart; with ``words``, of such texts alone, too.

    In a later layer an item changes the one of its key, and ``$patch: delete`` takes it away; an item that is
    nothing but ``$patch: replace`` makes the list stand for itself. The words are those of Kubernetes' strategic merge.
    """

    description: str
    key: str
    words: bool = False

    def read(self, node: Node, trail: str, problems: list[Problem]) -> Node | None:
        """Return the list itself."""
        if not isinstance(node, tree.Sequence):
            expected(node, trail, "a list", problems, f"each item is a map with the key `{self.key}`")
            return None
        seen: set[str] = set()
        for index, item in enumerate(node.items):
            name = self.name(item)
            if name is None and not replaces(item):
                hint = f"add `{self.key}:`; it tells the items apart"
                problems.append(Problem(f"{trail}[{index}] lacks a text at the key {self.key}", item.place, hint))
            elif name in seen:
                problems.append(Problem(f"{trail}[{index}] has the {self.key} of an item before it", item.place))
            seen.update([name] if name else [])
        return node

    def name(self, item: Node) -> str | None:
        """Return the text that tells ``item`` from the others; None where it has none."""
        told = item.entries.get(self.key) if isinstance(item, tree.Mapping) else item if self.words else None
        return told.text if isinstance(told, Scalar) and told.type != "null" and told.text else None

    def json_schema(self) -> Json:
        """Return an array of objects that have the key."""
        told = {"type": ["string", "number", "boolean"], "minLength": 1}
        items: list[Json] = [
            {"type": "object", "required": [self.key], "properties": {self.key: told}},
            {
                "type": "object",
                "required": [PATCH],
                "properties": {PATCH: {"const": REPLACE}},
                "additionalProperties": False,
            },
        ]
        return {
            "type": "array",
            "items": {"anyOf": [*items, told] if self.words else items},
            "description": self.description,
        }


def deletes(item: Node) -> bool:
    """Return whether ``item`` takes the one of its key away."""
    return isinstance(item, tree.Mapping) and _word(item) == DELETE


def replaces(item: Node) -> bool:
    """Return whether ``item`` says that its list stands for itself."""
    return isinstance(item, tree.Mapping) and len(item.entries) == 1 and _word(item) == REPLACE


def _word(item: tree.Mapping) -> str:
    word = item.entries.get(PATCH)
    return word.text if isinstance(word, Scalar) else ""


@dataclass(frozen=True, slots=True)
class Open:
    """A map with some known keys; all others are read as ``rest``.

    ``refused`` are keys that cannot stand here, and what to do instead.
    """

    description: str
    fields: Mapping[str, Kind]
    rest: Kind = Anything("Read as it is.")
    refused: Mapping[str, str] = field(default_factory=dict)

    def read(self, node: Node, trail: str, problems: list[Problem]) -> dict[str, Any] | None:
        """Return the entries that are right; null ones are left out."""
        if not isinstance(node, tree.Mapping):
            expected(node, trail, "a map", problems, "write KEY: value, one on a line, indented")
            return None
        values: dict[str, Any] = {}
        for key, item in node.entries.items():
            if key in self.refused:
                problems.append(Problem(f"{trail}.{key} cannot be given", node.keys[key], self.refused[key]))
            elif not tree.is_null(item):
                value = self.child(key).read(item, f"{trail}.{key}", problems)
                if value is not None:
                    values[key] = value
        return values

    def json_schema(self) -> Json:
        """Return an object that allows other keys."""
        schema: Json = {
            "type": "object",
            "properties": {key: nullable(kind.json_schema()) for key, kind in self.fields.items()},
            "description": self.description,
        }
        if not isinstance(self.rest, Anything):
            schema["additionalProperties"] = nullable(self.rest.json_schema())
        if self.refused:
            schema["propertyNames"] = {"not": {"enum": sorted(self.refused)}}
        return schema

    def child(self, key: str) -> Kind:
        """Return the kind of the entry ``key``."""
        return self.fields.get(key, self.rest)


@dataclass(frozen=True, slots=True)
class ListOr:
    """A list, or a table that has it at ``key`` and says more."""

    items: Kind
    table: Table
    key: str

    @property
    def description(self) -> str:
        """Return what the value means."""
        return self.table.description

    def read(self, node: Node, trail: str, problems: list[Problem]) -> dict[str, Any] | None:
        """Return the table's value."""
        if isinstance(node, tree.Mapping):
            return self.table.read(node, trail, problems)
        if not isinstance(node, tree.Sequence):
            expected(node, trail, "a list or a map", problems, f"write [one, two], or a map with `{self.key}:`")
            return None
        return {self.key: self.items.read(node, trail, problems)}

    def json_schema(self) -> Json:
        """Return either."""
        return {"anyOf": [self.items.json_schema(), self.table.json_schema()], "description": self.description}
