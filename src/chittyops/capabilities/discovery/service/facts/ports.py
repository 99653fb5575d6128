"""Ports that a program listens at, if nothing tells it otherwise."""

from __future__ import annotations

import re
from typing import Final

from chittyops.capabilities.discovery.service.facts.source import Source

_PORT: Final = re.compile(
    rb"(?:\bPORT\b[\"'\])]*\s*(?:\|\||\?\?|,)\s*[\"']?|\.listen\(\s*|\b(?:port|PORT)[\"']?\s*[=:]\s*(?:Number\(|int\()?[\"']?)"
    rb"(\d{4,5})\b"
)
_OF_STORES: Final = frozenset({1433, 3306, 5432, 6333, 6379, 8123, 9042, 9200, 11211, 26257, 27017})
"""Ports of databases: whoever names one of them does not listen there."""
_MOST: Final = 4


def listens(source: Source) -> tuple[int, ...]:
    """Return the ports that ``source`` names as its own, in the order in which they stand there."""
    if not source.has(b"ort", b"PORT", b"listen"):
        return ()
    found = dict.fromkeys(int(match[1]) for match in source.find(_PORT))
    return tuple(port for port in found if port not in _OF_STORES)[:_MOST]
