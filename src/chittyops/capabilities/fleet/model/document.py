"""YAML read into a tree in which everything knows its place.

Nothing is constructed from tags, aliases are bounded, and merge keys are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import yaml

from chittyops.kernel.errors import Misconfigured, Place, Problem
from chittyops.kernel.tree import Mapping, Node, Scalar, Sequence, is_null

MAX_BYTES: Final = 4 << 20
MAX_NODES: Final = 300_000
MAX_DEPTH: Final = 40

_CONFLICT = re.compile(rb"^(<{7}|>{7})( |\r?$)", re.MULTILINE)
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_COLLECTION_TAGS = frozenset({None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


def parse(data: bytes, path: str) -> tuple[Mapping, tuple[Problem, ...]]:
    """Return the map that ``data`` holds, and what can be complained about without giving up.

    Raises Misconfigured, with its place in ``path``, for what is no YAML map at all.
    """
    text = _decode(data, path)
    builder = _Builder(path)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.feed(event)
    except yaml.YAMLError as error:
        raise _syntax(error, text.encode(), path) from None
    return builder.document(), tuple(builder.problems)


def _decode(data: bytes, path: str) -> str:
    if len(data) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES >> 20} MiB"
        raise Misconfigured(message, place=Place(path), hint="move parts of it into the services' own chittyops.yaml")
    if conflict := _CONFLICT.search(data):
        message = "the file holds an unresolved merge conflict"
        raise Misconfigured(message, place=_at(data, conflict.start(), path), hint="resolve it, then try again")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = "the file is not valid UTF-8"
        raise Misconfigured(message, place=_at(data, error.start, path), hint="save it as UTF-8") from None


def _at(data: bytes, offset: int, path: str) -> Place:
    line_start = data.rfind(b"\n", 0, offset) + 1
    column = len(data[line_start:offset].decode("utf-8", "replace")) + 1
    return Place(path, data.count(b"\n", 0, offset) + 1, column)


def _syntax(error: yaml.YAMLError, data: bytes, path: str) -> Misconfigured:
    """Say where the YAML breaks, without the text around it: that may be a secret."""
    if isinstance(error, yaml.reader.ReaderError):
        place = _at(data, error.position, path)
        return Misconfigured("the file holds a control character", place=place, hint="remove it")
    mark: yaml.Mark | None = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path)
    lines = data.split(b"\n")
    if b"\t" in b"".join(lines[place.line - 1 : place.line])[: place.column]:
        return Misconfigured("a tab is used for indentation", place=place, hint="YAML wants spaces")
    problem = getattr(error, "problem", None) or "it cannot be read"
    context = getattr(error, "context", None)
    message = f"not valid YAML: {problem}" + (f" {context}" if context else "")
    return Misconfigured(message, place=place, hint="texts that hold ': ', '#', quotes or brackets need quotes")


@dataclass(slots=True)
class _Frame:
    """A collection that is still open."""

    place: Place
    anchor: str | None
    is_map: bool
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    key: tuple[str, Place] | None = None
    size: int = 1

    def close(self) -> Node:
        if self.is_map:
            return Mapping(self.entries, self.keys, self.place)
        return Sequence(tuple(self.items), self.place)


class _Builder:
    """Puts parse events together without recursion, so that depth and size stay bounded."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._root: Node | None = None
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Node, int]] = {}

    def document(self) -> Mapping:
        """Return the finished tree."""
        if isinstance(self._root, Mapping):
            return self._root
        if is_null(self._root):
            hint = "fill it, or remove it: `chittyops init` writes a new one"
            raise Misconfigured("the file is empty", place=Place(self.path, 1, 1), hint=hint)
        message = "the file must be a map of keys to values"
        raise Misconfigured(message, place=Place(self.path, 1, 1), hint="write lines of `key: value`")

    def feed(self, event: yaml.Event) -> None:
        """Take the next event."""
        mark = event.start_mark
        place = Place(self.path, mark.line + 1, mark.column + 1) if mark else Place(self.path)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, place)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event, place)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            frame = self._stack.pop()
            self._add(frame.close(), frame.size, frame.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, place)
        elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
            message = "the file holds more than one YAML document"
            raise Misconfigured(message, place=place, hint="remove the `---`")

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            self._tag_problem(place)
        node = Scalar(event.value, bool(event.style) or event.tag in _TEXT_TAGS, place)
        self._add(node, 1, event.anchor)

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, place: Place) -> None:
        if event.tag not in _COLLECTION_TAGS:
            self._tag_problem(place)
        if len(self._stack) == MAX_DEPTH:
            message = f"the file is nested more than {MAX_DEPTH} levels deep"
            raise Misconfigured(message, place=place)
        self._stack.append(_Frame(place, event.anchor, isinstance(event, yaml.MappingStartEvent)))

    def _tag_problem(self, place: Place) -> None:
        self.problems.append(Problem("YAML tags (!name) are not read", place, "write the plain value"))

    def _alias(self, event: yaml.AliasEvent, place: Place) -> None:
        if event.anchor not in self._anchors:
            message = f"the alias *{event.anchor} refers to nothing before it"
            raise Misconfigured(message, place=place, hint=f"mark the value it stands for with &{event.anchor}")
        node, size = self._anchors[event.anchor]
        self._add(node, size, None)

    def _add(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = (node, size)
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        frame.size += size
        if frame.size > MAX_NODES:
            message = f"the file expands to more than {MAX_NODES} values"
            raise Misconfigured(message, place=frame.place, hint="use fewer aliases")
        if not frame.is_map:
            frame.items.append(node)
        elif frame.key is None:
            frame.key = self._key(node)
        else:
            self._entry(frame, *frame.key, node)
            frame.key = None

    def _key(self, node: Node) -> tuple[str, Place]:
        if isinstance(node, Scalar):
            return node.text, node.place
        self.problems.append(Problem("a key must be a text", node.place))
        return "", node.place

    def _entry(self, frame: _Frame, key: str, place: Place, node: Node) -> None:
        if key in frame.keys:
            hint = f"it was first given on line {frame.keys[key].line}"
            self.problems.append(Problem(f'the key "{key}" is given twice', place, hint))
            return
        frame.entries[key] = node
        frame.keys[key] = place
