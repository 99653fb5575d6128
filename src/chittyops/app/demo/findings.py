"""The workspace is looked at: what discovery finds in the files, beside what the fleet file says."""

from __future__ import annotations

import time

from chittyops.app.demo.play import Play
from chittyops.capabilities.discovery.wiring import discover
from chittyops.interface.terminal import Table
from chittyops.kernel.inventory import Inventory
from chittyops.kernel.service import Fleet


def look(play: Play) -> None:
    """Discover the services and who needs whom, and compare with chittyops.yaml."""
    began = time.monotonic()
    found = discover(play.workspace.root, play.centre.home)
    took = time.monotonic() - began
    _show(play, found)
    wrong = [problem.message for problem in found.problems if problem.severity != "info"]
    play.stage.claim(
        f"discovery finds {len(found.services)} services in {found.stats['files']} files",
        holds=bool(found.services) and not wrong,
        instead="; ".join(wrong),
        seconds=took,
    )
    differences = _differences(found, play.fleet())
    play.stage.claim(
        "chittyops.yaml, which people keep, says the same",
        holds=not differences,
        instead=", ".join(differences),
    )


def _show(play: Play, found: Inventory) -> None:
    services = Table("service", "kind", "needs", "which is said in")
    for each in found.services:
        needed = ", ".join(dict.fromkeys(edge.target for edge in each.depends_on))
        said = dict.fromkeys(f"{seen.path}:{seen.line}" for edge in each.depends_on for seen in edge.evidence[:1])
        services.row(each.name, "+".join(each.platforms), needed, ", ".join(said).replace(f"{each.path}/", ""))
    play.stage.tell_all(services)


def _differences(found: Inventory, fleet: Fleet) -> list[str]:
    """Return the services that discovery and the fleet file do not agree on: their folder, or what they need."""
    seen = {each.name: (each.path, {edge.target for edge in each.depends_on}) for each in found.services}
    written = {name: (each.path, set(each.depends_on)) for name, each in fleet.services.items()}
    return sorted(name for name in seen.keys() | written.keys() if seen.get(name) != written.get(name))
