"""Reads a flat TOML file of settings and knows the line of every key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chittyops.kernel.errors import Place, Problem

_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*([A-Za-z0-9_.\-"' ]+?)\s*=""")
_SYNTAX_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def read(path: Path) -> tuple[list[tuple[str, Any, Place]], list[Problem]]:
    """Return every key as a dotted name with its value and place, and what is wrong with the file as a whole.

    A file that does not exist is empty.
    """
    try:
        text = path.read_text("utf-8")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        return [], []
    except UnicodeDecodeError:
        return [], [Problem("the file is not UTF-8 text", Place(str(path)))]
    except tomllib.TOMLDecodeError as error:
        match = _SYNTAX_PLACE.search(str(error))
        place = Place(str(path), *(int(n) for n in match.groups())) if match else Place(str(path))
        return [], [Problem(f"not valid TOML: {_SYNTAX_PLACE.sub('', str(error)).strip()}", place)]
    lines = _lines(text)
    return [(name, raw, Place(str(path), lines.get(name, 0))) for name, raw in _flat(tables)], []


def _flat(tables: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the keys of all tables as dotted names; a key outside any table stays as it is."""
    pairs: list[tuple[str, Any]] = []
    for table, content in tables.items():
        if isinstance(content, dict):
            pairs += [(f"{table}.{key}", value) for key, value in content.items()]
        else:
            pairs.append((table, content))
    return pairs


def _lines(text: str) -> dict[str, int]:
    """Return the line of each dotted key. The file is flat, so headers and keys at line starts are enough."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.match(line):
            table = match[1].strip("\"' ") + "."
        elif match := _KEY.match(line):
            name = table + ".".join(part.strip("\"' ") for part in match[1].split("."))
            lines.setdefault(name, number)
    return lines
