"""The workspace is looked at: what discovery finds in the files, beside what the fleet file says."""

from __future__ import annotations

from chittyops.app.demo.play import Play


def look(play: Play) -> None:
    """Discover the services, and compare with chittyops.yaml."""
    fleet = play.fleet()
    play.stage.claim(f"chittyops.yaml names {len(fleet.services)} services")
