"""The text that is searched, with what every search asks of it: a lowered copy, what kind of file it is, its hits."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Final, NamedTuple


class Hit(NamedTuple):
    """A span that holds a credential. ``kind`` is "" where it is masked and not reported."""

    start: int
    end: int
    kind: str = ""


class Family(Enum):
    """What an unquoted word after ``NAME=`` is in a file: a value, an expression of code, or text."""

    LINES = "lines"
    """NAME=VALUE to the end of the line: dotenv, ini, properties."""
    LITERAL = "literal"
    CODE = "code"
    TEXT = "text"
    MANIFEST = "manifest"
    """Names of packages and scripts, many of which sound like secrets: only what looks random is a value."""
    LOCK = "lock"
    """Written by a machine, full of digests: only tokens that their prefix tells count."""


_LINES: Final = re.compile(
    r"\.env(\..+)?|.+\.env|\.dev\.vars(\..+)?|\.envrc|\.npmrc|\.pypirc|.+\.(ini|properties|cfg|conf)|credentials"
)
_LOCK: Final = re.compile(
    r"package-lock\.json|npm-shrinkwrap\.json|(pnpm-lock|yarn)\.(yaml|lock)|.+\.lock|bun\.lockb?|go\.sum|.+\.(map|svg|sum)|.+\.min\.(js|css)"
)
_MANIFEST: Final = re.compile(
    r"package\.json|[jt]sconfig(\..+)?\.json|deno\.jsonc?|composer\.json|turbo\.json|requirements.*\.txt|pyproject\.toml"
)
_LITERAL: Final = frozenset(
    ".toml .yaml .yml .json .jsonc .json5 .xml .tf .tfvars .hcl .sh .bash .zsh .fish .bat .ps1 .netrc".split()  # noqa: SIM905 - words read better than a column of literals
)
_CODE: Final = frozenset(
    """.js .jsx .mjs .cjs .ts .tsx .mts .cts .py .rb .go .rs .java .kt .swift .php .cs .c .h .cpp .scala .lua .ex .exs
    .vue .svelte .astro .css .scss .html .graphql .prisma .proto .ipynb""".split()  # noqa: SIM905 - words read better than a column of literals
)
_EXAMPLE: Final = re.compile(r"\.(example|sample|template|dist|defaults?)\b")


def family(path: str) -> Family:
    """Return the family of the file at ``path``."""
    name = posixpath.basename(path).lower()
    if _LINES.fullmatch(name):
        return Family.LINES
    if _LOCK.fullmatch(name):
        return Family.LOCK
    if _MANIFEST.fullmatch(name):
        return Family.MANIFEST
    ending = posixpath.splitext(_EXAMPLE.sub("", name))[1]
    if ending in _LITERAL or name.startswith(("dockerfile", "makefile", ".netrc")):
        return Family.LITERAL
    return Family.CODE if ending in _CODE else Family.TEXT


def plain(text: str) -> str:
    """Return ``text`` with a ``?`` for each character that is not ASCII: as long as before, and searched faster."""
    return text if text.isascii() else text.encode("ascii", "replace").decode("ascii")


@dataclass(frozen=True)
class Source:
    """One text, where it is from, and the spans found in it so far. ``text`` is plain: see ``plain``."""

    path: str
    text: str
    hits: list[Hit] = field(default_factory=list)

    @cached_property
    def low(self) -> str:
        """Return the text in lower case, character for character."""
        return self.text.lower()

    @cached_property
    def family(self) -> Family:
        """Return what kind of file this is."""
        return family(self.path)

    @cached_property
    def is_wrangler(self) -> bool:
        """Return whether this configures a Worker, whose ids must stay readable."""
        name = posixpath.basename(self.path).lower()
        return "wrangler" in name or "compatibility_date" in self.text

    def add(self, start: int, end: int, kind: str = "") -> None:
        """Note the span from ``start`` to ``end``."""
        if end > start:
            self.hits.append(Hit(start, end, kind))

    def context(self, start: int, end: int) -> str:
        """Return what is around a span, in lower case: its line and a little before it, for naming the vendor."""
        return self.low[max(0, start - 160) : end + 60]
