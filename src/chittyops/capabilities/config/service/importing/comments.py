"""Which comment of a file belongs to which value: those right before it, and the one behind it on its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from chittyops.capabilities.config.service.importing.model import Comment, Keys
from chittyops.capabilities.config.service.render import jsonc, toml_editing

_PARSER: Final = Parser(Language(tree_sitter_toml.language()))
_BETWEEN: Final = re.compile(r"[ \t,]*")
_STARS: Final = re.compile(r"^\s*\*?\s?")
LAST: Final[Keys] = ("",)
"""Stands for the end of the file: what follows its last value."""


class Span(NamedTuple):
    """Where a value, a header or an opening bracket stands, and the keys that lead to it."""

    start: int
    end: int
    keys: Keys


def of_jsonc(text: str) -> dict[Keys, Comment]:
    """Return the comments of a JSONC file that is right, by the keys of their values."""
    found = [(each.start, each.end, _lines(each.text)) for each in jsonc.tokens(text) if each.kind == "comment"]
    return _attached(text, found, _jsonc_spans(jsonc.parse(text), ())) if found else {}


def of_toml(text: str) -> dict[Keys, Comment]:
    """Return the comments of a TOML file that is right, by the keys of their values."""
    data = text.removeprefix("\ufeff").replace("\r\n", "\n").encode()
    found = [(node.start_byte, node.end_byte, _lines(_text(node))) for node in _comments(_PARSER.parse(data).root_node)]
    # Offsets are those of bytes; a text with one character for each byte has the same.
    return _attached(data.decode("latin-1"), found, _toml_spans(data)) if found else {}


def _jsonc_spans(value: jsonc.Value, keys: Keys) -> Iterator[Span]:
    below = [((*keys, key), each) for key, each in value.members.items()]
    below += [((*keys, index), each) for index, each in enumerate(value.items)]
    if keys:
        yield Span(value.key_start, value.end, keys)
        if below:
            yield Span(value.key_start, value.start + 1, keys)
    for inner, each in below:
        yield from _jsonc_spans(each, inner)


def _toml_spans(data: bytes) -> Iterator[Span]:
    for section in toml_editing.sections(data):
        if section.end:
            yield Span(section.start, section.end, section.keys)
        for pair in section.pairs:
            yield Span(pair.start, pair.value.end_byte, pair.keys)
            yield from _toml_items(pair.value, pair.keys, pair.start)


def _toml_items(node: Node, keys: Keys, start: int) -> Iterator[Span]:
    if node.type == "array" and node.start_point[0] != node.end_point[0]:
        yield Span(start, node.start_byte + 1, keys)
        items = (child for child in node.named_children if child.type != "comment")
        for index, item in enumerate(items):
            yield Span(item.start_byte, item.end_byte, (*keys, index))
            yield from _toml_items(item, (*keys, index), item.start_byte)


def _comments(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.type == "comment":
            yield child
        else:
            yield from _comments(child)


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _lines(comment: str) -> tuple[str, ...]:
    """Return the lines of a comment without what makes it one."""
    if comment.startswith("/*"):
        lines = [_STARS.sub("", line).rstrip() for line in comment[2:-2].splitlines()]
        return tuple(line for line in lines if line)
    return (comment.lstrip("/#").strip(),)


def _attached(
    text: str, comments: Iterable[tuple[int, int, tuple[str, ...]]], spans: Iterable[Span]
) -> dict[Keys, Comment]:
    ordered = sorted(spans)
    by_end = sorted(ordered, key=lambda span: span.end)
    above: dict[Keys, tuple[str, ...]] = {}
    beside: dict[Keys, str] = {}
    for start, end, lines in comments:
        owner = next((span for span in reversed(by_end) if span.end <= start), None)
        if owner and _BETWEEN.fullmatch(text, owner.end, start) and owner.keys not in beside:
            beside[owner.keys] = " ".join(lines)
        else:
            following = next((span.keys for span in ordered if span.start >= end), LAST)
            above[following] = above.get(following, ()) + lines
    return {keys: Comment(above.get(keys, ()), beside.get(keys, "")) for keys in {**above, **beside}}
