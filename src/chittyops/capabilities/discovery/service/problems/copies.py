"""Copies that are no longer what they were copied from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.assembly import copies
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "drifted-copy": (
        "warning",
        "A copy of a service differs from the original: changes are made in one of them alone.",
    ),
}
_NAMED: Final = 3


def find(world: World) -> Iterator[Finding]:
    """Yield the copies whose files differ from those of their originals."""
    seen: set[str] = set()
    for service in world.services:
        if service.status != "copy" or service.path in seen:
            continue
        seen.add(service.path)
        if differing := copies.drift(world, service.path, service.copy_of):
            # What is kept aside is expected to fall behind; a copy that lives on is not.
            severity = "info" if places.aside(service.path, service.repository, world.folders)[0] else "warning"
            names = ", ".join(differing[:_NAMED]) + (", ..." if len(differing) > _NAMED else "")
            files = "1 file differs" if len(differing) == 1 else f"{len(differing)} files differ"
            yield Finding(
                "drifted-copy",
                severity,
                next(iter(service.config_files), places.join(service.path, differing[0])),
                f"{service.path} is a copy of {service.copy_of} that has drifted: {files} ({names})",
                1,
                hint="bring what is wanted into the original, then remove the copy",
                service=service.name,
            )
