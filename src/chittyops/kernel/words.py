"""Words for people."""

from __future__ import annotations


def number(count: int, noun: str, plural: str = "") -> str:
    """Return how many there are of ``noun``: ``1 service``, ``3 services``, ``2 entries`` (by ``plural``)."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
