"""Plain data that still knows where in its file each key and value stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

Keys = tuple[str | int, ...]
Position = tuple[int, int]
"""Line and column, both from 1, counted in characters."""

_LONE_RETURN: Final = re.compile(rb"\r(?!\n)")
_LINE_END: Final = re.compile(rb"\n")


class Text:
    """The text of a file as the bytes that parsers take, and the way back from a byte to its line and column."""

    def __init__(self, text: str) -> None:
        # A lone surrogate cannot be encoded. A lone carriage return ends a line, as editors show it.
        encoded = text.removeprefix("\ufeff").encode("utf-8", "replace")
        self.data = _LONE_RETURN.sub(b"\n", encoded) if b"\r" in encoded else encoded

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END.finditer(self.data))]

    def position(self, offset: int) -> Position:
        """Return the line and column of the byte at ``offset``."""
        line = bisect_right(self._starts, offset)
        return line, len(self.data[self._starts[line - 1] : offset].decode("utf-8", "replace")) + 1


class Places(Mapping[Keys, Position]):
    """Positions kept as offsets, and counted out only for those that are asked for."""

    def __init__(self, text: Text, offsets: dict[Keys, int]) -> None:
        self._text = text
        self._offsets = offsets

    def __getitem__(self, keys: Keys) -> Position:
        """Return the position at ``keys``. Raises KeyError."""
        return self._text.position(self._offsets[keys])

    def __iter__(self) -> Iterator[Keys]:
        """Yield the keys in the order of the file."""
        return iter(self._offsets)

    def __len__(self) -> int:
        """Return how many positions there are."""
        return len(self._offsets)

    def __contains__(self, keys: object) -> bool:
        """Return whether the position at ``keys`` is known."""
        return keys in self._offsets


class Duplicate(NamedTuple):
    """A key that is given a second time in one map."""

    key: str
    position: Position
    first: Position


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, with the position of each key (of each value, in lists), of each value, and keys given twice."""

    data: Any
    positions: Mapping[Keys, Position] = field(default_factory=dict)
    duplicates: tuple[Duplicate, ...] = ()
    values: Mapping[Keys, Position] = field(default_factory=dict)

    def position(self, *keys: str | int) -> Position:
        """Return where the key at ``keys`` stands, or the next thing around it whose place is known."""
        while keys and keys not in self.positions:
            keys = keys[:-1]
        return self.positions.get(keys, (1, 1))

    def line(self, *keys: str | int) -> int:
        """Return the line of ``position``."""
        return self.position(*keys)[0]

    def value_position(self, *keys: str | int) -> Position:
        """Return where the value at ``keys`` begins; where that is unknown, where its key stands."""
        return self.values[keys] if keys in self.values else self.position(*keys)

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
            elif isinstance(found, list) and isinstance(key, int) and 0 <= key < len(found):
                found = found[key]
            else:
                return None
        return found


class MalformedError(ValueError):
    """A file that is not what its name says; a finding is made of it, never an error for the user.

    ``partial`` is what could be read all the same.
    """

    def __init__(self, message: str, position: Position, partial: Document | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.partial = partial or Document(None)
