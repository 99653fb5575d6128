"""Values of a SOPS file: the types that SOPS knows, and how each is written where it is hashed and encrypted.

The rules are those of ``ToBytes`` in sops.go and of the types that Go's YAML and JSON readers give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chittyops.kernel.secret import Secret

Path = tuple[str, ...]
Tree = dict[str, Any]
"""Maps and lists as the file has them; what stands at the leaves depends on who made it."""

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A date or time that stands unquoted in a YAML file; ``text`` is as Go writes it (RFC 3339)."""

    text: str


Scalar = str | int | float | bool | Timestamp | None
"""A value as it stands in the file: the ciphertext where it is encrypted."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value: what it is (``text``, as it is hashed) and what stands for it in the file (``raw``)."""

    kind: str
    text: str = field(repr=False)
    raw: Scalar = field(repr=False)
    encrypted: bool

    @property
    def secret(self) -> Secret | None:
        """Return the value as a service gets it: text; booleans as ``true`` and ``false``; None for null."""
        if self.kind == "null":
            return None
        return Secret(self.text.lower() if self.kind == "bool" else self.text)


def described(raw: Scalar) -> tuple[str, str]:
    """Return the type of a value that stands in the clear, and the text that is hashed for it."""
    if raw is None:
        return "null", ""
    if isinstance(raw, bool):
        return "bool", str(raw)
    if isinstance(raw, int):
        return "int", str(raw)
    if isinstance(raw, float):
        return "float", decimal(raw)
    if isinstance(raw, Timestamp):
        return "time", raw.text
    return "str", raw


def decimal(number: float) -> str:
    """Return ``number`` as Go's ``FormatFloat(x, 'f', -1, 64)``: no exponent, no zeros that say nothing."""
    if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124 - how a NaN is told
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(number)]
    from decimal import Decimal  # noqa: PLC0415 - few files have floats

    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def fits(kind: str, text: str) -> bool:
    """Return whether ``text``, typed by a person, is a value of type ``kind``, written as SOPS would write it."""
    if kind == "bool":
        return text in {"true", "false"}
    if kind == "int":
        return bool(_INTEGER.fullmatch(text)) and text[0] != "+" and _SMALLEST <= int(text) <= _LARGEST and text != "-0"
    if kind == "float":
        try:
            return decimal(float(text)) == text
        except ValueError:
            return False
    return kind == "str"


def native(kind: str, text: str) -> Scalar:
    """Return the value of ``kind`` that a file has in the clear for ``text``."""
    if kind == "bool":
        return text == "True"
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    return Timestamp(text) if kind == "time" else text


def walk(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every leaf below ``tree`` with its path, in the order of the file; an item of a list by its number."""
    if isinstance(tree, Mapping):
        for key, each in tree.items():
            yield from walk(each, (*path, key))
    elif isinstance(tree, list):
        for index, each in enumerate(tree):
            yield from walk(each, (*path, str(index)))
    else:
        yield path, tree


def mapped(tree: Any, change: Any, path: Path = (), keys: Path = ()) -> Any:
    """Return ``tree`` with ``change(leaf, path, keys)`` at each leaf; ``keys`` leave the numbers of lists out."""
    if isinstance(tree, Mapping):
        return {key: mapped(each, change, (*path, key), (*keys, key)) for key, each in tree.items()}
    if isinstance(tree, list):
        return [mapped(each, change, (*path, str(index)), keys) for index, each in enumerate(tree)]
    return change(tree, path, keys)
