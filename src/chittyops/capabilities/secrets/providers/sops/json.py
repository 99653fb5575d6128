"""SOPS files in JSON. They have no comments, so a change writes the file anew, laid out as SOPS lays it out."""

from __future__ import annotations

import json
import re
from typing import Any

from chittyops.capabilities.secrets.providers.sops.trouble import Malformed
from chittyops.capabilities.secrets.providers.sops.values import Path, Tree, decimal, mapped

_INDENT = re.compile(r"\{\n([ \t]+)")
_ESCAPED = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"})
"""What Go's JSON writes as escapes and Python's does not."""


def parse(text: str) -> tuple[Tree, list[tuple[str, tuple[Path, ...]]]]:
    """Return the document; there are never comments. Raises Malformed."""
    if "\r" in text:
        raise Malformed("its lines end with CR LF", text[: text.index("\r")].count("\n") + 1)
    try:
        tree = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise Malformed(error.msg, error.lineno) from None
    if not isinstance(tree, dict):
        raise Malformed("it holds no keys")
    return mapped(tree, lambda raw, _path, _keys: _sized(raw)), []


def write(text: str, tree: Tree) -> str:
    """Return ``tree`` with the indentation of ``text``: a tab where it has none."""
    found = _INDENT.match(text)
    if text and text.rstrip("\n") and "\n" not in text.rstrip("\n"):
        written = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    else:
        written = json.dumps(tree, ensure_ascii=False, indent=found[1] if found else "\t")
    return written.translate(_ESCAPED) + ("" if text and not text.endswith("\n") else "\n")


def _once(pairs: list[tuple[str, Any]]) -> Tree:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        keys = [key for key, _ in pairs]
        raise Malformed(f"the key {next(key for key in keys if keys.count(key) > 1)} stands there twice")
    return tree


def _refuse(constant: str) -> None:
    raise Malformed(f"{constant} is no JSON")


def _sized(raw: Any) -> Any:
    """Return numbers beyond 64 bits as floats, as Go reads them."""
    if isinstance(raw, int) and not isinstance(raw, bool) and not -(2**63) <= raw < 2**63:
        return float(decimal(float(raw)))
    return raw
