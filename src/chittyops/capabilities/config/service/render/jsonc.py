"""JSON with comments and trailing commas, changed in place: comments, order and layout stay.

Read by its tokens, so that comments keep their places: https://code.visualstudio.com/docs/languages/json and the
parser of wrangler, jsonc-parser, which takes trailing commas. Of a key given twice the last one counts, as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from chittyops.capabilities.config.service.render.matching import identities, same
from chittyops.kernel.errors import Misconfigured, Place

_TOKEN: Final = re.compile(
    r"(?P<blank>[ \t\r\n\ufeff]+)|(?P<comment>//[^\n\r]*|/\*.*?\*/)|(?P<text>\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<mark>[{}\[\],:])|(?P<word>[-+.\w]+)",
    re.DOTALL,
)
_MAX_DEPTH: Final = 100
_REST_OF_LINE: Final = re.compile(r"[ \t]*(?://[^\n\r]*|/\*[^\n\r]*?\*/[ \t]*)?(?=\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text that is no blank."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Return where it ends."""
        return self.start + len(self.text)


@dataclass(slots=True)
class Value:
    """A value and where it stands; ``members`` are the values of an object by key, ``items`` those of a list.

    ``key_start`` is where its key begins, or the value itself in a list; ``comma`` where the comma after it stands.
    """

    start: int
    end: int
    data: Any
    key_start: int
    comma: int = -1
    members: dict[str, Value] = field(default_factory=dict)
    items: list[Value] = field(default_factory=list)
    doubles: list[tuple[str, int]] = field(default_factory=list)


def tokens(text: str, path: str = "") -> list[Token]:
    """Return the tokens of ``text``, comments among them. Raises Misconfigured with the place of what is none."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise malformed("this is no JSON", text, at, path)
        if match.lastgroup != "blank":
            found.append(Token(match.lastgroup or "", match[0], at))
        at = match.end()
    return found


def parse(text: str, path: str = "") -> Value:
    """Return the value in ``text``. Raises Misconfigured with the place of the first thing that is no JSON."""
    return _Parser(text, path).whole()


def doubles(value: Value) -> Iterator[tuple[str, int]]:
    """Yield the keys that are given twice in one object, with where the second one stands."""
    yield from value.doubles
    for each in (*value.members.values(), *value.items):
        yield from doubles(each)


def malformed(message: str, text: str, at: int, path: str) -> Misconfigured:
    """Return the error for what stands ``at`` an offset."""
    place = Place(path, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    return Misconfigured(f"not valid JSON: {message}", place=place, hint="correct it there, then try again")


class _Parser:
    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        self._tokens = [each for each in tokens(text, path) if each.kind != "comment"]
        self._at = 0

    def whole(self) -> Value:
        value = self._value(0)
        if self._at < len(self._tokens):
            raise malformed("there is more after its end", self._text, self._tokens[self._at].start, self._path)
        return value

    def _next(self, *expected: str) -> Token:
        if self._at >= len(self._tokens):
            raise malformed("it ends too early", self._text, len(self._text.rstrip()), self._path)
        token = self._tokens[self._at]
        if expected and token.text not in expected:
            raise malformed(f"{' or '.join(expected)} is expected here", self._text, token.start, self._path)
        self._at += 1
        return token

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _value(self, depth: int) -> Value:
        token = self._next()
        if depth > _MAX_DEPTH:
            raise malformed("it is nested too deeply", self._text, token.start, self._path)
        if token.text == "{":
            return self._object(token, depth)
        if token.text == "[":
            return self._list(token, depth)
        try:
            data = json.loads(token.text, strict=False)
        except ValueError:
            raise malformed("a value is expected here", self._text, token.start, self._path) from None
        return Value(token.start, token.end, data, token.start)

    def _object(self, opening: Token, depth: int) -> Value:
        found = Value(opening.start, 0, {}, opening.start)
        while self._peek() != "}":
            key = self._next()
            if key.kind != "text":
                raise malformed("a key in quotes is expected here", self._text, key.start, self._path)
            self._next(":")
            value = self._value(depth + 1)
            value.key_start = key.start
            name = json.loads(key.text, strict=False)
            if name in found.members:
                found.doubles.append((name, key.start))
                del found.members[name], found.data[name]
            found.members[name] = value
            found.data[name] = value.data
            if not self._comma(value, "}"):
                break
        found.end = self._next("}").end
        return found

    def _list(self, opening: Token, depth: int) -> Value:
        found = Value(opening.start, 0, [], opening.start)
        while self._peek() != "]":
            found.items.append(self._value(depth + 1))
            found.data.append(found.items[-1].data)
            if not self._comma(found.items[-1], "]"):
                break
        found.end = self._next("]").end
        return found

    def _comma(self, value: Value, closing: str) -> bool:
        """Take the comma after ``value``; return whether there was one."""
        if self._peek() == closing:
            return False
        value.comma = self._next(",", closing).start
        return True


Splice = tuple[int, int, str]


def edited(text: str, wanted: dict[str, Any], path: str = "") -> str:
    """Return ``text`` so that it says ``wanted``; what says so already stays as it is. Raises Misconfigured."""
    while True:
        root = parse(text, path)
        if not isinstance(root.data, dict):
            raise malformed("an object is expected here", text, root.start, path)
        splices = _Editor(text, root).difference(root, wanted)
        if not splices:
            return text
        for start, end, new in sorted(splices, reverse=True):
            text = text[:start] + new + text[end:]


def dump(value: Any) -> str:
    """Return ``value`` as a new file."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


