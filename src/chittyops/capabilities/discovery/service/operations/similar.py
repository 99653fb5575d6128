"""Near duplicates: scripts whose signatures agree in four values of five.

Signatures are cut into bands; only scripts that agree in a whole band are compared (locality-sensitive hashing:
Leskovec and others, "Mining of Massive Datasets", 3.4), and each with the first of its band alone, so the work grows
with the number of scripts and not with its square.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

THRESHOLD: Final = 0.8
_ROWS: Final = 4


def groups(scripts: Iterable[tuple[str, str, Sequence[int]]]) -> Mapping[str, str]:
    """Return the group of each script that is like another one: the name of the group's first.

    ``scripts`` are names, digests and signatures; equal digests are one group, whatever their size.
    """
    digests: dict[str, str] = {}
    leaders: dict[tuple[int, tuple[int, ...]], str] = {}
    known: dict[str, Sequence[int]] = {}
    found: dict[str, str] = {}
    for name, digest, signature in sorted(scripts):
        same = digests.setdefault(digest, name) if digest else name
        if same != name:
            found[name] = found.setdefault(same, same)
            continue
        bands = [(at, tuple(signature[at : at + _ROWS])) for at in range(0, len(signature), _ROWS)]
        candidates = dict.fromkeys(leaders[band] for band in bands if band in leaders)
        leader = next((each for each in candidates if likeness(known[each], signature) >= THRESHOLD), "")
        if leader:
            found[leader] = found[name] = leader
            continue
        known[name] = signature
        for band in bands:
            leaders.setdefault(band, name)
    return found


def likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """Return the share of equal values: the estimate of how much two scripts have in common."""
    return sum(a == b for a, b in zip(one, other, strict=False)) / max(len(one), len(other), 1)
