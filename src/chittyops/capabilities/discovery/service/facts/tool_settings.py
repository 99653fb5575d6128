"""JSON files that tools read and that tell discovery nothing but whether they can be read."""

from __future__ import annotations

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service.facts.reading import document


def read(path: str, text: str) -> Facts:
    """Return whether a tool's settings can be parsed."""
    return Facts(path, kind="config", problems=document(path, text)[1])
