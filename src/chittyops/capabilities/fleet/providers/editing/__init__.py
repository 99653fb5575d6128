"""Changes to a fleet file that leave its comments and its layout alone."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from chittyops.kernel.errors import Conflict, Misconfigured, NotFound, Place, Refused
from chittyops.runtime import atomic

_WIDEST_LINE = 1 << 16
_NEW_MODE = 0o600
_REMARK = re.compile(r"""\s+#[^"'\n]*$""", re.MULTILINE)
_BLANK = re.compile(r"\s*(#.*)?$")


class _Representer(RoundTripRepresenter):
    """Writes null as people read it."""

    def represent_null(self, _data: None) -> ScalarNode:
        """Return ``null``, and not nothing at all."""
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _Representer.represent_null)


def value_of(text: str) -> Any:
    """Return the value a user typed: YAML, so that ``[a, b]`` is a list and ``8080`` a number."""
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        return text


def with_value(text: str, keys: Sequence[str], value: Any) -> str:
    """Return ``text`` with ``value`` at ``keys``; maps on the way are made. Raises Misconfigured where it cannot be."""
    document = loaded(text)
    block, depth = innermost_block(document, keys)
    entry = value
    if len(keys) > depth + 1:
        entry = _bare(block.get(keys[depth]))
        entry = CommentedMap() if entry is None else entry
        _inner(entry, keys[depth + 1 : -1], keys, make=True)[keys[-1]] = value
    return _spliced(text, block, keys[depth], entry)


def without(text: str, keys: Sequence[str]) -> str:
    """Return ``text`` without the entry at ``keys`` and the comment right above it. Raises NotFound."""
    document = loaded(text)
    block, depth = innermost_block(document, keys, emptied=True)
    entry = _bare(block.get(keys[depth]))
    own_lines = len(keys) == depth + 1
    parent = block if own_lines else _inner(entry, keys[depth + 1 : -1], keys, make=False)
    if keys[-1] not in parent:
        raise _missing(keys)
    if not own_lines:
        del parent[keys[-1]]
        return _spliced(text, block, keys[depth], entry)
    lines = text.splitlines(keepends=True)
    begin, end = extent(lines, block, keys[-1])
    column = block.lc.key(keys[-1])[1]
    while begin and lines[begin - 1].startswith(" " * column + "#"):
        begin -= 1
    return "".join(lines[:begin] + lines[end:])


