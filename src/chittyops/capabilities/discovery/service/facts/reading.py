"""Documents and findings, as all recognisers make them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from chittyops.capabilities.discovery.model.document import (
    Document,
    MalformedError,
    parse_jsonc,
    parse_toml,
    parse_yaml,
)
from chittyops.kernel.inventory import Finding

Parse = Callable[[str], Document]

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "unparsable": ("error", "A configuration file is not valid JSON, TOML or YAML, so that tools refuse it."),
    "duplicate-key": ("error", "A key or table is given twice in one place: at best, one of the two is ignored."),
}
EMPTY: Final = Document({})
_TOML: Final = re.compile(r"\.toml(?:\W|$)")
_YAML: Final = re.compile(r"\.ya?ml(?:\W|$)")
_TEMPLATE: Final = re.compile(
    r"\{%|(?<!\$)\{\{-|(?<!\$)\{\{\s*(?:[.$]|include\b|if\b|range\b|end\b|with\b|template\b|toYaml\b)"
)
"""Helm, Jinja and their like: what becomes YAML, and is none yet."""


def document(path: str, text: str, parse: Parse | None = None) -> tuple[Document, tuple[Finding, ...]]:
    """Return the document in ``text`` and what is wrong with it; what can be read of it when it cannot be parsed."""
    parse = parse or _parser(path)
    try:
        found, problems = parse(text), []
    except MalformedError as error:
        if parse is parse_yaml and _TEMPLATE.search(text):
            return EMPTY, ()
        hint = "correct the file; until then only the parts around this place are read"
        found, problems = error.partial, [Finding("unparsable", "error", path, error.message, *error.position, hint)]
    problems += _duplicates(path, found, parse)
    if isinstance(found.data, dict):
        return found, tuple(problems)
    if found.data is None and "#" in text and all(line.lstrip()[:1] in {"", "#"} for line in text.splitlines()):
        return EMPTY, ()
    if not problems:
        message = "the file holds no map of keys to values"
        hint = "put the settings into one map, or delete the file"
        problems.append(Finding("unparsable", "error", path, message, 1, 1, hint))
    return EMPTY, tuple(problems)


def _parser(path: str) -> Parse:
    name = path.rpartition("/")[2]
    return parse_toml if _TOML.search(name) else parse_yaml if _YAML.search(name) else parse_jsonc


def _duplicates(path: str, found: Document, parse: Parse) -> list[Finding]:
    # Readers of JSON take the last one silently, those of TOML and YAML refuse the file.
    severity = "warning" if parse is parse_jsonc else "error"
    outcome = "the last one counts" if parse is parse_jsonc else "tools refuse the file"
    return [
        Finding(
            "duplicate-key",
            severity,
            path,
            f'"{key}" is given twice, first on line {first[0]}; {outcome}',
            *position,
            f"keep one of lines {first[0]} and {position[0]}",
        )
        for key, position, first in found.duplicates
    ]
