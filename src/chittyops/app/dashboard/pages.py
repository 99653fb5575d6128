"""The routes of the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from chittyops.app.access import SESSION_LIFETIME, Access
from chittyops.app.dashboard import views
from chittyops.app.dashboard.configuration import add_configuration_pages
from chittyops.app.dashboard.fleet import Chosen, choose
from chittyops.app.dashboard.site import page
from chittyops.app.dashboard.timeline import timeline
from chittyops.app.dashboard.workspaces import add_workspace_pages
from chittyops.capabilities.catalog.service import Catalog
from chittyops.capabilities.config.service.published import Configurations
from chittyops.capabilities.deploy.model import Release
from chittyops.capabilities.deploy.service import Deploys
from chittyops.capabilities.health.service import Healths
from chittyops.capabilities.secrets.service.rotation.ports import Rotations
from chittyops.interface.web.access import Operator, Viewer, cookie_name
from chittyops.interface.web.paging import PageQuery
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import NotFound
from chittyops.kernel.service import NAME
from chittyops.runtime import journal
from chittyops.runtime.postgres import Database

Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$", max_length=63)]
Wanted = Annotated[str, Query(pattern=f"^({NAME.pattern})?$", max_length=63)]
ReleaseId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,80}$")]
PAGE = "^/([A-Za-z0-9][A-Za-z0-9/_.-]*)?$"
"""Addresses within the site: none begins with two slashes, which would name another host."""
HISTORY = 10
LOG_LINES = 500


class Dashboard:
    """Gathers what the pages show."""

    def __init__(self, deploys: Deploys, healths: Healths, clock: Clock) -> None:
        """Read from the capabilities."""
        self.deploys = deploys
        self.healths = healths
        self.clock = clock

    def now(self) -> datetime:
        """Return the moment that ages on a page are counted from."""
        return self.clock.now()

    async def services(self, chosen: Chosen, current: Release | None) -> tuple[views.ServiceRow, ...]:
        """Return the services of the chosen fleet and environment."""
        deployments = await self.deploys.deployments(chosen.fleet, chosen.environment)
        observed = await self.healths.states(chosen.fleet, chosen.environment)
        return views.rows(chosen, deployments, observed, current)

    async def overview(self, chosen: Chosen) -> views.Overview:
        """Return the first page of a fleet."""
        fleet, environment = chosen.fleet, chosen.environment
        recent = await self.deploys.releases(fleet=fleet, environment=environment, before=None, limit=6)
        newest = await self.deploys.release(recent[0].id) if recent else None
        current = newest if newest and newest.status.active else None
        rows = await self.services(chosen, current)
        return views.Overview(
            rows,
            None if current else views.fleet_picture(chosen, rows),
            views.release_view(current) if current else None,
            views.release_view(newest, drawn=False) if newest and not current else None,
            tuple(recent),
        )

    async def history(self, chosen: Chosen, service: str) -> list[views.Taken]:
        """Return what the latest releases did with one service, newest first."""
        fleet, environment = chosen.fleet, chosen.environment
        recent = await self.deploys.releases(fleet=fleet, environment=environment, before=None, limit=HISTORY)
        return views.taken([await self.deploys.release(r.id) for r in recent], service)


@dataclass(frozen=True, slots=True)
class Shown:
    """The capabilities that pages show."""

    deploys: Deploys
    healths: Healths
    catalog: Catalog
    configurations: Configurations
    rotations: Rotations


def routes(database: Database, shown: Shown, access: Access, clock: Clock) -> APIRouter:
    """Return the routes of every page."""
    router = APIRouter()
    dashboard = Dashboard(shown.deploys, shown.healths, clock)
    _add_fleet_pages(router, dashboard)
    _add_release_pages(router, dashboard)
    add_configuration_pages(router, shown.configurations, shown.rotations, shown.deploys, clock)
    add_workspace_pages(router, shown.catalog, shown.deploys, clock)
    _add_audit(router, dashboard, database)
    _add_login(router, access)
    return router


def _add_fleet_pages(router: APIRouter, dashboard: Dashboard) -> None:
    async def chosen(fleet: Wanted = "", environment: Wanted = "") -> Chosen:
        return await choose(dashboard.deploys, fleet, environment)

    choice = Depends(chosen)

    @router.get("/")
    async def overview_page(request: Request, _asking: Viewer, chosen: Chosen = choice) -> Response:
        if not chosen.fleet:
            return page(request, "empty", {"chosen": chosen, "active": "overview"})
        context = {
            "chosen": chosen, "active": "overview", "now": dashboard.now(), "view": await dashboard.overview(chosen),
        }  # fmt: skip
        return page(request, "overview", context)

    @router.get("/services")
    async def services_page(request: Request, _asking: Viewer, chosen: Chosen = choice) -> Response:
        current = await dashboard.deploys.active(chosen.fleet, chosen.environment)
        rows = await dashboard.services(chosen, current) if chosen.fleet else ()
        context = {"chosen": chosen, "active": "services", "now": dashboard.now(), "rows": rows}
        return page(request, "services", context)

    @router.get("/services/{name}")
    async def service_page(request: Request, _asking: Viewer, name: Name, chosen: Chosen = choice) -> Response:
        current = await dashboard.deploys.active(chosen.fleet, chosen.environment)
        rows = await dashboard.services(chosen, current)
        row = next((r for r in rows if r.name == name), None)
        if row is None:
            message = f"{chosen.fleet or 'the centre'} has no service called {name}"
            raise NotFound(message, hint="the list of services names them all")
        dependents = tuple(r.name for r in rows if name in r.described.depends_on)
        near = {name, *row.described.depends_on, *dependents}
        around = [r for r in rows if r.name in near]
        context = {
            "chosen": chosen, "active": "services", "now": dashboard.now(), "row": row, "dependents": dependents,
            "picture": views.fleet_picture(chosen, around) if len(around) > 1 else None,
            "history": await dashboard.history(chosen, name),
        }  # fmt: skip
        return page(request, "service", context)


def _add_release_pages(router: APIRouter, dashboard: Dashboard) -> None:
    deploys = dashboard.deploys

    @router.get("/releases")
    async def releases_page(
        request: Request, _asking: Viewer, paging: PageQuery, fleet: Wanted = "", environment: Wanted = ""
    ) -> Response:
        chosen = await choose(deploys, fleet, environment)
        found = await deploys.releases(
            fleet=chosen.fleet, environment=chosen.environment, before=paging.before, limit=paging.limit + 1
        )
        listed = paging.page(found, lambda r: r.sequence, lambda r: r)
        context = {"chosen": chosen, "active": "releases", "now": dashboard.now(), "page": listed}
        return page(request, "releases", context)

    @router.get("/releases/{release_id}")
    async def release_page(
        request: Request, _asking: Viewer, release_id: ReleaseId, log: Annotated[str, Query(max_length=63)] = ""
    ) -> Response:
        release = await deploys.release(release_id)
        now = dashboard.now()
        lines = await _lines(deploys, release, log) if "fragment" not in request.query_params else []
        context = {
            "chosen": await choose(deploys, release.fleet, release.environment), "active": "releases", "now": now,
            "view": views.release_view(release), "timeline": timeline(release, now), "log": log, "lines": lines,
            "reasons": views.reasoned(release),
        }  # fmt: skip
        return page(request, "release", context)

    @router.post("/releases/{release_id}/cancel")
    async def cancel_release_form(asking: Operator, release_id: ReleaseId) -> Response:
        await deploys.cancel(release_id, asking.actor)
        return RedirectResponse(f"/releases/{release_id}?notice=cancelling", 303)

    @router.post("/releases/{release_id}/resume")
    async def resume_release_form(asking: Operator, release_id: ReleaseId) -> Response:
        await deploys.resume(release_id, asking.actor)
        return RedirectResponse(f"/releases/{release_id}?notice=resumed", 303)


async def _lines(deploys: Deploys, release: Release, service: str) -> list[views.Line]:
    """Return the last lines that the release said about a service ("" for all), for browsers without scripts."""
    lines: list[views.Line] = []
    after = ""
    while events := await deploys.events(release.id, after):
        lines = (lines + views.lines(events, service))[-LOG_LINES:]
        after = events[-1].cursor
    return lines


def _add_audit(router: APIRouter, dashboard: Dashboard, database: Database) -> None:
    @router.get("/audit")
    async def audit_page(
        request: Request, _asking: Viewer, paging: PageQuery, fleet: Wanted = "", environment: Wanted = ""
    ) -> Response:
        chosen = await choose(dashboard.deploys, fleet, environment)
        async with database.transaction() as tx:
            entries = await journal.page(tx, before=paging.before, limit=paging.limit + 1)
        listed = paging.page(entries, lambda e: e.id, lambda e: e)
        return page(request, "audit", {"chosen": chosen, "active": "audit", "now": dashboard.now(), "page": listed})


def _add_login(router: APIRouter, access: Access) -> None:
    @router.get("/login")
    async def login_page(
        request: Request,
        code: Annotated[str, Query(max_length=128)] = "",
        to: Annotated[str, Query(pattern=PAGE)] = "/",
    ) -> Response:
        session = await access.redeem(code) if code else None
        if session is None:
            return page(request, "login", {"tried": bool(code)}, status=401 if code else 200)
        response = RedirectResponse(to, 303)
        response.set_cookie(
            cookie_name(request), session.value, max_age=int(SESSION_LIFETIME.total_seconds()),
            httponly=True, samesite="strict", secure=request.url.scheme == "https",
        )  # fmt: skip
        return response

    @router.post("/logout")
    async def logout_form(request: Request, asking: Viewer) -> Response:
        await access.sign_out(request.cookies.get(cookie_name(request), ""), asking.actor)
        response = RedirectResponse("/login?notice=signed-out", 303)
        response.delete_cookie(cookie_name(request))
        return response
