"""Pages, and components that hold code between tags: their scripts, read as the code they are."""

from __future__ import annotations

import re
from typing import Final

from chittyops.capabilities.discovery.model.facts import Code, Facts, Import
from chittyops.capabilities.discovery.service.facts import javascript
from chittyops.capabilities.discovery.service.facts.source import Source

PATTERN: Final = r".+\.html?"
COMPONENTS: Final = r".+\.(?:vue|svelte|astro)"
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SCRIPT: Final = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_SRC: Final = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_FENCE: Final = re.compile(r"\A\s*---\r?\n(.*?)^---\s*$", re.DOTALL | re.MULTILINE)
_CODE: Final = re.compile(
    r"""\btype\s*=\s*["']?(?!module|text/javascript|application/javascript)[\w/+-]""", re.IGNORECASE
)
_IMPORT: Final = re.compile(r"""^\s*import\s[^\n;]*?["']([^"'\n]+)["']""", re.MULTILINE)


def read(path: str, text: str) -> Facts:
    """Return the scripts that a page loads."""
    if "<script" not in text.lower():
        return Facts(path, kind="code", code=Code("html"))
    text = _COMMENT.sub(_blank, text)
    found = []
    for match in _SCRIPT.finditer(text):
        source = _SRC.search(match[1])
        if source:
            found.append(Import(source[1], text.count("\n", 0, match.start(1) + source.start(1)) + 1))
        elif "module" in match[1]:
            found += [
                Import(each[1], text.count("\n", 0, each.start(1)) + 1)
                for each in _IMPORT.finditer(text, *match.span(2))
            ]
    return Facts(path, kind="code", code=Code("html", imports=tuple(found)))


def component(path: str, text: str) -> Facts:
    """Return what the code of a single-file component tells; whatever is around it is blanked, so that lines hold."""
    spans = [match.span(1) for match in _FENCE.finditer(text)] if path.endswith(".astro") else []
    spans += [match.span(2) for match in _SCRIPT.finditer(text) if not _CODE.search(match[1])]
    parts, at = [], 0
    for start, end in sorted(spans):
        parts += [_blanked(text[at:start]), text[start:end]]
        at = end
    return javascript.module(Source(path, "".join(parts), "typescript"), "typescript")


def _blank(match: re.Match[str]) -> str:
    return _blanked(match[0])


def _blanked(text: str) -> str:
    """Return as many lines as ``text`` has, with nothing on them."""
    return "\n" * text.count("\n") + " " * (len(text) - text.rfind("\n") - 1)
