"""The secrets that comments in a configuration of wrangler name: the only place there where they may be told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from chittyops.capabilities.discovery.model.facts import Secret
from chittyops.capabilities.discovery.service.facts.markdown import MODEL, PUT
from chittyops.capabilities.discovery.service.facts.variables import is_secret

_COMMENT: Final = re.compile(r"[ \t]*(?:#|//|/?\*)+(?!/)[ \t]?([^\n]*)")
_HEADING: Final = re.compile(r"(?<!non-)(?<!no )\bsecrets?\b(?![-_. ]*(?:store|model)\b)", re.IGNORECASE)
_ITEM: Final = re.compile(
    r"\s*(?:[-*\u2022+]|\d+[.)])?\s*`?((?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+`?,?\s*)+)(?=$|\s[-\u2013\u2014]|[:(]|\u2014|\s\s)"
)
_NAME: Final = re.compile(r"(?<![A-Za-z0-9_.])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9_])")
_LONGEST_LINE: Final = 1_000


def secrets(text: str, known: Collection[str]) -> Iterator[Secret]:
    """Yield the secrets that comments name, each where it is first named; ``known`` names are no secrets.

    They are those of ``wrangler secret put``, and those listed in a comment below a line that speaks of secrets.
    """
    if "ecret" not in text and "ECRET" not in text:
        return
    seen = set(known)
    below = False
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _LONGEST_LINE:
            continue
        comment = _COMMENT.match(line)
        below = comment is not None and (below or _HEADING.search(comment[1]) is not None)
        put = PUT.findall(line)
        names = (*put, *(_listed(comment[1]) if comment and below else ()))
        for name in dict.fromkeys(names):
            if name not in seen and not MODEL.fullmatch(name):
                seen.add(name)
                yield Secret(name, number, "put" if name in put else "reference")


def _listed(comment: str) -> Iterator[str]:
    """Yield the names that a line below such a heading lists, and those that are called as secrets are."""
    item = _ITEM.match(comment)
    listed = _NAME.findall(item[1]) if item else []
    yield from listed
    if "=" not in comment:
        yield from (name for name in _NAME.findall(comment) if name not in listed and is_secret(name))
