"""The pages of workspaces: catalogue, a service, the dependency map, problems, the audit."""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from chittyops.app.dashboard.fleet import Chosen
from chittyops.app.dashboard.site import page
from chittyops.app.dashboard.workspaces_audit import FILES, Audits, audit_view
from chittyops.app.dashboard.workspaces_map import COLOURS, Shown, dependency_map
from chittyops.app.dashboard.workspaces_opened import Name, Number, Part, Text, WorkspacePages, query_of
from chittyops.app.dashboard.workspaces_problems import add_problems
from chittyops.app.dashboard.workspaces_service import find, service_view
from chittyops.app.dashboard.workspaces_words import Places
from chittyops.app.report.words import SYMBOLS
from chittyops.capabilities.catalog.model import EntryFilter
from chittyops.capabilities.catalog.service import COLUMNS, SEVERITIES, Catalog, counted, select_entries
from chittyops.capabilities.deploy.service import Deploys
from chittyops.interface.web.access import Viewer
from chittyops.kernel.clock import Clock
from chittyops.kernel.inventory import CAPABILITIES

SERVICES_PER_PAGE: Final = 100


def add_workspace_pages(router: APIRouter, catalog: Catalog, deploys: Deploys, clock: Clock) -> None:
    """Add the routes of every page of workspaces."""
    pages = WorkspacePages(catalog, deploys, clock)
    _add_list(router, pages)
    _add_catalogue(router, pages)
    _add_service(router, pages)
    _add_map(router, pages)
    add_problems(router, pages)
    _add_audit(router, pages)


def _add_list(router: APIRouter, pages: WorkspacePages) -> None:
    choice = Depends(pages.chosen)

    @router.get("/workspaces")
    async def workspaces_page(request: Request, _asking: Viewer, chosen: Chosen = choice) -> Response:
        found = await pages.catalog.workspaces()
        if len(found) == 1:
            return RedirectResponse(Places(found[0].name, chosen).at(), 303)
        listed = [(each, Places(each.name, chosen)) for each in found]
        context = {"chosen": chosen, "active": "workspaces", "now": pages.clock.now(), "workspaces": listed}
        return page(request, "workspaces", context)


def _add_catalogue(router: APIRouter, pages: WorkspacePages) -> None:
    def wanted(
        q: Text = "", platform: Text = "", status: Text = "", repository: Text = "", owner: Text = "",
        problems: Text = "", sort: Text = "name",
    ) -> EntryFilter:  # fmt: skip
        return EntryFilter(q.strip(), platform, status, repository, owner, problems, sort)

    choice, asked = Depends(pages.chosen), Depends(wanted)

    @router.get("/workspaces/{workspace}")
    async def workspace_catalogue_page(
        request: Request, _asking: Viewer, workspace: Name, chosen: Chosen = choice, wanted: EntryFilter = asked,
        number: Number = 1,
    ) -> Response:  # fmt: skip
        opened = await pages.opened(workspace, chosen)
        found = opened.entries()
        services = [entry.service for entry in found]
        choices = {
            "platform": counted(s.platform for s in services),
            "status": counted(s.status for s in services),
            "repository": counted(s.repository for s in services),
            "owner": counted(owner for s in services for owner in s.owners),
        }
        listed = Part.of(select_entries(found, wanted), number, SERVICES_PER_PAGE)
        return pages.render(
            request, "workspace_catalogue", opened,
            wanted=wanted, choices=choices, part=listed, all=len(found), columns=tuple(COLUMNS), severities=SEVERITIES,
            query=query_of(wanted, {"sort": "name"}),
        )  # fmt: skip


def _add_service(router: APIRouter, pages: WorkspacePages) -> None:
    choice = Depends(pages.chosen)

    @router.get("/workspaces/{workspace}/services/{path:path}")
    async def workspace_service_page(
        request: Request, _asking: Viewer, workspace: Name, path: str, name: Text = "", chosen: Chosen = choice
    ) -> Response:
        opened = await pages.opened(workspace, chosen)
        found = opened.entries()
        entry = find(found, path.strip("/"), name)
        view = service_view(opened.published.inventory, found, opened.problems, entry, opened.places)
        return pages.render(request, "workspace_service", opened, view=view, service=entry.service)


def _add_map(router: APIRouter, pages: WorkspacePages) -> None:
    def wanted(q: Text = "", show: Text = "", outside: Text = "", colour: Text = "platform") -> Shown:
        return Shown(q.strip(), show == "all", bool(outside), colour if colour in COLOURS else "platform")

    choice, asked = Depends(pages.chosen), Depends(wanted)

    @router.get("/workspaces/{workspace}/map")
    async def workspace_map_page(
        request: Request, _asking: Viewer, workspace: Name, chosen: Chosen = choice, shown: Shown = asked
    ) -> Response:
        opened = await pages.opened(workspace, chosen)
        drawn = dependency_map(opened.entries(), opened.places, shown)
        query = {"q": shown.text, "show": "all" * shown.everything, "outside": "yes" * shown.outside}
        return pages.render(request, "workspace_map", opened, map=drawn, shown=shown, colours=COLOURS, query=query)


def _add_audit(router: APIRouter, pages: WorkspacePages) -> None:
    choice, audits = Depends(pages.chosen), Audits()

    @router.get("/workspaces/{workspace}/audit")
    async def workspace_audit_page(
        request: Request, _asking: Viewer, workspace: Name, chosen: Chosen = choice
    ) -> Response:
        opened = await pages.opened(workspace, chosen)
        view = audit_view(await audits.report(opened.published))
        return pages.render(request, "workspace_audit", opened, view=view, capabilities=CAPABILITIES, symbols=SYMBOLS)

    @router.get("/workspaces/{workspace}/audit/{form}")
    async def workspace_audit_file(_asking: Viewer, workspace: Name, form: Literal["html", "md", "json"]) -> Response:
        report = await audits.report(await pages.catalog.published(workspace))
        media_type, write = FILES[form]
        headers = {"Content-Disposition": f'attachment; filename="audit-{workspace}.{form}"'}
        return Response(await asyncio.to_thread(write, report), media_type=media_type, headers=headers)
