"""What the demo has shown, in a few lines."""

from __future__ import annotations

from chittyops.app.demo.play import Play, deployed, lasted
from chittyops.interface.terminal import Table
from chittyops.kernel.event import Json


def summarise(play: Play) -> None:
    """Write the summary: the acts with their times, the releases, the requests, what did not hold."""
    terminal, stage = play.stage.terminal, play.stage
    terminal.note("")
    terminal.note("Summary", "bold")
    acts = Table("", "act", "took>", "claims")
    for act in stage.acts:
        made = [claim for claim in stage.claims if claim.act == act.title]
        held = sum(claim.holds for claim in made)
        acts.row(str(act.number), act.title, f"{act.seconds:.1f} s", f"{held} of {len(made)} hold")
    releases = Table("release", "ended", "services", "took>")
    for release in play.releases:
        took = lasted(release)
        names = ", ".join(deployed(release))
        releases.row(release.id, release.status.value.replace("_", " "), names, f"{took:.1f} s" if took else "")
    terminal.emit(figures(play), "\n\n".join([acts.render(), releases.render(), _requests(play)]))


def figures(play: Play) -> dict[str, Json]:
    """Return the summary as data."""
    stage = play.stage
    return {
        "succeeded": not stage.failed,
        "acts": [{"title": act.title, "seconds": round(act.seconds, 3)} for act in stage.acts],
        "claims": [{"act": c.act, "text": c.text, "holds": c.holds, "instead": c.instead} for c in stage.claims],
        "releases": [
            {"id": r.id, "status": r.status.value, "services": list(deployed(r)), "seconds": lasted(r)}
            for r in play.releases
        ],
        "requests": {"made": play.requests_made, "failed": play.requests_failed},
    }


def _requests(play: Play) -> str:
    total = sum(act.seconds for act in play.stage.acts)
    return f"{play.requests_made} requests made, {play.requests_failed} failed; {total:.1f} s in all"
