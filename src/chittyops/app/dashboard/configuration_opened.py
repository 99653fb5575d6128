"""What every page of configuration begins with: the fleet, and the environments that its files know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Path, Query, Request
from starlette.responses import Response

from chittyops.app.dashboard import configuration_words as words
from chittyops.app.dashboard.configuration_words import ConfigurationPlaces
from chittyops.app.dashboard.fleet import Chosen, choose
from chittyops.app.dashboard.site import page
from chittyops.capabilities.config.model import PublishedFleet
from chittyops.capabilities.config.service.published import Configurations
from chittyops.capabilities.deploy.service import Deploys
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import NotFound
from chittyops.kernel.service import NAME

Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$", max_length=63)]
Wanted = Annotated[str, Query(pattern=f"^({NAME.pattern})?$", max_length=63)]
Text = Annotated[str, Query(max_length=300)]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]


@dataclass(frozen=True, slots=True)
class Opened:
    """The fleet that a page is about; ``published`` is None where nobody has published its configuration yet."""

    chosen: Chosen
    published: PublishedFleet | None

    @property
    def places(self) -> ConfigurationPlaces:
        """Return the addresses of its pages."""
        return ConfigurationPlaces(self.chosen)

    def service(self, name: str) -> PublishedFleet | None:
        """Return the fleet where it has a service ``name``. Raises NotFound where it has others."""
        if self.published is None:
            return None
        if name not in self.published.services:
            message = f"{self.chosen.fleet} has no published configuration of a service called {name}"
            raise NotFound(message, hint="`chittyops publish` in the fleet's folder publishes what its files say")
        return self.published


class ConfigurationPages:
    """Gathers what every page of configuration needs."""

    def __init__(self, configurations: Configurations, deploys: Deploys, clock: Clock) -> None:
        """Read from the capabilities."""
        self.configurations = configurations
        self.deploys = deploys
        self.clock = clock

    async def opened(self, fleet: Wanted = "", environment: Wanted = "") -> Opened:
        """Return the fleet asked for; its environments are those of its files as well as those released to."""
        chosen = await choose(self.deploys, fleet, environment)
        found = {each.name: each for each in await self.configurations.fleets()}
        published = found.get(chosen.fleet)
        if published is None:
            return Opened(chosen, None)
        names = tuple(dict.fromkeys((*published.environments, *chosen.environments)))
        fleets = tuple(replace(f, environments=names) if f.name == chosen.fleet else f for f in chosen.fleets)
        there = chosen.environment if chosen.environment in names else names[0]
        return Opened(Chosen(fleets, chosen.fleet, there, chosen.services), published)

    def render(self, request: Request, page_name: str, opened: Opened, *, active: str, **context: object) -> Response:
        """Return one page."""
        shared = {
            "chosen": opened.chosen, "active": active, "now": self.clock.now(), "words": words,
            "worded": words.worded, "places": opened.places, "published": opened.published,
        }  # fmt: skip
        return page(request, page_name, {**shared, **context})


def chosen_of(wanted: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return those of ``known`` that are ``wanted``, all where none is."""
    return tuple(name for name in known if name in wanted) or tuple(known)
