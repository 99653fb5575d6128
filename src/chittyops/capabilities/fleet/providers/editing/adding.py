"""Many additions to a fleet file at once: one reading of the text, and nothing of it written anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml.comments import CommentedMap

from chittyops.capabilities.fleet.providers import editing
from chittyops.kernel.edit import Edit, Scalar, Yaml

_PLAIN: Final = re.compile(r"[A-Za-z_./][A-Za-z0-9_./-]*(?:[:#][A-Za-z0-9_./-]+)*(?: [A-Za-z0-9_./=@-]+)*")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", ".", "~", ".nan", ".inf"})
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_STEP: Final = 2


@dataclass(slots=True)
class _Branch:
    """Additions below one key: an edit of its own, or the ones below it."""

    edit: Edit | None = None
    below: dict[str, _Branch] = field(default_factory=dict)


def with_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return ``text`` with every one of ``edits``; what is there at their keys gives way to them.

    Raises Misconfigured where the text is no fleet file.
    """
    if not editing.holds_keys(text):
        return text + "".join(_rendered(_tree(edits, 0), 0)).removeprefix("\n")
    document = editing.loaded(text)
    plain: list[Edit] = []
    odd: list[Edit] = []
    for edit in edits:
        block, depth = editing.innermost_block(document, edit.keys)
        (odd if edit.keys[depth] in block else plain).append(edit)
    for edit in odd:
        text = editing.with_value(text, edit.keys, _data(edit.value))
    return _inserted(text, plain) if plain else text


def _inserted(text: str, edits: Sequence[Edit]) -> str:
    document = editing.loaded(text)
    blocks: dict[int, tuple[CommentedMap, int, list[Edit]]] = {}
    for edit in edits:
        block, depth = editing.innermost_block(document, edit.keys)
        blocks.setdefault(id(block), (block, depth, []))[2].append(edit)
    lines = text.splitlines(keepends=True)
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    places = []
    for block, depth, added in blocks.values():
        last = list(block)[-1]
        column = block.lc.key(last)[1]
        places.append((editing.extent(lines, block, last)[1], -column, depth, column, added))
    # From the end, so that the lines before stay where they are; at one line the innermost block stands first.
    for line, _, depth, column, added in sorted(places, key=lambda place: place[:2], reverse=True):
        lines[line:line] = _rendered(_tree(added, depth), column)
    return "".join(lines)


def _tree(edits: Iterable[Edit], depth: int) -> dict[str, _Branch]:
    top: dict[str, _Branch] = {}
    for edit in edits:
        here = top
        for key in edit.keys[depth:-1]:
            here = here.setdefault(key, _Branch()).below
        here.setdefault(edit.keys[-1], _Branch()).edit = edit
    return top


def _rendered(tree: Mapping[str, _Branch], column: int, *, first: bool = False) -> list[str]:
    lines: list[str] = []
    for key, branch in tree.items():
        apart = not column or (column == _STEP and branch.edit is None)
        lines += ["\n"] if apart and (lines or not first) else []
        lines += _entry(key, branch, column)
    return lines


def _entry(key: str, branch: _Branch, column: int) -> Iterator[str]:
    margin = " " * column
    name = key if _KEY.fullmatch(key) and key.lower() not in _WORDS else json.dumps(key, ensure_ascii=False)
    edit = branch.edit
    yield from (f"{margin}# {line}\n" for line in (edit.above if edit else ()))
    if edit is None:
        yield f"{margin}{name}:\n"
        yield from _rendered(branch.below, column + _STEP, first=True)
    elif isinstance(edit.value, tuple) and isinstance(edit.remark, tuple):
        yield f"{margin}{name}:\n"
        for item, remark in zip(edit.value, edit.remark, strict=True):
            yield f"{margin}{' ' * _STEP}- {scalar(item)}{_beside(remark)}\n"
    elif isinstance(edit.value, Yaml) and "\n" in edit.value.text:
        yield f"{margin}{name}:\n"
        yield from (f"{margin}{' ' * _STEP}{line}\n" for line in edit.value.text.splitlines())
    else:
        remark = edit.remark if isinstance(edit.remark, str) else ""
        yield f"{margin}{name}: {_flow(edit.value)}{_beside(remark)}\n"


def _beside(remark: str) -> str:
    return f"  # {remark}" if remark else ""


def _flow(value: Any) -> str:
    if isinstance(value, Yaml):
        return value.text
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key}: {_flow(each)}" for key, each in value.items())
        return f"{{{inner}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(scalar(each) for each in value)}]"
    return scalar(value)


def scalar(value: Scalar) -> str:
    """Return ``value`` as YAML reads it back: plain where that is safe, else in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and not value.startswith((".", "/."))
        return (
            value
            if value.lower() not in _WORDS and (plain or _relative(value))
            else json.dumps(value, ensure_ascii=False)
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def _relative(value: str) -> bool:
    return bool(re.fullmatch(r"\.{1,2}/[A-Za-z0-9_./-]+|\.[A-Za-z][A-Za-z0-9_./-]*", value))


def _data(value: Any) -> Any:
    if isinstance(value, Yaml):
        return editing.value_of(value.text)
    if isinstance(value, Mapping):
        return {key: _data(each) for key, each in value.items()}
    return list(value) if isinstance(value, tuple) else value
