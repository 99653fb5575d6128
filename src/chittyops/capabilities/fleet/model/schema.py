"""Kinds of values a fleet file is made of: each reads itself from a document and describes itself as JSON Schema.

``read`` reports what is wrong, with its place, and returns the plain value, or None for what is absent, null
or wrong. No message repeats a value: whatever stands in the wrong place may be a secret.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from chittyops.kernel import tree
from chittyops.kernel.errors import Misconfigured, Place, Problem
from chittyops.kernel.nearest import nearest
from chittyops.kernel.secret import KEYED, SCHEMES, SecretRef
from chittyops.kernel.tree import Node, Scalar

Json = dict[str, Any]
_MOST_DIGITS = 16


class Kind(Protocol):
    """What a value may be."""

    @property
    def description(self) -> str:
        """Return what the value means."""
        ...

    def read(self, node: Node, trail: str, problems: list[Problem]) -> Any:
        """Return the plain value of ``node``; add what is wrong with it to ``problems``."""
        ...

    def json_schema(self) -> Json:
        """Return the JSON Schema (draft 2020-12) of the value."""
        ...


def expected(node: Node, trail: str, what: str, problems: list[Problem], hint: str = "") -> None:
    """Add to ``problems`` that ``node`` must be ``what``."""
    found = "empty" if node.type == "null" else f"a {node.type}"
    problems.append(Problem(f"{trail} must be {what}, not {found}", node.place, hint))


@dataclass(frozen=True, slots=True)
class Text:
    """A text, whole matches ``pattern``; ``rule`` says in words what that asks for."""

    description: str
    pattern: str = r"[^\x00]+"
    rule: str = "must not be empty"

    def read(self, node: Node, trail: str, problems: list[Problem]) -> str | None:
        """Return the text."""
        if not isinstance(node, Scalar) or node.type != "text":
            hint = "put quotes around it" if isinstance(node, Scalar) else ""
            expected(node, trail, "a text", problems, hint)
            return None
        return self.match(node.text, node.place, trail, problems)

    def match(self, text: str, place: Place, trail: str, problems: list[Problem]) -> str | None:
        """Return ``text`` when it follows the rule."""
        if re.fullmatch(self.pattern, text):
            return text
        problems.append(Problem(f"{trail} {self.rule}", place))
        return None

    def json_schema(self) -> Json:
        """Return a string with a pattern."""
        return {"type": "string", "pattern": f"^(?:{self.pattern})$", "description": self.description}


@dataclass(frozen=True, slots=True)
class AnyScalar:
    """A text, number or boolean, taken as it is written."""

    description: str

    def read(self, node: Node, trail: str, problems: list[Problem]) -> str | None:
        """Return the text as written."""
        if not isinstance(node, Scalar) or node.type == "null":
            expected(node, trail, "a text, a number or a boolean", problems, "write lists and maps as JSON in quotes")
            return None
        if "\0" in node.text:
            problems.append(Problem(f"{trail} must not hold the character NUL", node.place))
            return None
        return node.text

    def json_schema(self) -> Json:
        """Return any scalar."""
        pattern = r"^[^\x00]*$"
        return {"type": ["string", "number", "boolean"], "pattern": pattern, "description": self.description}


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to a secret; its text is never shown."""

    description: str
    schemes: tuple[str, ...] = tuple(SCHEMES)

    def read(self, node: Node, trail: str, problems: list[Problem]) -> SecretRef | None:
        """Return the reference."""
        if not isinstance(node, Scalar) or node.type != "text":
            expected(node, trail, "a reference to a secret", problems, f"write {SCHEMES[self.schemes[0]]}")
            return None
        try:
            reference = SecretRef.parse(node.text)
        except Misconfigured as error:
            problems.append(Problem(f"{trail}: {error.message}", node.place, error.hint))
            return None
        if "\0" in node.text:
            problems.append(Problem(f"{trail} must not hold the character NUL", node.place))
            return None
        if reference.scheme not in self.schemes:
            hints = " or ".join(SCHEMES[each] for each in self.schemes)
            problems.append(Problem(f"{trail}: this kind of reference cannot stand here", node.place, f"write {hints}"))
            return None
        return reference

    def json_schema(self) -> Json:
        """Return a string that begins with a known scheme."""
        keyed = "|".join(sorted(KEYED & set(self.schemes)))
        others = "|".join(sorted(set(self.schemes) - KEYED))
        file = rf"(?:{keyed}):[^#\x00]+#[^\x00]+"
        pattern = rf"^(?:{file}|(?:{others}):[^#\x00]+(?:#[^\x00]*)?)$" if others else f"^{file}$"
        return {"type": "string", "pattern": pattern, "description": self.description}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    description: str
    words: tuple[str, ...]

    def read(self, node: Node, trail: str, problems: list[Problem]) -> str | None:
        """Return the word."""
        if isinstance(node, Scalar) and node.type == "text" and node.text in self.words:
            return node.text
        hint = nearest(node.text, self.words) if isinstance(node, Scalar) else ""
        problems.append(Problem(f"{trail} must be one of {', '.join(self.words)}", node.place, hint))
        return None

    def json_schema(self) -> Json:
        """Return an enumeration."""
        return {"enum": list(self.words), "description": self.description}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    description: str

    def read(self, node: Node, trail: str, problems: list[Problem]) -> bool | None:
        """Return the boolean."""
        if not isinstance(node, Scalar) or node.type != "boolean":
            expected(node, trail, "true or false", problems)
            return None
        return node.text.lower() == "true"

    def json_schema(self) -> Json:
        """Return a boolean."""
        return {"type": "boolean", "description": self.description}


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds, both included."""

    description: str
    minimum: float
    maximum: float
    whole: bool = False

    def read(self, node: Node, trail: str, problems: list[Problem]) -> float | None:
        """Return the number."""
        what = "a whole number" if self.whole else "a number"
        if not isinstance(node, Scalar) or node.type != "number":
            expected(node, trail, what, problems)
            return None
        value = _float(node.text)
        if not self.minimum <= value <= self.maximum or (self.whole and not value.is_integer()):
            message = f"{trail} must be {what} from {self.minimum:.10g} to {self.maximum:.10g}"
            problems.append(Problem(message, node.place))
            return None
        return int(value) if self.whole else value

    def json_schema(self) -> Json:
        """Return a bounded number."""
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.minimum, "maximum": self.maximum, "description": self.description}


def _float(text: str) -> float:
    if text.startswith(("0o", "0x")):
        # No bound below needs more digits; int() of very long ones is slow.
        return float(int(text, 0)) if len(text) <= _MOST_DIGITS else float("inf")
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, without doubles where it is ``unique``."""

    description: str
    item: Kind
    unique: bool = True

    def read(self, node: Node, trail: str, problems: list[Problem]) -> tuple[str, ...] | None:
        """Return the items that are right."""
        if not isinstance(node, tree.Sequence):
            expected(node, trail, "a list", problems, "write [one, two]")
            return None
        values: list[str] = []
        for index, item in enumerate(node.items):
            value = self.item.read(item, f"{trail}[{index}]", problems)
            if self.unique and value in values:
                problems.append(Problem(f"{trail}[{index}] is in the list already", item.place))
            elif value is not None:
                values.append(value)
        return tuple(values)

    def json_schema(self) -> Json:
        """Return an array."""
        return {
            "type": "array",
            "items": self.item.json_schema(),
            "uniqueItems": self.unique,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map with keys of the user's own."""

    description: str
    key: Text
    value: Kind
    shown: bool = True
    """Whether messages may name the keys; where secrets are kept, people paste values as keys."""
    nulls: bool = True
    """Whether null stands for an entry that is not there."""

    def read(self, node: Node, trail: str, problems: list[Problem]) -> dict[str, Any] | None:
        """Return the entries that are right; null ones are left out."""
        if not isinstance(node, tree.Mapping):
            expected(node, trail, "a map", problems, "write KEY: value, one on a line, indented")
            return None
        values: dict[str, Any] = {}
        for key, item in node.entries.items():
            name = f'"{key}"' if self.shown else "this key"
            if self.key.match(key, node.keys[key], f"{trail}: {name}", problems) is None:
                continue
            if self.nulls and tree.is_null(item):
                continue
            value = self.value.read(item, f"{trail}.{key}", problems)
            if value is not None:
                values[key] = value
        return values

    def json_schema(self) -> Json:
        """Return an object with a pattern for its keys."""
        value = self.value.json_schema()
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{self.key.pattern})$"},
            "additionalProperties": nullable(value) if self.nulls else value,
            "description": self.description,
        }

    def child(self, key: str) -> Kind:
        """Return the kind of the entry ``key``."""
        return self.value


