"""Markdown: the secrets that a README says are needed, and ``wrangler secret put`` in any document."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts, Secret
from chittyops.capabilities.discovery.service.facts.variables import is_secret

PUT: Final = re.compile(r"\bwrangler\s+(?:pages\s+)?secret\s+put\s+([A-Z][A-Z0-9_]+)\b")
_FENCE: Final = re.compile(r"\s*(?:>\s*)?(```+|~~~+)")
_SPAN: Final = re.compile(r"`([^`\n]+)`")
_NAME: Final = re.compile(r"(?<![A-Za-z0-9_.])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?![A-Za-z0-9_])")
MODEL: Final = re.compile(r"(?:MY|YOUR|EXAMPLE|SOME|FOO)_.*|(?:(?:SECRET|KEY|VAR|VARIABLE|TOKEN|ENV)_)?NAME|KEY|SECRET")
"""Names that stand for any name."""
_LONGEST_LINE: Final = 2_000


def read(path: str, text: str) -> Facts:
    """Return the names of secrets that the document asks for, each where it is first named."""
    secrets = dict[tuple[str, str], int]()
    if "secret" in text and "wrangler" in text:
        for found in PUT.finditer(text):
            secrets.setdefault((found[1], "put"), text.count("\n", 0, found.start(1)) + 1)
    if posixpath.basename(path).lower().startswith("readme"):
        for name, line in _code(text):
            if (name, "put") not in secrets:
                secrets.setdefault((name, "readme"), line)
    found_secrets = [
        Secret(name, line, source) for (name, source), line in secrets.items() if not MODEL.fullmatch(name)
    ]
    return Facts(path, kind="document", secrets=tuple(found_secrets))


def _code(text: str) -> Iterator[tuple[str, int]]:
    """Yield the names of secrets in code spans and fenced blocks, with their lines."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        opening = _FENCE.match(line)
        if opening and (not fence or opening[1].startswith(fence)):
            fence = "" if fence else opening[1]
        elif len(line) <= _LONGEST_LINE and "_" in line:
            for part in (line,) if fence else _SPAN.findall(line):
                yield from ((name, number) for name in _NAME.findall(part) if is_secret(name))
