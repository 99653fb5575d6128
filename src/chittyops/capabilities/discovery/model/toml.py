"""TOML with the place of every key and value.

The standard library says what a valid file holds; the syntax tree (tree-sitter) says where it stands, and what can be
read of a file that is not valid. A table that is defined twice makes a file invalid, and is the commonest mistake in
those written by hand: such a file is read as what its author meant, with the duplicates named.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from chittyops.capabilities.discovery.model.places import (
    Document,
    Duplicate,
    Keys,
    MalformedError,
    Places,
    Position,
    Text,
)

_PARSER: Final = Parser(Language(tree_sitter_toml.language()))
_MAX_DEPTH: Final = 100
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")
_TABLES: Final = ("table", "table_array_element")
_KEYS: Final = ("bare_key", "quoted_key", "dotted_key")
_PLAIN: Final = re.compile(rb"\"[^\"\\]*\"|'[^']*'")


def parse(text: str) -> Document:
    """Return the TOML document in ``text``. Raises MalformedError, which holds what could be read all the same."""
    source = Text(text)
    data, error = _valid(source)
    reader = _Reader(source)
    try:
        reader.read()
    except _TooDeepError as deep:
        raise MalformedError("not valid TOML: nested too deeply", source.position(deep.offset)) from None
    found = reader.document(reader.data if error else data)
    if error and (not found.duplicates or reader.broken):
        raise MalformedError(*error, found)
    return found


def _valid(source: Text) -> tuple[dict[str, Any], tuple[str, Position] | None]:
    """Return the data of a valid file, or what makes it invalid."""
    text = source.data.decode("utf-8", "replace")
    try:
        return tomllib.loads(text), None
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(message := str(error))
        position = (int(place[1]), int(place[2])) if place and place[1] else source.position(len(source.data.rstrip()))
        return {}, (f"not valid TOML: {_PLACE.sub('', message)}", position)
    except RecursionError:
        return {}, ("not valid TOML: nested too deeply", (1, 1))


class _TooDeepError(Exception):
    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class _Reader:
    def __init__(self, text: Text) -> None:
        self._text = text
        self.data: dict[str, Any] = {}
        self.broken = False
        self._keys: dict[Keys, int] = {(): 0}
        self._values: dict[Keys, int] = {(): 0}
        self._headers: dict[Keys, int] = {}
        self._duplicates: list[tuple[str, int, int]] = []

    def document(self, data: dict[str, Any]) -> Document:
        position = self._text.position
        duplicates = tuple(Duplicate(key, position(again), position(first)) for key, again, first in self._duplicates)
        return Document(data, Places(self._text, self._keys), duplicates, Places(self._text, self._values))

    def read(self) -> None:
        root = _PARSER.parse(self._text.data).root_node
        self.broken = root.has_error
        table: Keys = ()
        for node in root.children:
            if node.type == "pair":
                # Pairs stand outside of their table only where something between them could not be parsed.
                self._pair(node, table, quiet=False)
            elif node.type in _TABLES:
                table = self._table(node)

    def _table(self, node: Node) -> Keys:
        name = next((child for child in node.children if child.type in _KEYS), None)
        if name is None:
            return ()
        parts = self._path(name)
        at, again = self._open(parts, node.start_byte, row=node.type == "table_array_element")
        for child in node.children:
            if child.type == "pair":
                self._pair(child, at, quiet=again)
        return at

    def _open(self, parts: list[str], offset: int, *, row: bool) -> tuple[Keys, bool]:
        """Return the keys of the table that a header opens, and whether it had been opened before."""
        at, found = self._descend((), parts[:-1], offset)
        last = parts[-1]
        at = (*at, last)
        if row:
            rows = found.setdefault(last, [])
            if not isinstance(rows, list) or (rows and at not in self._headers):
                self._duplicates.append((".".join(parts), offset, self._keys.get(at, offset)))
                rows = found[last] = [rows] if isinstance(rows, dict) else rows if isinstance(rows, list) else []
            self._place(at, offset)
            self._headers.setdefault(at, offset)
            rows.append({})
            at = (*at, len(rows) - 1)
        elif again := at in self._headers or not isinstance(found.get(last, {}), dict):
            self._duplicates.append((".".join(parts), offset, self._headers.get(at, self._keys.get(at, offset))))
            if not isinstance(found.get(last), dict):
                at, _ = self._descend(at[:-1], [last], offset)
            return at, again
        else:
            found.setdefault(last, {})
        self._headers[at] = offset
        self._keys[at] = self._values[at] = offset
        return at, False

    def _descend(self, at: Keys, parts: list[str], offset: int) -> tuple[Keys, dict[str, Any]]:
        """Return the table at ``parts`` below ``at``; of an array of tables, the last one."""
        found = self._at(at)
        for part in parts:
            at = (*at, part)
            self._place(at, offset)
            below = found.setdefault(part, {})
            if isinstance(below, list) and below and isinstance(below[-1], dict):
                at = (*at, len(below) - 1)
                below = below[-1]
            elif not isinstance(below, dict):
                below = found[part] = {}
            found = below
        return at, found

    def _at(self, keys: Keys) -> dict[str, Any]:
        found: Any = self.data
        for key in keys:
            found = found[key]
        return found if isinstance(found, dict) else {}

    def _place(self, at: Keys, offset: int) -> None:
        self._keys.setdefault(at, offset)
        self._values.setdefault(at, offset)

    def _pair(self, node: Node, table: Keys, *, quiet: bool) -> None:
        key, value = self._sides(node)
        if key is None or value is None:
            return
        parts = self._path(key)
        at, found = self._descend(table, parts[:-1], key.start_byte)
        name = parts[-1]
        at = (*at, name)
        if name in found and not quiet:
            self._duplicates.append((name, key.start_byte, self._keys[at]))
        self._keys[at] = key.start_byte
        found[name] = self._value(value, at)

    def _sides(self, node: Node) -> tuple[Node | None, Node | None]:
        named = [child for child in node.named_children if child.type not in {"comment", "ERROR"}]
        whole = len(named) > 1 and named[0].type in _KEYS
        return (named[0], named[-1]) if whole else (None, None)

    def _value(self, node: Node, keys: Keys) -> Any:
        self._keys.setdefault(keys, node.start_byte)
        self._values[keys] = node.start_byte
        if len(keys) > _MAX_DEPTH:
            raise _TooDeepError(node.start_byte)
        if node.type == "array":
            items = (child for child in node.named_children if child.type not in {"comment", "ERROR"})
            return [self._value(item, (*keys, index)) for index, item in enumerate(items)]
        if node.type == "inline_table":
            return self._inline(node, keys)
        return _scalar(self._text.data[node.start_byte : node.end_byte])

    def _inline(self, node: Node, keys: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for pair in node.named_children:
            key, value = self._sides(pair) if pair.type == "pair" else (None, None)
            if key is None or value is None:
                continue
            inner, at = found, keys
            *parents, name = self._path(key)
            for part in parents:
                at = (*at, part)
                self._place(at, key.start_byte)
                below = inner.setdefault(part, {})
                inner = below if isinstance(below, dict) else {}
            at = (*at, name)
            if name in inner:
                self._duplicates.append((name, key.start_byte, self._keys[at]))
            self._keys[at] = key.start_byte
            inner[name] = self._value(value, at)
        return found

    def _path(self, node: Node) -> list[str]:
        """Return the parts of a key: ``a."b.c"`` has two."""
        return [_key(part) for part in self._leaves(node)]

    def _leaves(self, node: Node) -> Iterator[bytes]:
        parts: list[bytes] = []
        while node.type == "dotted_key":
            *rest, last = (child for child in node.children if child.type in _KEYS)
            parts.append(self._text.data[last.start_byte : last.end_byte])
            if len(parts) > _MAX_DEPTH or not rest:
                raise _TooDeepError(node.start_byte)
            node = rest[0]
        parts.append(self._text.data[node.start_byte : node.end_byte])
        return reversed(parts)


def _key(source: bytes) -> str:
    return str(_scalar(source)) if source[:1] in {b'"', b"'"} else source.decode("utf-8", "replace")


def _scalar(source: bytes) -> Any:
    """Return the value written as ``source``; the text itself where it is none."""
    if _PLAIN.fullmatch(source):
        return source[1:-1].decode("utf-8", "replace")
    text = source.decode("utf-8", "replace")
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
