"""Documents and findings, as all recognisers make them."""

from __future__ import annotations

from collections.abc import Callable

from chittyops.capabilities.discovery.model import jsonc
from chittyops.capabilities.discovery.model.document import Document, MalformedError, parse_toml
from chittyops.capabilities.discovery.model.findings import Finding

Parse = Callable[[str], Document]
EMPTY = Document({})


def document(path: str, text: str, parse: Parse | None = None) -> tuple[Document, tuple[Finding, ...]]:
    """Return the document in ``text`` and what is wrong with it; an empty one when it cannot be parsed."""
    parse = parse or (parse_toml if ".toml" in path.rpartition("/")[2] else jsonc.parse)
    try:
        found = parse(text)
    except MalformedError as error:
        line, column = error.position
        hint = "the file is passed over until it can be parsed"
        return EMPTY, (Finding("unparsable", "error", path, error.message, line, column, hint),)
    duplicates = tuple(
        Finding("duplicate-key", "error", path, f'the key "{key}" is given twice; the last one counts', *position)
        for key, position in found.duplicates
    )
    if not isinstance(found.data, dict):
        message = "the file holds no map of keys to values"
        return EMPTY, (*duplicates, Finding("unparsable", "error", path, message, 1, 1))
    return found, duplicates