@dataclass(frozen=True, slots=True)
class Table:
    """A map with known keys. Of the keys in ``exclusive`` at most one may be given; with ``one_of``, one has to be."""

    description: str
    fields: Mapping[str, Kind]
    required: frozenset[str] = frozenset()
    exclusive: tuple[str, ...] = field(default=())
    one_of: bool = False

    def read(self, node: Node, trail: str, problems: list[Problem]) -> dict[str, Any] | None:
        """Return the entries that are right."""
        if not isinstance(node, tree.Mapping):
            expected(node, trail or "the file", "a map", problems, f"its keys: {', '.join(self.fields)}")
            return None
        prefix = f"{trail}." if trail else ""
        values: dict[str, Any] = {}
        for key, item in node.entries.items():
            kind = self.fields.get(key)
            if kind is None:
                message = f'{trail}: unknown key "{key}"' if trail else f'unknown key "{key}"'
                problems.append(Problem(message, node.keys[key], nearest(key, self.fields)))
            elif not tree.is_null(item):
                value = kind.read(item, prefix + key, problems)
                if value is not None:
                    values[key] = value
        self._relations(node, trail, problems)
        return values

    def _relations(self, node: tree.Mapping, trail: str, problems: list[Problem]) -> None:
        missing = [key for key in sorted(self.required) if tree.is_null(node.entries.get(key))]
        subject = trail or "the file"
        problems.extend(Problem(f'{subject} lacks the key "{key}"', node.place, f"add `{key}:`") for key in missing)
        given = [key for key in self.exclusive if not tree.is_null(node.entries.get(key))]
        if len(given) > 1:
            message = f"{trail} gives {' and '.join(given)}, of which only one can be"
            problems.append(Problem(message, node.keys[given[1]], "remove the others"))
        if self.one_of and not given:
            message = f"{subject} says not what it is: one of {', '.join(self.exclusive)}"
            problems.append(Problem(message, node.place, f"add `{self.exclusive[0]}:`"))

    def json_schema(self) -> Json:
        """Return an object that allows no other keys."""
        properties = {
            key: kind.json_schema() if key in self.required else nullable(kind.json_schema())
            for key, kind in self.fields.items()
        }
        schema: Json = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            "description": self.description,
        }
        if self.required:
            schema["required"] = sorted(self.required)
        if self.exclusive:
            given = {"not": {"type": "null"}}
            pairs = itertools.combinations(self.exclusive, 2)
            # Without its type the rule would hold for null, too: `required` says nothing about what is no object.
            both = [
                {"type": "object", "required": list(pair), "properties": dict.fromkeys(pair, given)} for pair in pairs
            ]
            schema["not"] = {"anyOf": both}
            if self.one_of:
                schema["anyOf"] = [{"required": [key], "properties": {key: given}} for key in self.exclusive]
        return schema

    def child(self, key: str) -> Kind | None:
        """Return the kind of the entry ``key``."""
        return self.fields.get(key)


