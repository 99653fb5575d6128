"""JSON with comments and trailing commas, parsed for real (tree-sitter), with the place of every value.

Comments are told from text by the grammar: ``"host/*"`` opens none. https://code.visualstudio.com/docs/languages/json
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import tree_sitter_json
from tree_sitter import Language, Node, Parser

from chittyops.capabilities.discovery.model.document import Document, Keys, MalformedError, Position

MAX_DEPTH: Final = 200
_PARSER: Final = Parser(Language(tree_sitter_json.language()))
_PLUS: Final = re.compile(rb"(?<=[0-9][eE])\+(?=[0-9])")
_WORDS: Final = {"true": True, "false": False, "null": None}


def parse(text: str) -> Document:
    """Return the document in ``text``. Raises MalformedError with the place of the first thing that is no JSON."""
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        # A lone surrogate cannot be encoded, and is no JSON either.
        self._source = text.encode("utf-8", "replace")
        self._positions: dict[Keys, Position] = {}
        self._duplicates: list[tuple[str, Position]] = []

    def document(self) -> Document:
        # The grammar knows no plus sign in exponents (1e+9); a digit in its place moves nothing.
        root = _PARSER.parse(_PLUS.sub(b"0", self._source)).root_node
        values = [child for child in root.children if child.type != "comment"]
        if not values:
            raise MalformedError("the file is empty", (1, 1))
        value = self._value(values[0], ())
        if len(values) > 1:
            raise MalformedError("there is more after the end of the JSON value", self._position(values[1]))
        return Document(value, self._positions, tuple(self._duplicates))

    def _position(self, node: Node) -> Position:
        start = self._source.rfind(b"\n", 0, node.start_byte) + 1
        return node.start_point.row + 1, len(self._source[start : node.start_byte].decode("utf-8", "replace")) + 1

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _value(self, node: Node, keys: Keys) -> Any:
        position = self._position(node)
        self._positions.setdefault(keys, position)
        if len(keys) > MAX_DEPTH:
            raise MalformedError(f"the file is nested more than {MAX_DEPTH} levels deep", position)
        if node.type == "object" and not node.is_missing:
            return self._object(node, keys)
        if node.type == "array" and not node.is_missing:
            return [self._value(item, (*keys, index)) for index, item in enumerate(self._items(node))]
        return self._scalar(node, position)

    def _scalar(self, node: Node, position: Position) -> Any:
        if node.type in _WORDS:
            return _WORDS[node.type]
        if node.type in {"string", "number"} and not node.is_missing:
            try:
                return json.loads(self._text(node), strict=False)
            except ValueError:
                raise MalformedError(f"this {node.type} is not valid JSON", position) from None
        raise MalformedError("a JSON value is expected here", position)

    def _object(self, node: Node, keys: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for pair in self._items(node):
            key_node, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key_node is None or value is None or any(child.is_error for child in pair.children):
                raise MalformedError('a "key": value is expected here', self._position(pair))
            key = self._scalar(key_node, self._position(key_node))
            if key in found:
                self._duplicates.append((str(key), self._position(key_node)))
            self._positions[*keys, str(key)] = self._position(key_node)
            found[str(key)] = self._value(value, (*keys, str(key)))
        return found

    def _items(self, node: Node) -> list[Node]:
        """Return the values or pairs of a collection; one comma after the last of them is passed over."""
        children = [child for child in node.children if child.type != "comment"]
        if children[-1].is_missing:
            raise MalformedError("a bracket is opened here and never closed", self._position(node))
        items: list[Node] = []
        for child in children[1:-1]:
            last = child is children[-2]
            if child.type == "," or (items and last and (child.is_missing or self._text(child) == ",")):
                continue
            if child.is_error or child.is_missing:
                raise MalformedError("this is not valid JSON", self._position(child))
            items.append(child)
        return items
