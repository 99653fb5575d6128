"""Change a YAML document in place: what stays the same keeps its bytes, comments and order among them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from yaml import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from chittyops.capabilities.secrets.providers.sops.cipher import looks_encrypted
from chittyops.capabilities.secrets.providers.sops.values import Scalar, Timestamp, Tree, decimal
from chittyops.capabilities.secrets.providers.sops.yaml import compose, parse, resolve, tree_of, value_of

METADATA = "sops"
_INDENT = 4
_ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----\n"
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@+-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What readers of YAML 1.1 take for something else than text."""
_UNPRINTABLE = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def write(text: str, tree: Tree) -> str:
    """Return ``text`` changed so that it holds ``tree``; an empty one is written anew."""
    if not text:
        return "\n".join(_block(tree, 0)) + "\n"
    edit = _Edit(text if text.endswith("\n") else f"{text}\n")
    edit.mapping(compose(text), tree)
    written = edit.done()
    written = written if text.endswith("\n") else written.removesuffix("\n")
    if parse(written)[0] != tree:
        raise AssertionError("a document did not read back as it was written")
    return written


@dataclass(slots=True)
class _Edit:
    """Replacements in one text, found by comparing its nodes with what it shall hold."""

    text: str
    splices: list[tuple[int, int, str]] = field(default_factory=list)

    def done(self) -> str:
        """Return the text with all that was found; of two at one place the one found first comes first."""
        text = self.text
        self.splices.sort(key=itemgetter(0, 1))
        for start, end, new in reversed(self.splices):
            text = text[:start] + new + text[end:]
        return text

    def mapping(self, node: MappingNode, new: Tree) -> None:
        """Make a map hold ``new``: entries are changed in place, taken away, and added behind the last one."""
        entries = {key.value: (key, value) for key, value in node.value}
        added = {key: value for key, value in new.items() if key not in entries}
        gone = [key.start_mark.index for name, (key, _) in entries.items() if name not in new]
        if (added or gone) and (node.flow_style or not all(map(self._begins_line, gone))):
            self._write_again(node, new)
            return
        for name, (key, value) in entries.items():
            if name in new:
                self._value(value, new[name], key)
            else:
                self._remove(key.start_mark.index, max(key.end_mark.index, _end(self.text, value)))
        if added:
            self._add(node, added)

    def _add(self, node: MappingNode, added: Tree) -> None:
        lines = "".join(f"{line}\n" for line in _block(added, node.start_mark.column))
        before = [pair for pair in node.value if pair[0].value != METADATA]
        if before:
            key, value = before[-1]
            behind = self._after(max(key.end_mark.index, _end(self.text, value)))
            self._insert(self._after_comments(behind, node.start_mark.column), lines)
        else:  # a document that holds nothing but what SOPS says of it
            self._insert(self._line_of(node.start_mark.index), lines)

    def _sequence(self, node: SequenceNode, new: list[Any]) -> None:
        """Make a list hold ``new``; items before and after those that come or go stay as they are."""
        old = [tree_of(item) for item in node.value]
        head = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        most = min(len(old), len(new)) - head
        pairs = enumerate(zip(reversed(old), reversed(new), strict=False))
        tail = next((i for i, (a, b) in pairs if a != b or i >= most), most)
        items, wanted = node.value[head : len(old) - tail], new[head : len(new) - tail]
        gone = [] if node.flow_style else items[len(wanted) :]
        dashes = [self.text.rindex("-", 0, item.start_mark.index + 1) for item in gone]
        if len(old) != len(new) and (node.flow_style or not head or not all(map(self._begins_line, dashes))):
            self._write_again(node, new)
            return
        for item, each in zip(items, wanted, strict=False):
            self._value(item, each)
        for dash, item in zip(dashes, gone, strict=True):
            self._remove(dash, _end(self.text, item))
        lines = "".join(f"{line}\n" for line in _block(wanted[len(items) :], node.start_mark.column))
        if lines:
            last = items[-1] if items else node.value[head - 1]
            self._insert(self._after(_end(self.text, last)), lines)

    def _value(self, node: Node, new: Any, key: Node | None = None) -> None:
        """Make ``node``, the value of ``key`` or an item of a list, be ``new``."""
        if isinstance(node, MappingNode) and isinstance(new, Mapping) and bool(new) == bool(node.value):
            self.mapping(node, dict(new))
        elif isinstance(node, SequenceNode) and isinstance(new, list) and bool(new) == bool(node.value):
            self._sequence(node, new)
        elif not isinstance(node, ScalarNode) or isinstance(new, Mapping | list) or not _same(value_of(node), new):
            self._replace(node, new, key)

    def _replace(self, node: Node, new: Any, key: Node | None) -> None:
        """Write ``new`` in the place of ``node``."""
        start, end = node.start_mark.index, _end(self.text, node)
        column = (key or node).start_mark.column
        if self._in_flow(node):
            self.splices.append((start, end, _flow(new)))
        elif isinstance(new, Mapping | list) and new:
            start = key.end_mark.index + 1 if key else start
            lines = _block(new, column + (_INDENT if key else 0))
            first = f"\n{lines[0]}" if key else lines[0][column:]
            self.splices.append((start, end, "\n".join([first, *lines[1:]])))
        else:
            written = _scalar(new, column, flow=False)
            if isinstance(node, ScalarNode) and start != end:
                self.splices.append((start, end, written))
            else:  # ``key:`` alone is null, and a block begins on a line of its own
                start = key.end_mark.index + 1 if key else start
                self.splices.append((start, end, f" {written}"))

    def _write_again(self, node: CollectionNode, new: Any) -> None:
        """Write a map or list anew where it stands."""
        column = node.start_mark.column
        written = _flow(new) if node.flow_style else "\n".join(_block(new, column))[column:]
        self.splices.append((node.start_mark.index, _end(self.text, node), written))

    def _remove(self, start: int, end: int) -> None:
        self.splices.append((self._line_of(start), self._after(end), ""))

    def _insert(self, at: int, lines: str) -> None:
        self.splices.append((at, at, lines))

    def _line_of(self, position: int) -> int:
        return self.text.rfind("\n", 0, position) + 1

    def _after(self, position: int) -> int:
        """Return where the line after ``position`` begins."""
        return self.text.index("\n", position) + 1

    def _after_comments(self, position: int, column: int) -> int:
        """Return the end of the comments from ``position`` on that belong further in than ``column``."""
        deeper = re.compile(rf"\n*(?: {{{column + 1},}}#[^\n]*\n)")
        while match := deeper.match(self.text, position):
            position = match.end()
        return position

    def _begins_line(self, position: int) -> bool:
        """Return whether only spaces stand before, so that taking the line away takes nothing else."""
        return not self.text[self._line_of(position) : position].strip(" ")

    def _in_flow(self, node: Node) -> bool:
        """Return whether ``node`` stands within brackets, where fewer characters may go unquoted."""
        before = self.text[: node.start_mark.index].rstrip(" \n")
        after = self.text[node.end_mark.index :].lstrip(" \n")
        return before.endswith(("[", "{", ",")) or after.startswith(("]", "}", ","))


