"""What pages know of a fleet: which one is chosen, and its services as the fleet file described them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from chittyops.capabilities.deploy.model import FleetView
from chittyops.capabilities.deploy.service import Deploys
from chittyops.kernel.errors import NotFound
from chittyops.kernel.event import Json


@dataclass(frozen=True, slots=True)
class Described:
    """A service as the fleet's document describes it."""

    name: str
    platform: str = "local"
    depends_on: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The fleet and environment a page is about, and those it could be about. No fleet: the centre is new."""

    fleets: tuple[FleetView, ...] = ()
    fleet: str = ""
    environment: str = ""
    services: Mapping[str, Described] = field(default_factory=dict)
    query: str = field(init=False, default="")
    """What keeps the choice in a link."""

    def __post_init__(self) -> None:
        """Make the query once: a page has a thousand links."""
        if self.fleet:
            object.__setattr__(self, "query", urlencode({"fleet": self.fleet, "environment": self.environment}))

    @property
    def environments(self) -> tuple[str, ...]:
        """Return the environments of the chosen fleet."""
        known = next((f.environments for f in self.fleets if f.name == self.fleet), ())
        return known if self.environment in known or not known else (*known, self.environment)

    def link(self, path: str, **more: str) -> str:
        """Return ``path`` with the choice, and ``more`` parameters, in its query."""
        query = f"{self.query}&{urlencode(more)}".strip("&") if more else self.query
        return f"{path}?{query}" if query else path


async def choose(deploys: Deploys, fleet: str, environment: str) -> Chosen:
    """Return the fleet and environment asked for; left out, the fleet changed last and its first environment.

    Raises NotFound for a fleet that the centre does not know.
    """
    fleets = tuple(await deploys.fleets())
    if not fleets and not fleet:
        return Chosen()
    view = next((f for f in fleets if f.name == fleet), None)
    if view is None and fleet:
        message = f"the centre knows no fleet called {fleet}"
        raise NotFound(message, hint="`chittyops plan` in the fleet's folder makes it known")
    view = view or max(fleets, key=lambda f: f.updated_at)
    environment = environment or next(iter(view.environments), "local")
    return Chosen(fleets, view.name, environment, described(view))


def described(view: FleetView) -> dict[str, Described]:
    """Return the services of a fleet by name. What the document leaves out is empty."""
    services = view.document.get("services")
    if not isinstance(services, dict):
        return {}
    return {name: _service(name, data if isinstance(data, dict) else {}) for name, data in services.items()}


def _service(name: str, data: Mapping[str, Json]) -> Described:
    return Described(
        name, str(data.get("platform") or "local"),
        _names(data.get("depends_on")), _names(data.get("owners")), _names(data.get("tags")),
    )  # fmt: skip


def _names(value: Json) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
