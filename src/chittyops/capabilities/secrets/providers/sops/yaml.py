"""SOPS files in YAML: read by the C parser alone, written by changing nothing but what changes.

What SOPS never writes is not accepted: tags, anchors, several documents, carriage returns, keys that are no text.
Unquoted values are typed as go-yaml types them (resolve.go), for the MAC covers the typed value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from chittyops.capabilities.secrets.providers.sops.trouble import Malformed
from chittyops.capabilities.secrets.providers.sops.values import Path, Scalar, Timestamp, Tree

_TEXT_TAG = "tag:yaml.org,2002:str"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DATE = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]| +)(\d\d?):(\d\d?):(\d\d?)(\.\d+)?(Z|[-+]\d\d:\d\d)?)?",
    re.ASCII,
)
_GAP = re.compile(r"(?:[ \n?:,{}\[\]-]|---|(?:(?<=[ \n])|(?<![\s\S]))#[^\n]*)*")
_COMMENT = re.compile(r"(?:(?<=[ \n])|(?<![\s\S]))#([^\n]*)")


def parse(text: str) -> tuple[Tree, list[tuple[str, tuple[Path, ...]]]]:
    """Return the document, and its comments, each with the maps and lists it may belong to, the likeliest first.

    Raises Malformed.
    """
    root = compose(text)
    spans: list[tuple[int, int, Path]] = []
    tree: Tree = _tree(root, (), spans)
    return tree, list(_comments(text, spans))


def compose(text: str) -> MappingNode:
    """Return the document with the places of its nodes. Raises Malformed."""
    if "\r" in text:
        raise Malformed("its lines end with CR LF", text[: text.index("\r")].count("\n") + 1)
    try:
        root = yaml.compose(text, Loader=yaml.CBaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(filter(None, (error.context, error.problem)))
        raise Malformed(said, mark.line + 1 if mark else 0) from None
    except (yaml.YAMLError, ValueError) as error:  # a character that YAML does not allow
        raise Malformed(f"{getattr(error, 'reason', error)}") from None
    if not isinstance(root, MappingNode):
        raise Malformed("it holds no keys")
    return root


def resolve(text: str) -> Scalar:
    """Return what go-yaml takes an unquoted ``text`` for."""
    if not text or text[0] in "~nNtTfF":
        if text in _NULL:
            return None
        return _BOOLEAN.get(text, text)
    if text[0] not in "+-.0123456789":
        return text
    return _timestamp(text) or _number(text)


def _number(text: str) -> Scalar:
    if infinite := _INFINITE.fullmatch(text):
        return float(f"{infinite[1]}inf")
    if text in {".nan", ".NaN", ".NAN"}:
        return float("nan")
    bare = text.replace("_", "")
    if _INTEGER.fullmatch(bare):
        digits = bare.lstrip("+-")
        octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
        number = int(digits, 8 if octal else 0)
        number = -number if bare[0] == "-" else number
        return number if -(2**63) <= number < 2**64 else float(number)
    return float(bare) if _FLOAT.fullmatch(bare) else text


def _timestamp(text: str) -> Timestamp | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(*(int(each or 0) for each in (year, month, day, hour, minute, second)), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    fraction = (fraction or "").rstrip("0").rstrip(".")
    return Timestamp(f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{'Z' if zone in {None, '+00:00'} else zone}")


def value_of(node: ScalarNode) -> Scalar:
    """Return the value of a scalar."""
    text: str = node.value
    return text if node.style else resolve(text)


def tree_of(node: Node) -> Any:
    """Return what ``node`` holds."""
    return _tree(node, (), [])


def _tree(node: Node, path: Path, spans: list[tuple[int, int, Path]]) -> Any:
    """Return what ``node`` holds; ``spans`` gets the place of every scalar with the map or list it stands in."""
    if node.tag != _TEXT_TAG and isinstance(node, ScalarNode):
        raise Malformed(f"the tag {node.tag} is nothing that SOPS writes", node.start_mark.line + 1)
    if isinstance(node, ScalarNode):
        spans.append((node.start_mark.index, node.end_mark.index, path))
        return value_of(node)
    if isinstance(node, SequenceNode):
        return [_tree(each, path, spans) for each in node.value]
    tree: Tree = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode) or key.tag != _TEXT_TAG or not isinstance(value_of(key), str):
            raise Malformed("a key is not a text", key.start_mark.line + 1)
        if key.value in tree:
            raise Malformed(f"the key {key.value} stands there twice", key.start_mark.line + 1)
        spans.append((key.start_mark.index, key.end_mark.index, path))
        tree[key.value] = _tree(value, (*path, key.value), spans)
    return tree


def _comments(text: str, spans: list[tuple[int, int, Path]]) -> Iterator[tuple[str, tuple[Path, ...]]]:
    end = 0
    before: Path = ()
    for start, after, path in [*spans, (len(text), len(text), ())]:
        gap = _GAP.match(text, end, start)
        if gap is None or gap.end() != start or text[start : start + 1] in {"&", "!", "*"}:
            line = text[: gap.end() if gap else end].count("\n") + 1
            raise Malformed("there is something that SOPS never writes, such as an anchor or a tag", line)
        if "#" in gap[0]:
            around = _ancestors(path) + _ancestors(before)
            for comment in _COMMENT.finditer(text, end, start):
                yield comment[1], tuple(dict.fromkeys(around))
        end, before = after, path


def _ancestors(path: Path) -> list[Path]:
    return [path[:length] for length in range(len(path), -1, -1)]
