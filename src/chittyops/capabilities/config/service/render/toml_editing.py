"""TOML, changed in place: comments, order and layout stay.

The syntax tree (tree-sitter) says where everything stands, and one change is made at a time, so that each starts from
a file that is whole.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from chittyops.capabilities.config.service.render import toml
from chittyops.capabilities.config.service.render.matching import identities, same
from chittyops.capabilities.config.service.render.toml import Keys
from chittyops.kernel.errors import Misconfigured, Place

_PARSER: Final = Parser(Language(tree_sitter_toml.language()))
_TABLES: Final = ("table", "table_array_element")
_KEYS: Final = ("bare_key", "quoted_key", "dotted_key")
_REST_OF_LINE: Final = re.compile(rb"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_MOST_CHANGES: Final = 2000


@dataclass(slots=True)
class Pair:
    """One ``key = value``: its keys from the root, where its line begins, and its value."""

    keys: Keys
    start: int
    value: Node


@dataclass(slots=True)
class Section:
    """A header and what stands below it; that of the root has none, and ``start`` and ``end`` are 0."""

    keys: Keys
    start: int = 0
    end: int = 0
    pairs: list[Pair] = field(default_factory=list)

    @property
    def last(self) -> int:
        """Return where the last thing that belongs to it ends."""
        return self.pairs[-1].value.end_byte if self.pairs else self.end


Splice = tuple[int, int, str]


def edited(text: str, wanted: dict[str, Any], path: str = "") -> str:
    """Return ``text`` so that it says ``wanted``; what says so already stays as it is. Raises Misconfigured."""
    if same(toml.parse(text, path), wanted):
        return text
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    data = text.removeprefix(mark).replace("\r\n", "\n").encode()
    for _ in range(_MOST_CHANGES):
        have = toml.parse(data.decode(), path)
        if same(have, wanted):
            return mark + data.decode().replace("\n", newline)
        for start, end, new in sorted(_Editor(data).difference((), have, wanted), reverse=True):
            data = data[:start] + new.encode() + data[end:]
    message = "the file cannot be changed in place"
    raise Misconfigured(message, place=Place(path), hint="move it away, and render it anew")


def sections(data: bytes) -> list[Section]:
    """Return the sections of a valid file in their order; the first is the root."""
    found = [Section(())]
    rows: dict[Keys, int] = {}
    for node in _PARSER.parse(data).root_node.children:
        if node.type == "pair":
            _add(found[0], node, data)
        elif node.type in _TABLES:
            keys = _located(_path(next(child for child in node.children if child.type in _KEYS), data), rows)
            if node.type == "table_array_element":
                rows[keys] = rows.get(keys, -1) + 1
                for below in [each for each in rows if len(each) > len(keys) and each[: len(keys)] == keys]:
                    del rows[below]
                keys = (*keys, rows[keys])
            closing = next(child for child in node.children if child.type in ("]", "]]"))
            found.append(Section(keys, node.start_byte, closing.end_byte))
            for child in node.children:
                if child.type == "pair":
                    _add(found[-1], child, data)
    return found


def _add(section: Section, node: Node, data: bytes) -> None:
    key, value = sides(node)
    section.pairs.append(Pair((*section.keys, *_path(key, data)), node.start_byte, value))


def sides(pair: Node) -> tuple[Node, Node]:
    """Return the key and the value of a pair."""
    named = [child for child in pair.named_children if child.type != "comment"]
    return named[0], named[-1]


def _path(key: Node, data: bytes) -> tuple[str, ...]:
    """Return the parts of a key: ``a."b.c"`` has two."""
    value: Any = tomllib.loads(f"{data[key.start_byte : key.end_byte].decode()} = 1")
    parts = []
    while isinstance(value, dict):
        (part, value), *_ = value.items()
        parts.append(part)
    return tuple(parts)


def _located(path: tuple[str, ...], rows: dict[Keys, int]) -> Keys:
    """Return ``path`` with the number of the row behind each list of tables that it leads through."""
    keys: Keys = ()
    for part in path[:-1]:
        keys = (*keys, part)
        if keys in rows:
            keys = (*keys, rows[keys])
    return (*keys, path[-1])


class _Editor:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._sections = sections(data)

    def difference(self, keys: Keys, have: Any, wanted: Any) -> list[Splice]:
        """Return the splices of the first difference at ``keys``."""
        pair = next((each for each in self._pairs() if each.keys == keys), None)
        if pair is not None:
            return self._value(pair.value, have, wanted)
        if isinstance(have, dict) and isinstance(wanted, dict):
            return self._table(keys, have, wanted)
        if toml.is_rows(have) and toml.is_rows(wanted):
            return self._rows(keys, have, wanted)
        return self._removed(keys)

    def _pairs(self) -> Iterator[Pair]:
        return (pair for section in self._sections for pair in section.pairs)

    def _table(self, keys: Keys, have: dict[str, Any], wanted: dict[str, Any]) -> list[Splice]:
        for key in have:
            if key not in wanted:
                return self._removed((*keys, key))
        for key, value in have.items():
            if not same(value, wanted[key]):
                return self.difference((*keys, key), value, wanted[key])
        key = next(each for each in wanted if each not in have)
        return self._added(keys, key, wanted[key])

    def _rows(self, keys: Keys, have: list[Any], wanted: list[Any]) -> list[Splice]:
        ours, theirs = identities(have), identities(wanted)
        if ours is None or theirs is None:
            shared = min(len(have), len(wanted))
            ours, theirs = ({str(at): at for at in range(count)} for count in (len(have), len(wanted)))
            if not shared:
                return self._removed(keys)
        for each, at in ours.items():
            if each not in theirs:
                return self._removed((*keys, at))
            if not same(have[at], wanted[theirs[each]]):
                return self.difference((*keys, at), have[at], wanted[theirs[each]])
        each = next(each for each in theirs if each not in ours)
        return [self._placed(keys, toml.dump({_plain(keys)[-1]: [wanted[theirs[each]]]}, _plain(keys)[:-1]))]

    def _added(self, keys: Keys, key: str, value: Any) -> list[Splice]:
        section = next((each for each in self._sections if each.keys == keys), None)
        line = f"{toml.name((key,))} = {toml.inline(value)}"
        for each in self._sections if section is None else ():
            # The table is made by dotted keys: it has no header, may have none, and gets another line of the kind.
            dotted = [pair for pair in each.pairs if len(each.keys) < len(keys) and pair.keys[: len(keys)] == keys]
            if dotted:
                name = toml.name(_plain(keys[len(each.keys) :]))
                return [self._line(dotted[-1].value.end_byte, self._indent(each), f"{name}.{line}")]
        if isinstance(value, dict) or toml.is_rows(value):
            return [self._placed(keys, toml.dump({key: value}, _plain(keys)))]
        if section is not None:
            return [self._line(section.last, self._indent(section), line)]
        below = next(each for each in self._sections if each.keys[: len(keys)] == keys and each.end)
        start = self._own_lines(below.start)
        return [(start, start, toml.dump({key: value}, _plain(keys)) + "\n")]

    def _indent(self, section: Section) -> str:
        start = section.pairs[-1].start if section.pairs else section.start
        line = self._data[self._data.rfind(b"\n", 0, start) + 1 : start]
        return line.decode() if not line.strip() else ""

    def _line(self, after: int, indent: str, line: str) -> Splice:
        """Return the splice that puts a line after the one that ends what is ``after``; 0 is the top of the file."""
        if not after:
            return self._top(line)
        rest = _REST_OF_LINE.match(self._data, after)
        at = rest.end() if rest else after
        return (at, at, f"{self._break(at)}{indent}{line}\n")

    def _break(self, at: int) -> str:
        """Return the end of a line where one has to stand before what is put ``at`` an offset."""
        return "\n" if at and self._data[at - 1 : at] != b"\n" else ""

    def _top(self, line: str) -> Splice:
        first = next((each.start for each in self._sections if each.end), len(self._data))
        at = self._own_lines(first)
        return (at, at, f"{line}\n\n")

    def _placed(self, keys: Keys, block: str) -> Splice:
        """Return the splice that puts a block behind all that stands at ``keys``."""
        last = max(each.last for each in self._sections if each.keys[: len(keys)] == keys or not each.end)
        if not keys:
            last = max(each.last for each in self._sections)
        rest = _REST_OF_LINE.match(self._data, last)
        at = rest.end() if rest else last
        return (at, at, self._break(at) + ("\n" if at else "") + block)

    def _removed(self, keys: Keys) -> list[Splice]:
        splices: list[Splice] = []
        for number, each in enumerate(self._sections):
            if each.end and each.keys[: len(keys)] == keys:
                after = next((one.start for one in self._sections[number + 1 :] if one.end), None)
                end = len(self._data) if after is None else self._own_lines(after)
                splices.append((self._own_lines(each.start), end, ""))
                continue
            for pair in each.pairs:
                if pair.keys[: len(keys)] == keys:
                    rest = _REST_OF_LINE.match(self._data, pair.value.end_byte)
                    splices.append((self._own_lines(pair.start), rest.end() if rest else pair.value.end_byte, ""))
        return splices

    def _own_lines(self, start: int) -> int:
        """Return where the line of what begins at ``start`` begins, with the comments right above it."""
        begin = self._data.rfind(b"\n", 0, start) + 1
        while begin:
            above = self._data.rfind(b"\n", 0, begin - 1) + 1
            if not self._data[above:begin].lstrip().startswith(b"#"):
                break
            begin = above
        return begin

    def _value(self, node: Node, have: Any, wanted: Any) -> list[Splice]:
        """Change a value that stands behind its key; a list on several lines is changed item by item."""
        whole = [(node.start_byte, node.end_byte, toml.inline(wanted))]
        if node.type == "inline_table" and isinstance(wanted, dict) and have.keys() == wanted.keys():
            for pair in (child for child in node.named_children if child.type == "pair"):
                key, value = sides(pair)
                path = _path(key, self._data)
                if len(path) == 1 and not same(have[path[0]], wanted[path[0]]):
                    return self._value(value, have[path[0]], wanted[path[0]])
        if (
            node.type != "array"
            or not isinstance(wanted, list)
            or b"\n" not in (node.text or b"")
            or not have
            or not wanted
        ):
            return whole
        items = [child for child in node.named_children if child.type != "comment"]
        ours, theirs = identities(have), identities(wanted)
        if ours is None or theirs is None:
            return whole
        for each, at in ours.items():
            if each not in theirs:
                return self._item_removed(node, items[at])
            if not same(have[at], wanted[theirs[each]]):
                return self._value(items[at], have[at], wanted[theirs[each]])
        each = next(each for each in theirs if each not in ours)
        return self._item_added(node, items[-1], toml.inline(wanted[theirs[each]]))

    def _item_removed(self, array: Node, item: Node) -> list[Splice]:
        begin = self._own_lines(item.start_byte)
        comma = next((each for each in array.children if each.type == "," and each.start_byte >= item.end_byte), None)
        end = comma.end_byte if comma else item.end_byte
        rest = _REST_OF_LINE.match(self._data, end)
        if rest and not self._data[begin : item.start_byte].split(b"\n")[-1].strip():
            return [(begin, rest.end(), "")]
        return [(item.start_byte, end, "")]

    def _item_added(self, array: Node, last: Node, item: str) -> list[Splice]:
        comma = next((each for each in array.children if each.type == "," and each.start_byte >= last.end_byte), None)
        line = self._data[self._data.rfind(b"\n", 0, last.start_byte) + 1 : last.start_byte].decode()
        indent = line[: len(line) - len(line.lstrip())]
        at = comma.end_byte if comma else last.end_byte
        return [(at, at, f"\n{indent}{item}," if comma else f",\n{indent}{item}")]


def _plain(keys: Keys) -> tuple[str, ...]:
    """Return ``keys`` as a header has them: a table below a list of tables belongs to its last row."""
    return tuple(key for key in keys if isinstance(key, str))