def _end(text: str, node: Node) -> int:
    """Return where the text of ``node`` ends; the parser's own mark stands behind comments and empty lines."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, ScalarNode):
        return start + len(text[start:end].rstrip(" \n")) if node.style in {"|", ">"} else end
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        return end
    last = node.value[-1]
    return max(_end(text, each) for each in (last if isinstance(last, tuple) else (last,)))


def _same(old: Scalar, new: Scalar) -> bool:
    return type(old) is type(new) and (old == new or old != old)  # noqa: PLR0124 - a NaN is the same as a NaN


def _block(tree: Any, column: int) -> list[str]:
    """Return the lines of a map or list, as SOPS lays them out."""
    margin, lines = " " * column, []
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            name = _scalar(key, column, flow=False)
            if isinstance(value, Mapping | list) and value:
                lines += [f"{margin}{name}:", *_block(value, column + _INDENT)]
            else:
                lines.append(f"{margin}{name}: {_scalar(value, column, flow=False)}")
        return lines
    for value in tree:
        if isinstance(value, Mapping | list) and value:
            first, *rest = _block(value, column + 2)
            lines += [f"{margin}- {first[column + 2 :]}", *rest]
        else:
            lines.append(f"{margin}- {_scalar(value, column, flow=False)}")
    return lines


def _flow(tree: Any) -> str:
    if isinstance(tree, Mapping):
        return "{" + ", ".join(f"{_quoted(key)}: {_flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(_flow, tree)) + "]"
    return _scalar(tree, 0, flow=True)


def _scalar(value: Any, column: int, *, flow: bool) -> str:
    """Return how ``value``, a scalar or an empty collection, is written below a key that stands at ``column``."""
    if isinstance(value, str):
        return _text(value, column, flow=flow)
    if isinstance(value, Mapping | list):
        return "{}" if isinstance(value, Mapping) else "[]"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, Timestamp):
        return value.text
    written = {"NaN": ".nan", "+Inf": ".inf", "-Inf": "-.inf"}.get(decimal(value), repr(value))
    return written if isinstance(resolve(written), float) else f"{written}.0"


def _text(value: str, column: int, *, flow: bool) -> str:
    if not flow and looks_encrypted(value):
        return value
    if not flow and value.startswith(_ARMOR):
        margin = "\n" + " " * _INDENT * (column // _INDENT + 1)
        return ("|" if value.endswith("\n") else "|-") + margin + value.removesuffix("\n").replace("\n", margin)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and resolve(value) == value:
        return value
    return _quoted(value)


def _quoted(value: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", written)
