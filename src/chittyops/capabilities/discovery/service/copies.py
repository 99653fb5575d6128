"""Folders that hold the same service again."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.model.findings import FoundService
from chittyops.capabilities.discovery.service.assembly import owned

_ALIKE = 0.8
_SCAFFOLDING = 3
"""Files seen in so many services of different names are generated, and say nothing of who copied whom."""
_COPY_NAME = re.compile(r"(?i)( copy| \(?\d\)?|[-_](copy|bak|backup|old))($|/)")


def mark(services: list[FoundService], facts: Sequence[Facts]) -> list[FoundService]:
    """Return ``services`` with those that repeat another marked as its copies."""
    files = _files(services, facts)
    owners: dict[str, list[int]] = defaultdict(list)
    for index, prints in enumerate(files):
        for each in prints:
            owners[each].append(index)
    generated = {each for each, who in owners.items() if len({services[n].name for n in who}) >= _SCAFFOLDING}
    marked = list(services)
    # The likeliest original comes first: in its proper place, then with the shortest path.
    order = sorted(range(len(services)), key=lambda n: _unlikely(services[n]))
    rank = {index: place for place, index in enumerate(order)}
    for index in order:
        shared = Counter(n for each in files[index] - generated for n in owners[each] if rank[n] < rank[index])
        for other, count in shared.most_common(1):
            whole = len((files[index] | files[other]) - generated)
            if count / whole >= _ALIKE and not marked[other].copy_of:
                marked[index] = dataclasses.replace(services[index], status="copy", copy_of=services[other].path)
    return marked


def _files(services: list[FoundService], facts: Sequence[Facts]) -> list[set[str]]:
    by_folder = owned(facts, {each.path for each in services})
    return [{each.fingerprint for each in by_folder[service.path] if each.fingerprint} for service in services]


def _unlikely(service: FoundService) -> tuple[bool, bool, int, str]:
    return (service.status != "canonical", bool(_COPY_NAME.search(service.path)), service.path.count("/"), service.path)
