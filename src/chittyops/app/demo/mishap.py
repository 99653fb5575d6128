"""A broken version is shipped and rolled back, then mended and shipped, while customers are in the shop."""

from __future__ import annotations

from chittyops.app.demo import shop
from chittyops.app.demo.play import Play, deployed, lasted
from chittyops.app.demo.workspace import DELIVERY, MEND, SALE, Edit
from chittyops.capabilities.deploy.model import Release, ReleaseStatus, ServiceStatus
from chittyops.interface.client import text

CHANGED = ("inventory", "catalog")
PRICE_BEFORE, PRICE_AFTER = 5900, 4720


def fail(play: Play) -> None:
    """Ship a version of the catalogue that would give everything away, together with a good one of inventory."""
    before = {name: play.build(name) for name in CHANGED}
    _edit(play, DELIVERY, *SALE)
    with play.crowd(*CHANGED) as crowd:
        release = play.ship()
        after = {name: play.build(name) for name in CHANGED}
    ended = deployed(release)
    if play.stage.terminal.animated:  # elsewhere the lines of the release stand above
        play.stage.tell(ended["catalog"].error, "red")
        play.stage.tell(_last_words(play, release, "catalog"), "red")
    play.stage.claim(
        f"{release.id} fails: the new catalog is never healthy",
        holds=ended["catalog"].status is ServiceStatus.FAILED,
        instead=ended["catalog"].status.value,
        seconds=lasted(release),
    )
    play.stage.claim(
        "inventory was good, and is rolled back with it",
        holds=(release.status, ended["inventory"].status) == (ReleaseStatus.ROLLED_BACK, ServiceStatus.REVERTED),
        instead=f"the release is {release.status.value}, inventory {ended['inventory'].status.value}",
    )
    play.stage.claim("both are the builds they were before", holds=after == before, instead=f"{before} became {after}")
    strangers = crowd.builds["catalog"].keys() - {before["catalog"]}
    play.stage.claim(
        "no customer met the broken catalogue", holds=not strangers, instead=f"answers from {', '.join(strangers)}"
    )
    _price(play, PRICE_BEFORE)
    play.count(crowd)


def mend(play: Play) -> None:
    """Ship the version as it was meant."""
    _edit(play, MEND)
    with play.crowd(*CHANGED) as crowd:
        release = play.ship()
        wrong = [name for name in CHANGED if play.build(name) != _build(release, name)]
    play.stage.claim(
        f"{release.id}: {len(deployed(release))} services deployed",
        holds=release.status is ReleaseStatus.SUCCEEDED,
        instead=release.error or release.status.value,
        seconds=lasted(release),
    )
    play.stage.claim("both are the new builds", holds=not wrong, instead=", ".join(wrong))
    _price(play, PRICE_AFTER)
    play.count(crowd)


def _edit(play: Play, *edits: Edit) -> None:
    play.workspace.apply(*edits)
    for edit in edits:
        play.stage.tell(edit.path)
        play.stage.tell(f"  - {edit.before}", "red")
        play.stage.tell(f"  + {edit.after}", "green")


def _last_words(play: Play, release: Release, service: str) -> str:
    """Return the last line that a service wrote while it was being deployed."""
    said = ""
    for event in play.centre.client.events(f"/releases/{release.id}/events"):
        if event.event == "end":
            break
        if event.event == "log" and event.data.get("service") == service:
            said = text(event.data.get("text"))
    return said


def _build(release: Release, name: str) -> str:
    return deployed(release)[name].build_id


def _price(play: Play, cents: int) -> None:
    found = shop.get(play.addresses["catalog"], "/products/teapot").json.get("price_cents")
    play.stage.claim(f"a teapot costs € {cents / 100:.2f}", holds=found == cents, instead=f"{found} cents")
