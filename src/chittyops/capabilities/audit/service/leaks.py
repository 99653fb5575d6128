"""What each committed credential touches, and which one to rotate first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Final

from chittyops.capabilities.audit.model import Leak
from chittyops.capabilities.audit.service.fleet import Fleet
from chittyops.kernel.inventory import Credential, Evidence
from chittyops.kernel.words import number

POWERFUL: Final = ("private-key", "aws", "cloudflare", "github", "gcp", "google", "azure", "onepassword", "op-", "age")
"""Parts of the kinds of credentials that open whole accounts; rotated before those of single services."""


def leaks(fleet: Fleet) -> tuple[Leak, ...]:
    """Return each committed credential once, what is to be rotated first on top."""
    found: dict[str, list[Credential]] = defaultdict(list)
    for each in fleet.inventory.credentials:
        found[each.fingerprint].append(each)
    ranked = sorted((_leak(fleet, each) for each in found.values()), key=_urgency)
    return tuple(replace(each, order=order) for order, each in enumerate(ranked, 1))


def _leak(fleet: Fleet, found: list[Credential]) -> Leak:
    places = tuple(sorted({Evidence(each.path, each.line) for each in found}))
    holders = [name for each in found for name in ((each.service,) if each.service else fleet.holders(each.path))]
    services = tuple(sorted(set(holders)))
    alive = [name for name in services if name in fleet.by_name]
    downstream = tuple(sorted(fleet.graph.affected(alive) - set(services)))
    first = found[0]
    reasons = [
        *(["opens a whole account"] if _powerful(first.kind) else []),
        f"stands in {number(len(places), 'place')}",
        f"held by {number(len(services), 'service')}" if services else "held by no service",
        *([f"{len(downstream)} more depend on {'it' if len(services) == 1 else 'them'}"] if downstream else []),
    ]
    return Leak(0, first.fingerprint, first.kind, places, services, downstream, ", ".join(reasons))


def _powerful(kind: str) -> bool:
    return any(part in kind for part in POWERFUL)


def _urgency(leak: Leak) -> tuple[bool, int, int, str, str]:
    reach = len(leak.services) + len(leak.downstream)
    return not _powerful(leak.kind), -reach, -len(leak.places), leak.kind, leak.fingerprint
