"""TOML read, and written anew."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import tomlkit

from chittyops.kernel.errors import Misconfigured, Place

Keys = tuple[str | int, ...]
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")


def parse(text: str, path: str = "") -> dict[str, Any]:
    """Return what ``text`` says. Raises Misconfigured where it is no TOML."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = _PLACE.search(str(error))
        place = Place(path, int(found[1]), int(found[2])) if found and found[1] else Place(path)
        message = f"not valid TOML: {_PLACE.sub('', str(error))}"
        raise Misconfigured(message, place=place, hint="correct it there, then try again") from None


def dump(value: Mapping[str, Any], keys: tuple[str, ...] = (), *, newline: str = "\n") -> str:
    """Return ``value`` as a new file, or as the part of one that stands at ``keys``: plain values, then tables."""
    return newline.join("".join(f"{line}{newline}" for line in block) for block in _blocks(value, keys))


def name(keys: tuple[str, ...]) -> str:
    """Return ``keys`` as a key: dotted, in quotes where it has to be."""
    return ".".join(tomlkit.key(key).as_string() if key else '""' for key in keys)


def inline(value: Any) -> str:
    """Return ``value`` on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name((key,))} = {inline(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    text: str = tomlkit.item(value).as_string()
    return text


def is_rows(value: Any) -> bool:
    """Return whether ``value`` is a list of maps, which has a header for each."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _blocks(value: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the lines of each table; a table without values of its own needs no header, unless it is empty."""
    plain = [f"{name((key,))} = {inline(each)}" for key, each in value.items() if not _is_below(each)]
    if plain or (keys and not value):
        yield [f"[{name(keys)}]", *plain] if keys else plain
    for key, each in value.items():
        below = (*keys, key)
        if is_rows(each):
            for row in each:
                yield [f"[[{name(below)}]]", *(f"{name((one,))} = {inline(it)}" for one, it in row.items())]
        elif isinstance(each, dict):
            yield from _blocks(each, below)


def _is_below(value: Any) -> bool:
    return isinstance(value, dict) or is_rows(value)
