"""The literal parts of a configuration written in TypeScript or JavaScript, read without running it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from chittyops.capabilities.discovery.model.document import Document, Keys, Position

_DEEPEST: Final = 30
_MOST_VALUES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Expression:
    """A value known only when the code runs. ``root`` is the name it begins with: ``db`` in ``db.env.PGHOST``."""

    root: str
    source: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a plain function: ``variable`` is the name its result is given, "" where it is given none."""

    function: str
    arguments: tuple[Document, ...]
    line: int
    variable: str = ""


@dataclass(slots=True)
class _Reader:
    names: dict[str, Node]
    positions: dict[Keys, Position] = field(default_factory=dict)
    count: int = 0

    def value(self, node: Node, keys: Keys, depth: int = 0) -> Any:
        """Return the plain data of ``node``; what is not literal becomes an Expression."""
        self.positions.setdefault(keys, (node.start_point.row + 1, node.start_point.column + 1))
        self.count += 1
        if depth > _DEEPEST or self.count > _MOST_VALUES:
            return None  # names that lead to one another in a ring
        inner = _bare(node)
        if inner.type == "object":
            return self._object(inner, keys, depth)
        if inner.type == "array":
            items = (child for child in inner.named_children if child.type not in {"comment", "spread_element"})
            return [self.value(item, (*keys, index), depth + 1) for index, item in enumerate(items)]
        if inner.type == "identifier" and text(inner) in self.names:
            return self.value(self.names[text(inner)], keys, depth + 1)
        return _scalar(inner)

    def _object(self, node: Node, keys: Keys, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for pair in node.named_children:
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if pair.type == "pair" and key is not None and value is not None:
                name = str(_scalar(key)) if key.type in {"string", "number"} else text(key)
                self.positions[*keys, name] = (key.start_point.row + 1, key.start_point.column + 1)
                found[name] = self.value(value, (*keys, name), depth + 1)
            elif pair.type == "spread_element" and pair.named_children:
                inherited = self.value(pair.named_children[0], keys, depth + 1)
                found |= inherited if isinstance(inherited, dict) else {}
        return found


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_typescript.language_typescript()))


def parse(source: str) -> Node:
    """Return the syntax tree of TypeScript, or of JavaScript, which is nearly the same."""
    return _parser().parse(source.encode("utf-8", "replace")).root_node


def text(node: Node) -> str:
    """Return the source of ``node``."""
    return (node.text or b"").decode("utf-8", "replace")


def nodes(root: Node, kind: str) -> Iterator[Node]:
    """Yield the nodes of ``kind`` in the order of the source."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == kind:
            yield node
        waiting.extend(reversed(node.named_children))


def calls(root: Node) -> Iterator[Call]:
    """Yield the calls of plain functions, with what is literal in their arguments."""
    names = constants(root)
    for node in nodes(root, "call_expression"):
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or function.type != "identifier" or arguments is None:
            continue
        parent = node.parent
        name = parent.child_by_field_name("name") if parent and parent.type == "variable_declarator" else None
        given = tuple(_document(each, names) for each in arguments.named_children if each.type != "comment")
        yield Call(text(function), given, node.start_point.row + 1, text(name) if name else "")


def exported(root: Node, key: str = "") -> Document:
    """Return the largest object literal that is exported, or given the name ``key``; an empty one for none."""
    names = constants(root)
    found = [node for node in nodes(root, "object") if _is_exported(node, key)]
    best = max(found, key=lambda node: node.end_byte - node.start_byte, default=None)
    return _document(best, names) if best is not None else Document({})


def constants(root: Node) -> dict[str, Node]:
    """Return the texts, lists and objects that the code gives a name to."""
    found = {}
    for node in nodes(root, "variable_declarator"):
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None and value is not None and _bare(value).type in {"string", "array", "object", "number"}:
            found[text(name)] = value
    return found


def _document(node: Node, names: dict[str, Node]) -> Document:
    reader = _Reader(names)
    return Document(reader.value(node, ()), reader.positions)


def _is_exported(node: Node, key: str) -> bool:
    parent = node.parent
    while parent is not None and parent.type in {"satisfies_expression", "as_expression", "parenthesized_expression"}:
        parent = parent.parent
    if parent is None:
        return False
    if parent.type == "export_statement":
        return True
    if parent.type == "assignment_expression":
        left = parent.child_by_field_name("left")
        return left is not None and text(left) == "module.exports"
    name = parent.child_by_field_name("name") if parent.type == "variable_declarator" else None
    return name is not None and bool(key) and text(name) == key


def _bare(node: Node) -> Node:
    """Return ``node`` without the types and brackets around it."""
    while node.type in {"satisfies_expression", "as_expression", "parenthesized_expression"} and node.named_children:
        node = node.named_children[0]
    return node


def _scalar(node: Node) -> Any:
    source = text(node)
    if node.type in {"true", "false"}:
        return node.type == "true"
    if node.type == "number":
        try:
            return json.loads(source)
        except ValueError:
            return source
    if node.type == "string" or (node.type == "template_string" and "${" not in source):
        return _unquoted(source)
    if node.type in {"null", "undefined"}:
        return None
    first = node
    while first.named_children and first.type != "identifier":
        first = first.named_children[0]
    return Expression(text(first) if first.type == "identifier" else "", source)


def _unquoted(source: str) -> str:
    inner = source[1:-1]
    if "\\" not in inner:
        return inner
    try:
        return str(
            json.loads('"' + inner.replace("\\'", "'").replace("\\`", "`").replace('"', '\\"') + '"', strict=False)
        )
    except ValueError:
        return inner
