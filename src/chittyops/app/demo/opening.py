"""The first acts: the centre starts, the workspace is looked at, everything is deployed."""

from __future__ import annotations

import time
from http import HTTPStatus
from urllib.parse import urlsplit

from chittyops.app.demo import shop
from chittyops.app.demo.play import Play, deployed, lasted
from chittyops.capabilities.deploy.model import Check, Release, ReleaseStatus, ServiceStatus
from chittyops.interface.client import table, text
from chittyops.interface.terminal import Table


def start(play: Play) -> None:
    """Bring the operations centre up."""
    began = time.monotonic()
    address = play.centre.up(lambda line: play.stage.tell(line, "dim"))
    play.stage.claim(f"everything is up at {address}", seconds=time.monotonic() - began)


def deploy(play: Play) -> None:
    """Deploy every service for the first time."""
    release = play.ship()
    services = deployed(release)
    results = Table("service", "took>", "build", "address")
    for each in services.values():
        results.row(each.name, f"{lasted(each) or 0:.1f} s", each.build_id, each.address)
    play.stage.tell_all(results)
    play.addresses = {each.name: each.address for each in services.values() if each.address}
    play.stage.claim(
        f"{release.id}: {len(services)} services deployed",
        holds=release.status is ReleaseStatus.SUCCEEDED,
        instead=release.error or release.status.value,
        seconds=lasted(release),
    )
    early = too_early(release)
    play.stage.claim("each started once all it depends on was healthy", holds=not early, instead=", ".join(early))
    wrong = [n for n, each in services.items() if each.check is not Check.BUILD or play.build(n) != each.build_id]
    play.stage.claim("each says itself that it is the build it should be", holds=not wrong, instead=", ".join(wrong))
    for each in release.services:
        if each.status is ServiceStatus.UNAVAILABLE:
            play.stage.skip(f"{each.name} is left out: {each.note}")


def visit(play: Play) -> None:
    """Sign in to the page as a browser does: by a link that works once."""
    link = urlsplit(text(table(play.centre.client.post("/login-links")).get("url")))
    address = f"http://127.0.0.1:{link.port}"
    host = {"Host": link.netloc}
    signed_in = shop.get(address, f"{link.path}?{link.query}", host)
    cookie = signed_in.header("set-cookie").partition(";")[0]
    page = shop.get(address, signed_in.header("location") or "/", host | {"Cookie": cookie})
    missing = [name for name in play.addresses if name.encode() not in page.body]
    play.stage.claim(
        "a one-time link opens the page, and every service is on it",
        holds=page.status == HTTPStatus.OK and not missing,
        instead=f"it answers {page.status}" + (f", without {', '.join(missing)}" if missing else ""),
    )
    again = shop.get(address, f"{link.path}?{link.query}", host)
    play.stage.claim("the link does not open it again", holds=not again.header("set-cookie"), instead="it did")


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
