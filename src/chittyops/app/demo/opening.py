"""The first acts: the centre starts, the workspace is looked at, everything is deployed."""

from __future__ import annotations

import time

from chittyops.app.demo.play import Play, deployed, seconds
from chittyops.app.release_view import service_table
from chittyops.capabilities.deploy.model import Check, Release, ReleaseStatus, ServiceStatus


def start(play: Play) -> None:
    """Bring the operations centre up."""
    began = time.monotonic()
    address = play.centre.up(lambda line: play.stage.tell(line, "dim"))
    play.stage.claim(f"everything is up at {address}", seconds=time.monotonic() - began)


def deploy(play: Play) -> None:
    """Deploy every service for the first time."""
    release = play.ship()
    for line in service_table(release, reasons=False).render().splitlines():
        play.stage.tell(line)
    services = deployed(release)
    play.addresses = {each.name: each.address for each in services.values() if each.address}
    play.stage.claim(
        f"{release.id}: {len(services)} services deployed",
        holds=release.status is ReleaseStatus.SUCCEEDED,
        instead=release.error or release.status.value,
        seconds=seconds(release),
    )
    early = too_early(release)
    play.stage.claim("each started once all it depends on was healthy", holds=not early, instead=", ".join(early))
    wrong = [n for n, each in services.items() if each.check is not Check.BUILD or play.build(n) != each.build_id]
    play.stage.claim("each says itself that it is the build it should be", holds=not wrong, instead=", ".join(wrong))
    for each in release.services:
        if each.status is ServiceStatus.UNAVAILABLE:
            play.stage.skip(f"{each.name} is left out: {each.note}")


def too_early(release: Release) -> list[str]:
    """Return which services started before something they depend on was deployed."""
    services = deployed(release)
    return [
        f"{each.name} before {needed}"
        for each in services.values()
        for needed in each.depends_on
        if (other := services.get(needed))
        and not (each.started_at and other.ended_at and each.started_at >= other.ended_at)
    ]
