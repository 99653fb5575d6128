"""Variables that code names and a function of its own reads: ``ask(client, "CATALOG_URL")``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from chittyops.capabilities.discovery.model.facts import Variable
from chittyops.capabilities.discovery.service.facts.source import Source
from chittyops.capabilities.discovery.service.facts.variables import URL_VARIABLE

_BY_NAME: Final = re.compile(
    rb"(?:environ(?:\.get)?|getenv)[\[(]\s*[a-z_]\w*\s*[,\])]|\benv(?:\.get)?[\[(]\s*[a-z_$][\w$]*\s*[,\])]"
)
_GIVEN: Final = re.compile(rb"[(,]\s*[\"'](" + URL_VARIABLE.pattern.encode() + rb")[\"']\s*(?=[,)])")


def variables(source: Source, origin: str) -> Iterator[Variable]:
    """Yield the addresses that calls name, where the environment is read by a name that is not written there."""
    if source.has(b"_UR", b"_ENDPOINT", b"_ORIGIN", b"_API_BASE") and _BY_NAME.search(source.data):
        for match in source.find(_GIVEN):
            yield Variable(match[1].decode(), source.line(match.start(1)), origin)
