"""YAML read from the parser's events: maps, lists and texts, with the place of every key and value.

Scalars stay text: whether ``on`` or ``1.10`` mean something else is for those who read them to say. Aliases share
what they stand for, so that no file grows beyond its size, and merge keys are followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from chittyops.capabilities.discovery.model.places import Document, Duplicate, Keys, MalformedError, Position

_MOST_VALUES: Final = 50_000
_MOST_DEPTH: Final = 50
_NO_LINE_ENDS: Final = {0x85: " ", 0x2028: " ", 0x2029: " "}
"""YAML 1.1 ends a line at these; nothing that shows line numbers does."""


def parse(text: str) -> Document:
    """Return the first YAML document in ``text``. Raises MalformedError."""
    text = text.removeprefix("\ufeff").translate(_NO_LINE_ENDS).encode("utf-8", "replace").decode("utf-8")
    try:
        return _Reader(yaml.parse(text, Loader=yaml.CSafeLoader)).document()
    except yaml.reader.ReaderError:
        odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
        raise MalformedError("not valid YAML: a control character", _place(text, odd.start() if odd else 0)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        position = min((mark.line + 1, mark.column + 1), _place(text, len(text.rstrip("\r\n")))) if mark else (1, 1)
        raise MalformedError(f"not valid YAML: {problem}", position) from None


def _place(text: str, index: int) -> Position:
    before = re.split(r"\r\n?|\n", text[:index])
    return len(before), len(before[-1]) + 1


class _Reader:
    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._keys: dict[Keys, Position] = {}
        self._values: dict[Keys, Position] = {}
        self._duplicates: list[Duplicate] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def document(self) -> Document:
        data: Any = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                data = self._value(next(self._events), ())
                break
        for _ in self._events:
            pass  # whatever follows is no part of the document, and must be YAML nevertheless
        return Document(data, self._keys, tuple(self._duplicates), self._values)

    def _value(self, event: Any, keys: Keys) -> Any:
        mark = event.start_mark
        position = (mark.line + 1, mark.column + 1)
        self._keys.setdefault(keys, position)
        self._values[keys] = position
        self._count += 1
        before = self._count
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise MalformedError(f"not valid YAML: *{event.anchor} stands for nothing", position)
            found, size = self._anchors[event.anchor]
            self._count += size
        elif isinstance(event, yaml.ScalarEvent):
            found = event.value
        elif len(keys) >= _MOST_DEPTH:
            raise MalformedError("the YAML is nested too deeply", position)
        elif isinstance(event, yaml.SequenceStartEvent):
            found = self._sequence(keys)
        else:
            found = self._mapping(keys)
        if self._count > _MOST_VALUES:
            raise MalformedError("the YAML expands to too many values", position)
        anchor = getattr(event, "anchor", None)
        if anchor and not isinstance(event, yaml.AliasEvent):
            self._anchors[anchor] = (found, self._count - before)
        return found

    def _sequence(self, keys: Keys) -> list[Any]:
        found: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            found.append(self._value(event, (*keys, len(found))))
        return found

    def _mapping(self, keys: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            mark = event.start_mark
            position = (mark.line + 1, mark.column + 1)
            plain = isinstance(event, yaml.ScalarEvent)
            # A key that is a map or a list has no name of its own; its own text serves.
            name = event.value if plain else str(self._value(event, (*keys, "?")))
            at = (*keys, name)
            if plain and not event.style and name == "<<":
                merged = {**self._inherited(self._value(next(self._events), at)), **merged}
                continue
            if name in found:
                self._duplicates.append(Duplicate(name, position, self._keys[at]))
            self._keys[at] = position
            found[name] = self._value(next(self._events), at)
        return {**merged, **found}

    @staticmethod
    def _inherited(value: Any) -> dict[str, Any]:
        """Return what a merge key brings in: a map, or a list of maps of which the first counts most."""
        found: dict[str, Any] = {}
        for each in value if isinstance(value, list) else [value]:
            found = {**each, **found} if isinstance(each, dict) else found
        return found