def read(path: Path) -> str:
    """Return the text of the file, line ends as they are. Raises Misconfigured where it is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        message = f"{path.name} cannot be read as UTF-8"
        raise Misconfigured(message, place=Place(str(path))) from None


def replace(path: Path, before: str, after: str) -> None:
    """Put ``after`` into the file, whole or not at all; one that says nothing is made where it is not there.

    Raises Conflict when it is no longer ``before``, Refused when it cannot be written.
    """
    is_new = not before and not path.exists()
    if not is_new and read(path) != before:
        message = f"{path.name} was changed by somebody else meanwhile"
        raise Conflict(message, hint="run the command again")
    file = path.resolve()
    try:
        mode = _NEW_MODE if is_new else file.stat().st_mode & 0o777
        atomic.write(file, after.encode())
        file.chmod(mode)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise Refused(message, hint="see its folder, and whose it is") from None


def _inner(entry: Any, way: Sequence[str], keys: Sequence[str], *, make: bool) -> CommentedMap:
    """Return the map that ``way`` leads to from ``entry``; with ``make``, maps that are not there are made."""
    node = entry
    for each in way:
        if isinstance(node, CommentedMap):
            if make and node.get(each) is None:
                node[each] = CommentedMap()
            node = node.get(each)
    if isinstance(node, CommentedMap):
        return node
    if make:
        message = f"{'.'.join(keys[:-1])} is no map"
        raise Misconfigured(message)
    raise _missing(keys)


def _missing(keys: Sequence[str]) -> NotFound:
    message = f"there is no {'.'.join(keys)} in the fleet file"
    return NotFound(message)


def holds_keys(text: str) -> bool:
    """Return whether ``text`` is more than blanks and comments."""
    return not all(_BLANK.match(line) for line in text.splitlines())


def loaded(text: str) -> CommentedMap:
    """Return ``text`` as a tree that knows its lines. Raises Misconfigured where it is no fleet file."""
    yaml = YAML()
    yaml.preserve_quotes = True
    try:
        document = yaml.load(text)
    except (YAMLError, ValueError):
        raise Misconfigured("the fleet file is not valid YAML", hint="`chittyops fleet check` says where") from None
    if not isinstance(document, CommentedMap) or document.fa.flow_style():
        raise Misconfigured("the fleet file must be a map with one key on a line")
    return document


def innermost_block(document: CommentedMap, keys: Sequence[str], *, emptied: bool = False) -> tuple[CommentedMap, int]:
    """Return the innermost map on the way that has lines of its own, and how many of ``keys`` lead to it.

    Everything below it is one entry of it, and is written anew as a whole. With ``emptied``, it is a map that still
    has entries without the one at ``keys``.
    """
    node, depth = document, 0
    while depth < len(keys) - 1:
        child = node.get(keys[depth])
        if not isinstance(child, CommentedMap) or child.fa.flow_style() or not child:
            break
        if emptied and depth == len(keys) - 2 and len(child) == 1 and keys[-1] in child:
            # What would be left empty is written as `{}`.
            break
        node, depth = child, depth + 1
    return node, depth


def _spliced(text: str, block: CommentedMap, key: str, value: Any) -> str:
    """Return ``text`` with the lines of the entry ``key`` of ``block`` written anew, or added after its last one."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    exists = key in block
    neighbour = key if exists else list(block)[-1]
    begin, end = extent(lines, block, neighbour)
    written = _written(key, value, block.lc.key(neighbour)[1])
    if not exists:
        apart = ["\n"] if not block.lc.key(neighbour)[1] and _is_spaced(lines, begin) else []
        return "".join(lines[:end] + apart + written + lines[end:])
    if end == begin + 1 and len(written) == 1 and (comment := _REMARK.search(lines[begin])):
        written = [written[0].rstrip("\n") + comment[0] + "\n"]
    return "".join(lines[:begin] + written + lines[end:])


def _is_spaced(lines: Sequence[str], line: int) -> bool:
    """Return whether a blank line stands above ``line``, and the comment that belongs to it."""
    while line and lines[line - 1].startswith("#"):
        line -= 1
    return line > 0 and not lines[line - 1].strip()


def _written(key: str, value: Any, column: int) -> list[str]:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.width = _WIDEST_LINE
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump({key: value}, stream)
    return [" " * column + line for line in stream.getvalue().splitlines(keepends=True)]


def _bare(node: Any) -> Any:
    """Return ``node`` without comments: those around it stay in the text."""
    if isinstance(node, CommentedMap):
        bare = CommentedMap({key: _bare(value) for key, value in node.items()})
        if node and node.fa.flow_style():
            bare.fa.set_flow_style()
        return bare
    if isinstance(node, CommentedSeq):
        items = CommentedSeq(_bare(value) for value in node)
        if node.fa.flow_style():
            items.fa.set_flow_style()
        return items
    return node


def extent(lines: Sequence[str], block: CommentedMap, key: str) -> tuple[int, int]:
    """Return the lines of the entry ``key``: from its own one to before the next that is indented no more."""
    line, column = block.lc.key(key)
    end = line + 1
    for number in range(line + 1, len(lines)):
        if _BLANK.match(lines[number]):
            continue
        stripped = lines[number].lstrip(" ")
        indent = len(lines[number]) - len(stripped)
        if indent < column or (indent == column and not stripped.startswith(("- ", "}", "]"))):
            break
        end = number + 1
    return line, end
