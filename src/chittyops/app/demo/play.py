"""What all acts of the demo share: the stage, the centre, the workspace, and what has happened so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from chittyops.app.demo import shop
from chittyops.app.demo.centre import Centre
from chittyops.app.demo.crowd import Crowd
from chittyops.app.demo.stage import Stage
from chittyops.app.demo.workspace import Workspace
from chittyops.app.follow import follow
from chittyops.app.plan_view import why
from chittyops.capabilities.deploy.model import OnFailure, Release, ReleaseOptions, ReleaseService
from chittyops.interface.terminal import Table
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Unavailable
from chittyops.kernel.plan import Action
from chittyops.kernel.service import Fleet
from chittyops.workflows import ship

OPTIONS = ReleaseOptions(OnFailure.ROLLBACK, max_parallel=8)


@dataclass(slots=True)
class Play:
    """One run of the demo."""

    stage: Stage
    centre: Centre
    workspace: Workspace
    clock: Clock
    releases: list[Release] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    requests_made: int = 0
    requests_failed: int = 0

    def fleet(self) -> Fleet:
        """Return the fleet as its files describe it now."""
        return ship.read(self.workspace.root, None)

    def ship(self) -> Release:
        """Deploy what has changed, by the functions behind `chittyops deploy`, and show it live."""
        client, fleet = self.centre.client, self.fleet()
        inputs = ship.gather(fleet, self.centre.home, self.clock, keyed=True)
        plan = ship.propose(client, fleet, inputs, ship.Wanted())
        planned = Table("service", "plan", "why")
        for each in plan.services:
            if each.action is not Action.SKIP:
                planned.row(each.name, each.action.value, why(each))
        self.stage.tell()
        self.stage.tell_all(planned)
        ship.upload(client, plan, inputs, lambda _name: None)
        release = follow(client, ship.start(client, plan, OPTIONS), self.stage.below, self.clock)
        self.releases.append(release)
        return release

    def build(self, name: str) -> str:
        """Return the build a service says it is, "" when it does not answer."""
        try:
            return str(shop.get(self.addresses[name], "/health").json.get("build", ""))
        except (KeyError, Unavailable):
            return ""

    def crowd(self, *names: str) -> Crowd:
        """Return customers for some services."""
        return Crowd({name: self.addresses[name] for name in names})

    def count(self, crowd: Crowd) -> None:
        """Tell what the customers met with."""
        self.requests_made += crowd.made
        self.requests_failed += len(crowd.failures)
        self.stage.claim(
            f"{crowd.made} requests meanwhile, none failed",
            holds=crowd.made > 0 and not crowd.failures,
            instead=f"{len(crowd.failures)} did: {'; '.join(crowd.failures[:3])}",
        )


def deployed(release: Release) -> dict[str, ReleaseService]:
    """Return the services that a release was to deploy, by name."""
    return {each.name: each for each in release.services if each.action == Action.DEPLOY}


def lasted(done: Release | ReleaseService) -> float | None:
    """Return how many seconds something took; None where it has not begun or ended."""
    if not (done.started_at and done.ended_at):
        return None
    return (done.ended_at - done.started_at).total_seconds()
