"""Services made of facts: what is one, what it is called, what it needs, whether it is a copy of another."""

from __future__ import annotations

from chittyops.capabilities.discovery.service.assembly import copies, sources
from chittyops.capabilities.discovery.service.assembly.completion import Completion, drafted
from chittyops.capabilities.discovery.service.assembly.names import Names
from chittyops.capabilities.discovery.service.assembly.units import units
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService


def services(world: World) -> tuple[FoundService, ...]:
    """Return the services of ``world`` by their paths, in one folder the main one first; without dependencies."""
    found = sources.index(world)
    made = units(world, found)
    names = Names(world, found)
    drafts = [drafted(world, found, unit, names) for unit in made]
    completion = Completion(world.with_services(drafts), found, made)
    complete = [completion.of(draft, unit) for draft, unit in zip(drafts, made, strict=True)]
    return copies.mark(world.with_services(copies.with_variants(complete)))
