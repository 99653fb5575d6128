"""SOPS files in dotenv format: ``KEY=VALUE`` lines, comments, and what SOPS says of the file in keys ``sops_...``.

Nested keys of it are flattened: ``__map_`` and ``__list_`` stand before what they lead to (stores/flatten.go).
"""

from __future__ import annotations

import re
from typing import Any

from chittyops.capabilities.secrets.providers.sops.trouble import Malformed
from chittyops.capabilities.secrets.providers.sops.values import Path, Tree

_METADATA = "sops"
_PREFIX = "sops_"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile("0|[1-9][0-9]{0,3}")
_STEP = re.compile(r"__(map|list)_")


def parse(text: str) -> tuple[Tree, list[tuple[str, tuple[Path, ...]]]]:
    """Return the document, with what SOPS says of it below ``sops``, and its comments. Raises Malformed."""
    tree: Tree = {}
    metadata: Tree = {}
    comments: list[tuple[str, tuple[Path, ...]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            comments.append((line[1:], ((),)))
        elif line:
            key, value = _pair(line, number)
            into = metadata if key.startswith(_PREFIX) else tree
            if key in into:
                raise Malformed(f"the key {key} stands there twice", number)
            into[key] = value
    if metadata:
        tree[_METADATA] = _unflatten(metadata)
    return tree, comments


def write(text: str, tree: Tree) -> str:
    """Return ``text`` changed so that it holds ``tree``: lines that stay keep their bytes and their order."""
    nested = tree.get(_METADATA, {})
    wanted = {key: value for key, value in tree.items() if key != _METADATA}
    wanted |= {_flat(path): value for path, value in sorted(_listed(nested))}
    lines = []
    for line in text.removesuffix("\n").split("\n") if text else []:
        key = line.partition("=")[0]
        if not line or line.startswith("#"):
            lines.append(line)
        elif key in wanted:
            lines.append(_line(key, wanted.pop(key)))
    first = next((i for i, line in enumerate(lines) if line.startswith(_PREFIX)), len(lines))
    lines[first:first] = [_line(key, value) for key, value in wanted.items() if not key.startswith(_PREFIX)]
    lines += [_line(key, value) for key, value in wanted.items() if key.startswith(_PREFIX)]
    return "\n".join(lines) + "\n"


def _pair(line: str, number: int) -> tuple[str, str]:
    key, equals, value = line.partition("=")
    if not equals:
        raise Malformed("this line is no KEY=VALUE", number)
    if _CONTROL.search(line):
        raise Malformed("this line holds control characters", number)
    return key, value.replace("\\n", "\n")


def _line(key: str, value: Any) -> str:
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{key}=" + written.replace("\n", "\\n")


def _listed(nested: Tree) -> list[tuple[tuple[str, ...], Any]]:
    """Return what is flattened, with the steps to it: names, and ``#0`` for items of lists."""

    def steps(tree: Any, before: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
        if isinstance(tree, dict):
            return [each for key, value in tree.items() for each in steps(value, (*before, key))]
        if isinstance(tree, list):
            return [each for index, value in enumerate(tree) for each in steps(value, (*before, f"#{index}"))]
        return [(before, tree)]

    return steps(nested, ())


def _flat(path: tuple[str, ...]) -> str:
    first, *rest = path
    return _PREFIX + first + "".join(f"__list_{step[1:]}" if step[0] == "#" else f"__map_{step}" for step in rest)


def _unflatten(flat: Tree) -> Tree:
    """Return the nested form. Raises Malformed where keys contradict each other."""
    root: Tree = {}
    for key, value in flat.items():
        first, *steps = _STEP.split(key.removeprefix(_PREFIX))
        into: Any = root
        name: Any = first
        for kind, step in zip(steps[::2], steps[1::2], strict=True):
            into = into.setdefault(name, {})
            if kind == "list" and not _NUMBER.fullmatch(step):
                raise Malformed(f"{key} is not the name of a list's item")
            name = int(step) if kind == "list" else step
            if not isinstance(into, dict):
                break
        if not isinstance(into, dict) or name in into:
            raise Malformed(f"{key} contradicts another key")
        into[name] = value
    return {key: _lists(value) for key, value in root.items()}


def _lists(tree: Any) -> Any:
    """Return ``tree`` with maps from numbers as the lists they stand for."""
    if not isinstance(tree, dict):
        return tree
    if all(isinstance(key, int) for key in tree):
        if sorted(tree) != list(range(len(tree))):
            raise Malformed("a list has gaps")
        return [_lists(tree[index]) for index in range(len(tree))]
    if any(isinstance(key, int) for key in tree):
        raise Malformed("a list has names")
    return {key: _lists(value) for key, value in tree.items()}
