"""Find the credentials of one text, mask them all, and report those that are sure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from chittyops.capabilities.discovery.model.facts import Leak
from chittyops.capabilities.discovery.service.credentials import assignments, places, tokens
from chittyops.capabilities.discovery.service.credentials.source import Hit, Source, plain

_MASK: Final = re.compile(r"\S")
_DIGEST: Final = 16
_SAID_FALSE: Final = re.compile(
    r"[ \t]*[\"'`]?[,;)\]}]*[ \t]*(?://|#|--|/\*)[^\n]*"
    r"\b(?:dummy|fake|mocked|made[ -]up|not (?:\w+ ){0,2}(?:secrets?|real))\b",
    re.IGNORECASE,
)
_SHOWN: Final = re.compile(r"\bplaceholder[\"']?\s{0,4}[:=]\s{0,4}\{?[\"'`][^\"'`\n]*\Z")
_NEAR: Final = 200
_LEAST_REPEATED: Final = 12
"""A value this long is masked wherever else the text has it."""


def scan(path: str, text: str, key: bytes) -> tuple[str, tuple[Leak, ...]]:
    """Return ``text`` with every credential replaced by as many ``x``, and those that are sure, without values.

    Positions and lines are those of ``text``. ``key`` makes the digests: equal values have equal ones under one key.
    """
    source = Source(path, plain(text))
    tokens.find(source)
    places.find(source)
    assignments.find(source)
    if not source.hits:
        return text, ()
    _repeat(source)
    leaks = _leaks(text, (hit for hit in _reported(source.hits) if not _is_said_false(source.text, hit)), key)
    return _masked(text, source.hits), leaks


def _repeat(source: Source) -> None:
    """Add the other places of the text that hold a value that was reported."""
    for value in dict.fromkeys(source.text[hit.start : hit.end] for hit in source.hits if hit.kind):
        if len(value) < _LEAST_REPEATED:
            continue
        at = source.text.find(value)
        while at >= 0:
            source.add(at, at + len(value))
            at = source.text.find(value, at + len(value))


def _reported(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits to report in their order: of several over one place the first found, the surest kind."""
    kept: list[Hit] = []
    for hit in sorted((each for each in hits if each.kind), key=lambda each: each.start):
        if kept and hit.start < kept[-1].end:
            if (hit.kind in _VAGUE) < (kept[-1].kind in _VAGUE):
                kept[-1] = hit
            continue
        kept.append(hit)
    return kept


_VAGUE: Final = frozenset({"generic-secret", "password", "bearer-token", "jwt", "basic-auth"})


def _is_said_false(text: str, hit: Hit) -> bool:
    """Return whether a comment beside the value, or on the line before it, says that it is no real secret.

    A placeholder of a form says so too.
    """
    end = text.find("\n", hit.end)
    if _SAID_FALSE.search(text, hit.end, min(end if end >= 0 else len(text), hit.end + _NEAR)):
        return True
    start = text.rfind("\n", 0, hit.start) + 1
    if _SHOWN.search(text, max(start, hit.start - _NEAR), hit.start):
        return True
    before = max(text.rfind("\n", 0, max(start - 1, 0)) + 1, start - _NEAR)
    return _SAID_FALSE.match(text, before, start) is not None


def _leaks(text: str, hits: Iterable[Hit], key: bytes) -> tuple[Leak, ...]:
    """Return the reports of ``hits``, which are in order."""
    found: list[Leak] = []
    line, counted = 1, 0
    for hit in hits:
        line += text.count("\n", counted, hit.start)
        counted = hit.start
        value = text[hit.start : hit.end].strip().encode("utf-8", "surrogatepass")
        digest = hmac.new(key, value, hashlib.sha256).hexdigest()[:_DIGEST]
        found.append(Leak(hit.kind, line, hit.start - text.rfind("\n", 0, hit.start), digest))
    return tuple(found)


def _masked(text: str, hits: Iterable[Hit]) -> str:
    """Return ``text`` with the spans of ``hits`` masked; blanks stay, so that lines and indentation do."""
    pieces: list[str] = []
    done = 0
    for hit in sorted(hits):
        start, end = max(hit.start, done), hit.end
        if end > start:
            pieces += (text[done:start], _MASK.sub("x", text[start:end]))
            done = end
    pieces.append(text[done:])
    return "".join(pieces)
