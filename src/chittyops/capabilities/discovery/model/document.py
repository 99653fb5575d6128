"""Configuration read into plain data that still knows where each value stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Keys = tuple[str | int, ...]
Position = tuple[int, int]

_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")
_TOML_TABLE = re.compile(r"\s*(\[\[?)\s*([^\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_TOML_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=""")
_MOST_YAML_VALUES = 50_000
_MOST_YAML_DEPTH = 50


class MalformedError(ValueError):
    """A file that is not what its name says; a finding is made of it, never an error for the user."""

    def __init__(self, message: str, position: Position) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data; the line and column (from 1) of its values; keys given twice and where."""

    data: Any
    positions: Mapping[Keys, Position] = field(default_factory=dict)
    duplicates: tuple[tuple[str, Position], ...] = ()

    def position(self, *keys: str | int) -> Position:
        """Return where the value at ``keys`` stands, or the next value around it whose place is known."""
        while keys and keys not in self.positions:
            keys = keys[:-1]
        return self.positions.get(keys, (1, 1))

    def line(self, *keys: str | int) -> int:
        """Return the line of ``position``."""
        return self.position(*keys)[0]

    def table(self, *keys: str | int) -> dict[str, Any]:
        """Return the map at ``keys``, or an empty one where there is none."""
        found = self.at(*keys)
        return found if isinstance(found, dict) else {}

    def rows(self, *keys: str | int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the maps in the list at ``keys`` with their index in it."""
        found = self.at(*keys)
        for index, row in enumerate(found if isinstance(found, list) else ()):
            if isinstance(row, dict):
                yield index, row

    def text(self, *keys: str | int) -> str:
        """Return the text at ``keys``, or "" where there is none."""
        found = self.at(*keys)
        return found if isinstance(found, str) else ""

    def at(self, *keys: str | int) -> Any:
        """Return the value at ``keys``, or None."""
        found = self.data
        for key in keys:
            if isinstance(found, dict):
                found = found.get(key)
            elif isinstance(found, list) and isinstance(key, int) and key < len(found):
                found = found[key]
            else:
                return None
        return found


def parse_toml(text: str) -> Document:
    """Return the TOML document in ``text``. Raises MalformedError."""
    try:
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        last = (text.count("\n") + 1, 1)
        position = (int(place[1]), int(place[2])) if place and place[1] else last
        raise MalformedError(f"not valid TOML: {_TOML_PLACE.sub('', message)}", position) from None
    except RecursionError:
        raise MalformedError("not valid TOML: nested too deeply", (1, 1)) from None
    return Document(data, dict(_toml_positions(text)))


def _toml_positions(text: str) -> Iterator[tuple[Keys, Position]]:
    """Yield the places of tables and of the keys that begin a line: enough to point at, and cheap."""
    table: Keys = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        column = len(line) - len(line.lstrip()) + 1
        if header := _TOML_TABLE.match(line):
            name = header[2].replace(" ", "")
            table = tuple(name.split("."))
            if header[1] == "[[":
                table = (*table, counts.setdefault(name, 0))
                counts[name] += 1
            yield table, (number, column)
        elif key := _TOML_KEY.match(line):
            yield (*table, *key[1].strip("\"'").split(".")), (number, column)


def parse_yaml(text: str) -> Document:
    """Return the first YAML document in ``text``: maps, lists and texts. Raises MalformedError."""
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MOST_YAML_DEPTH:
                raise MalformedError("the YAML is nested too deeply", (1, 1))
        documents = yaml.compose_all(text, Loader=yaml.CSafeLoader)
        reader = _YamlReader()
        return Document(reader.value(next(iter(documents), None), ()), reader.positions)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        position = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise MalformedError(f"not valid YAML: {problem}", position) from None


class _YamlReader:
    """Turns nodes into plain data; aliases and merge keys are followed, up to a number of values."""

    def __init__(self) -> None:
        self.positions: dict[Keys, Position] = {}
        self._count = 0

    def value(self, node: yaml.Node | None, keys: Keys) -> Any:
        if node is None:
            return None
        self._count += 1
        if self._count > _MOST_YAML_VALUES or len(keys) > 2 * _MOST_YAML_DEPTH:
            raise MalformedError("the YAML expands to too many values", (1, 1))
        self.positions.setdefault(keys, _position(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, keys)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*keys, index)) for index, item in enumerate(node.value)]
        return node.value

    def _mapping(self, node: yaml.MappingNode, keys: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name == "<<":
                merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for each in merged:
                    inherited = self.value(each, keys)
                    found = {**inherited, **found} if isinstance(inherited, dict) else found
                continue
            self.positions[*keys, name] = _position(key)
            found[name] = self.value(value, (*keys, name))
        return found


def _position(node: yaml.Node) -> Position:
    mark = node.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
