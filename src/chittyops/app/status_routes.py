"""What runs, and how well: deployments and their health in one list."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from chittyops.capabilities.deploy.model import Deployment
from chittyops.capabilities.deploy.service import Deploys
from chittyops.capabilities.health.model import HealthState
from chittyops.capabilities.health.service import Healths
from chittyops.interface.web.access import Viewer
from chittyops.interface.web.paging import Page
from chittyops.kernel.graph import Graph

UNKNOWN = "unknown"


class ServiceView(BaseModel):
    """One service of the fleet in one environment. ``build`` is empty where nothing is deployed."""

    service: str
    platform: str
    depends_on: list[str]
    build: str = ""
    check: str = ""
    provider: str = ""
    address: str = ""
    release: str = ""
    since: datetime | None = None
    health: str = UNKNOWN
    health_detail: str = ""
    latency_ms: float | None = None
    checked_at: datetime | None = None


def status_routes(deploys: Deploys, healths: Healths) -> APIRouter:
    """Return the route of the list of services."""
    router = APIRouter(prefix="/api/v1", tags=["services"])

    @router.get("/fleets/{fleet}/environments/{environment}/services")
    async def list_services(
        _asking: Viewer, fleet: Annotated[str, Path(max_length=63)], environment: Annotated[str, Path(max_length=63)]
    ) -> Page[ServiceView]:
        """List the fleet's services: what is deployed here, and how it is."""
        known = (await deploys.fleet(fleet)).document.get("services", {})
        active = {d.service: d for d in await deploys.deployments(fleet, environment)}
        health = {h.key.service: h for h in await healths.states(fleet, environment)}
        described = known if isinstance(known, dict) else {}
        views = [
            _view(name, described.get(name), active.get(name), health.get(name)) for name in described.keys() | active
        ]
        return Page(items=_in_order(views))

    return router


def _in_order(views: list[ServiceView]) -> list[ServiceView]:
    """Return the services, each after what it depends on, otherwise by name."""
    by_name = {view.service: view for view in sorted(views, key=lambda view: view.service)}
    known = {name: tuple(d for d in view.depends_on if d in by_name) for name, view in by_name.items()}
    return [by_name[name] for name in Graph(known).order()]


def _view(name: str, known: object, active: Deployment | None, health: HealthState | None) -> ServiceView:
    about = known if isinstance(known, dict) else {}
    view = ServiceView(
        service=name,
        platform=str(about.get("platform", active.spec.platform if active else "")),
        depends_on=[str(d) for d in about.get("depends_on", active.spec.depends_on if active else ())],
    )
    if active:
        view.build, view.check, view.provider = active.build_id, active.check.value, active.provider
        view.address, view.release, view.since = active.address, active.release, active.since
    if active and health:
        view.health, view.health_detail = health.status.value, health.detail
        view.latency_ms, view.checked_at = health.latency_ms, health.checked_at
    return view