@dataclass(frozen=True, slots=True)
class WordOr:
    """A certain word, or a table."""

    word: str
    table: Table

    @property
    def description(self) -> str:
        """Return what the value means."""
        return self.table.description

    def read(self, node: Node, trail: str, problems: list[Problem]) -> str | dict[str, Any] | None:
        """Return the word or the table's value."""
        if isinstance(node, tree.Mapping):
            return self.table.read(node, trail, problems)
        if isinstance(node, Scalar) and node.type == "text" and node.text == self.word:
            return self.word
        expected(node, trail, f'"{self.word}" or a map', problems, f"its keys: {', '.join(self.table.fields)}")
        return None

    def json_schema(self) -> Json:
        """Return either."""
        return {"anyOf": [{"const": self.word}, self.table.json_schema()], "description": self.description}

    def child(self, key: str) -> Kind | None:
        """Return the kind of the table's entry ``key``."""
        return self.table.child(key)


def nullable(schema: Json) -> Json:
    """Return ``schema`` that also allows null: a later layer's way to say "not given"."""
    if isinstance(kind := schema.get("type"), str):
        return {**schema, "type": [kind, "null"]}
    if isinstance(kind, list):
        return {**schema, "type": [*kind, "null"]}
    description = {"description": schema["description"]}
    return {"anyOf": [{k: v for k, v in schema.items() if k != "description"}, {"type": "null"}], **description}