class _Editor:
    """Finds one change at a time, so that every one starts from a text that is whole."""

    def __init__(self, text: str, root: Value) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        first = next(iter(root.members.values()), None)
        self._unit = (self._indent(first.key_start) if first else "") or "  "

    def difference(self, node: Value, wanted: Any) -> list[Splice]:
        """Return the splices of the first difference; none where ``node`` says ``wanted``."""
        if same(node.data, wanted):
            return []
        if isinstance(wanted, dict) and node.members:
            return self._of_object(node, wanted)
        if isinstance(wanted, list) and node.items:
            return self._of_list(node, wanted)
        return [(node.start, node.end, self._dumped(wanted, self._indent(node.start)))]

    def _of_object(self, node: Value, wanted: dict[str, Any]) -> list[Splice]:
        members = list(node.members.items())
        for key, value in members:
            if key not in wanted:
                return self._removed(node, [each for _, each in members], value)
        for key, value in members:
            if found := self.difference(value, wanted[key]):
                return found
        key = next(key for key in wanted if key not in node.members)
        return self._added(node, members[-1][1], wanted[key], f"{json.dumps(key, ensure_ascii=False)}: ")

    def _of_list(self, node: Value, wanted: list[Any]) -> list[Splice]:
        ours, theirs = identities(node.data), identities(wanted)
        if ours is None or theirs is None:
            # The order says something here, or the items are plain: only what is added at the end leaves the rest.
            if len(wanted) > len(node.items) and same(node.data, wanted[: len(node.items)]):
                return self._added(node, node.items[-1], wanted[len(node.items)], "")
            return [(node.start, node.end, self._dumped(wanted, self._indent(node.start), node))]
        for name, at in ours.items():
            if name not in theirs:
                return self._removed(node, node.items, node.items[at])
            if found := self.difference(node.items[at], wanted[theirs[name]]):
                return found
        name = next(name for name in theirs if name not in ours)
        return self._added(node, node.items[-1], wanted[theirs[name]], "")

    def _added(self, node: Value, last: Value, value: Any, key: str) -> list[Splice]:
        """Add after ``last``, in the manner in which that stands: on a line of its own, or on the same."""
        trailing = last.comma >= 0
        after = last.comma + 1 if trailing else last.end
        if "\n" not in self._text[last.end : node.end]:
            new = f" {key}{self._dumped(value, '', last)}"
        else:
            rest = _REST_OF_LINE.match(self._text, after)
            after = rest.end() if rest else after
            indent = self._indent(last.key_start)
            new = f"{self._newline}{indent}{key}{self._dumped(value, indent, last)}"
        if trailing:
            return [(after, after, f"{new},")]
        return [(after, after, f",{new}")] if after == last.end else [(last.end, last.end, ","), (after, after, new)]

    def _removed(self, node: Value, siblings: list[Value], value: Value) -> list[Splice]:
        if len(siblings) == 1:
            return [(node.start, node.end, "{}" if node.members else "[]")]
        last = max(siblings, key=lambda each: each.start) is value
        end = value.comma + 1 if value.comma >= 0 else value.end
        before = max((each for each in siblings if each.start < value.start), key=lambda each: each.start, default=None)
        comma: list[Splice] = []
        if last and value.comma < 0 and before is not None:
            comma = [(before.comma, before.comma + 1, "")]
        begin = self._own_lines(value.key_start)
        rest = _REST_OF_LINE.match(self._text, end)
        if begin >= 0 and rest:
            return [*comma, (begin, self._next_line(rest.end()), "")]
        start = value.key_start
        if last and before is not None:
            start = before.end if before.comma < 0 or comma else before.comma + 1
            return [(start, end, "")]
        while self._text[end : end + 1] in (" ", "\t"):
            end += 1
        return [(start, end, "")]

    def _own_lines(self, start: int) -> int:
        """Return where the lines of what begins at ``start`` begin, its comments too; -1 where it shares its line."""
        begin = self._text.rfind("\n", 0, start) + 1
        if self._text[begin:start].strip():
            return -1
        while begin:
            above = self._text.rfind("\n", 0, begin - 1) + 1
            if not self._text[above:begin].lstrip().startswith("//"):
                break
            begin = above
        return begin

    def _next_line(self, at: int) -> int:
        found = self._text.find("\n", at)
        return found + 1 if found >= 0 else len(self._text)

    def _indent(self, at: int) -> str:
        line = self._text[self._text.rfind("\n", 0, at) + 1 : at]
        return line[: len(line) - len(line.lstrip())]

    def _dumped(self, value: Any, indent: str, like: Value | None = None) -> str:
        """Return ``value`` as JSON on lines of its own, or on one where what it is ``like`` stands on one."""
        if like is not None and "\n" not in self._text[like.start : like.end]:
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
            return json.dumps(value, ensure_ascii=False)
        lines = json.dumps(value, indent=self._unit, ensure_ascii=False).splitlines()
        return f"{self._newline}{indent}".join(lines)
