"""JSON with comments and trailing commas, parsed for real (tree-sitter), with the place of every key and value.

Comments are told from text by the grammar: ``"host/*"`` opens none. https://code.visualstudio.com/docs/languages/json
What is no JSON is passed over, so that the rest of the file still tells what it holds.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import tree_sitter_json
from tree_sitter import Language, Node, Parser

from chittyops.capabilities.discovery.model.places import Document, Duplicate, Keys, MalformedError, Places, Text

MAX_DEPTH: Final = 200
_PARSER: Final = Parser(Language(tree_sitter_json.language()))
_PLUS: Final = re.compile(rb"(?<=[0-9][eE])\+(?=[0-9])")
_WORDS: Final = {"true": True, "false": False, "null": None}
_CLOSING: Final = {"object": "}", "array": "]"}


def parse(text: str) -> Document:
    """Return the document in ``text``. Raises MalformedError with the place of the first thing that is no JSON."""
    return _Reader(Text(text)).document()


class _Reader:
    def __init__(self, text: Text) -> None:
        self._text = text
        self._data = text.data
        self._keys: dict[Keys, int] = {}
        self._values: dict[Keys, int] = {}
        self._duplicates: list[tuple[str, int, int]] = []
        self._error: tuple[str, int] | None = None

    def document(self) -> Document:
        # The grammar knows no plus sign in exponents (1e+9); a digit in its place moves nothing.
        root = _PARSER.parse(_PLUS.sub(b"0", self._data)).root_node
        values = [child for child in root.children if child.type != "comment"]
        if not values:
            raise MalformedError("the file is empty", (1, 1))
        whole = next((child for child in values if child.type in _CLOSING), None)
        if values[0].type == "ERROR" and any(child.type == "pair" for child in (*values, *values[0].children)):
            # An object that is never closed, or opened: what is in it stands there bare.
            self._fail("a bracket is opened here and never closed", values[0])
            value: Any = self._object([*values[0].children, *values[1:]], ())
        elif values[0].type == "ERROR" and whole is not None:
            self._fail("a JSON value is expected here", values[0])
            value = self._value(whole, ())
        else:
            value = self._value(values[0], ())
            if len(values) > 1:
                self._fail("there is more after the end of the JSON value", values[1])
        return self._made(value)

    def _made(self, value: Any) -> Document:
        position = self._text.position
        duplicates = tuple(Duplicate(key, position(again), position(first)) for key, again, first in self._duplicates)
        found = Document(value, Places(self._text, self._keys), duplicates, Places(self._text, self._values))
        if self._error is not None:
            message, offset = self._error
            raise MalformedError(message, position(offset), found)
        return found

    def _fail(self, message: str, node: Node) -> None:
        """Note what is wrong, where it stands before all that was found wrong so far."""
        if self._error is None or node.start_byte < self._error[1]:
            self._error = (message, node.start_byte)

    def _value(self, node: Node, keys: Keys) -> Any:
        self._keys.setdefault(keys, node.start_byte)
        self._values[keys] = node.start_byte
        if len(keys) > MAX_DEPTH:
            self._fail(f"the file is nested more than {MAX_DEPTH} levels deep", node)
            return None
        if node.type in _CLOSING and not node.is_missing:
            children = self._inner(node)
            if node.type == "object":
                return self._object(children, keys)
            return [self._value(item, (*keys, index)) for index, item in enumerate(self._items(children))]
        return self._scalar(node)

    def _scalar(self, node: Node) -> Any:
        kind = node.type
        if kind in _WORDS:
            return _WORDS[kind]
        if kind in {"string", "number"} and not node.is_missing:
            source = self._data[node.start_byte : node.end_byte]
            if kind == "string" and b"\\" not in source:
                return source[1:-1].decode("utf-8", "replace")
            try:
                return json.loads(source.decode("utf-8", "replace"), strict=False)
            except ValueError:
                self._fail(f"this {kind} is not valid JSON", node)
                return None
        self._fail("a JSON value is expected here", node)
        return None

    def _inner(self, node: Node) -> list[Node]:
        children = node.children
        if children[-1].is_missing:
            self._fail("a bracket is opened here and never closed", node)
        return children[1:-1]

    def _object(self, children: list[Node], keys: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for pair in self._items(children):
            parts = [child for child in pair.children if child.type != "comment"] if pair.type == "pair" else []
            if len(parts) != 3 or parts[1].type != ":" or parts[0].type != "string":  # noqa: PLR2004
                self._fail('a "key": value is expected here', pair)
                continue
            name = self._scalar(parts[0])
            if name is not None:
                at = (*keys, name)
                if name in found:
                    self._duplicates.append((name, parts[0].start_byte, self._keys[at]))
                self._keys[at] = parts[0].start_byte
                found[name] = self._value(parts[2], at)
        return found

    def _items(self, children: list[Node]) -> list[Node]:
        """Return the values or pairs of a collection; one comma after the last of them is passed over."""
        children = [child for child in children if child.type != "comment"]
        items: list[Node] = []
        for child in children:
            last = child is children[-1]
            if child.type in {",", "{", "["}:
                continue
            if items and last and (child.is_missing or self._data[child.start_byte : child.end_byte] == b","):
                continue
            if child.is_error or child.is_missing:
                self._fail("this is not valid JSON", child)
            else:
                items.append(child)
        return items
