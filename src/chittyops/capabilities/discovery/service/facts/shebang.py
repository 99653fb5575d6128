"""Programs without a suffix, told by the interpreter that their first line names."""

from __future__ import annotations

import re
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service.facts import javascript, python_code
from chittyops.capabilities.discovery.service.facts.source import Source

_FIRST_LINE: Final = re.compile(
    r"#![^\n]*\b(?:(?P<python>python|uv)[\d.]*|(?P<typescript>tsx|ts-node|deno|bun)|(?P<javascript>node|zx))\b"
)


def fits(path: str, text: str) -> bool:  # noqa: ARG001 # the registry asks every test by path and content
    """Return whether ``text`` begins with a line that names an interpreter of JavaScript, TypeScript or Python."""
    return text.startswith("#!") and _FIRST_LINE.match(text) is not None


def read(path: str, text: str) -> Facts:
    """Return what the program at ``path`` tells."""
    found = _FIRST_LINE.match(text)
    language = (found.lastgroup if found else None) or "javascript"
    return (
        python_code.read(path, text)
        if language == "python"
        else javascript.module(Source(path, text, language), language)
    )
