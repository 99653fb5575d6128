"""The pages of configuration: services, one with the origin of its values, environments side by side, secrets."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from chittyops.app.dashboard.configuration_opened import ConfigurationPages, Name, Number, Opened, Text, chosen_of
from chittyops.app.dashboard.configuration_rotations import add_rotation_pages
from chittyops.app.dashboard.configuration_secrets import SecretFilter, counted, scheme, secret_rows
from chittyops.app.dashboard.configuration_service import ValueFilter, lines, rows
from chittyops.app.dashboard.workspaces_opened import Part
from chittyops.capabilities.catalog.service import counted as numbered
from chittyops.capabilities.config.model import Matrix
from chittyops.capabilities.config.service.published import Configurations
from chittyops.capabilities.deploy.service import Deploys
from chittyops.capabilities.secrets.service.rotation.ports import Rotations
from chittyops.interface.web.access import Viewer
from chittyops.kernel.clock import Clock

Wanted = Annotated[list[str] | None, Query(alias="with", max_length=100)]
SECRETS_PER_PAGE: Final = 150


def add_configuration_pages(
    router: APIRouter, configurations: Configurations, rotations: Rotations, deploys: Deploys, clock: Clock
) -> None:
    """Add the routes of every page of configuration and secrets."""
    pages = ConfigurationPages(configurations, deploys, clock)
    _add_list(router, pages)
    _add_service(router, pages)
    _add_compare(router, pages)
    _add_secrets(router, pages)
    add_rotation_pages(router, pages, rotations)


def _add_list(router: APIRouter, pages: ConfigurationPages) -> None:
    choice = Depends(pages.opened)

    @router.get("/configuration")
    async def configuration_page(request: Request, _asking: Viewer, opened: Opened = choice) -> Response:
        return pages.render(request, "configuration", opened, active="configuration")


def _add_service(router: APIRouter, pages: ConfigurationPages) -> None:
    def wanted(q: Text = "", layer: Text = "", part: Text = "", only: Text = "") -> ValueFilter:
        return ValueFilter(q.strip(), layer, part, only)

    choice, asked = Depends(pages.opened), Depends(wanted)

    @router.get("/configuration/{name}")
    async def service_configuration_page(
        request: Request, _asking: Viewer, name: Name, opened: Opened = choice, wanted: ValueFilter = asked
    ) -> Response:
        published, environment = opened.service(name), opened.chosen.environment
        if published is None:
            return pages.render(request, "configuration", opened, active="configuration")
        fleet = published.name
        values = (await pages.configurations.values(fleet, name)).get(environment, ())
        marks = [
            mark
            for mark in (await pages.configurations.matrix(fleet)).secrets
            if (mark.service, mark.environment) == (name, environment)
        ]
        found = rows(values, marks)
        choices = {"layer": numbered(row.layer for row in found), "part": numbered(row.part for row in found)}
        return pages.render(
            request, "service_configuration", opened, active="configuration",
            name=name, tab="values", wanted=wanted, choices=choices, all=len(found),
            rows=[row for row in found if row.fits(wanted)],
        )  # fmt: skip


def _add_compare(router: APIRouter, pages: ConfigurationPages) -> None:
    choice = Depends(pages.opened)

    @router.get("/configuration/{name}/compare")
    async def compare_configuration_page(
        request: Request, _asking: Viewer, name: Name, opened: Opened = choice, q: Text = "", only: Text = "",
        beside: Wanted = None,
    ) -> Response:  # fmt: skip
        published = opened.service(name)
        if published is None:
            return pages.render(request, "configuration", opened, active="configuration")
        tables = await pages.configurations.values(published.name, name)
        environments = chosen_of(beside or (), published.environments)
        marks = [mark for mark in (await pages.configurations.matrix(published.name)).secrets if mark.service == name]
        found = lines({each: tables.get(each, ()) for each in environments}, marks)
        words = q.lower().split()
        shown = [
            line
            for line in found
            if (line.differs or only != "differences") and all(word in line.key.lower() for word in words)
        ]
        return pages.render(
            request, "compare_configuration", opened, active="configuration",
            name=name, tab="compare", text=q.strip(), only=only, environments=environments, lines=shown,
            all=len(found), differing=sum(line.differs for line in found),
        )  # fmt: skip


def _add_secrets(router: APIRouter, pages: ConfigurationPages) -> None:
    def wanted(q: Text = "", service: Text = "", state: Text = "", scheme: Text = "") -> SecretFilter:
        return SecretFilter(q.strip(), service, state, scheme)

    choice, asked = Depends(pages.opened), Depends(wanted)

    @router.get("/secrets")
    async def secrets_page(
        request: Request, _asking: Viewer, opened: Opened = choice, wanted: SecretFilter = asked, number: Number = 1,
        beside: Wanted = None,
    ) -> Response:  # fmt: skip
        published = opened.published
        matrix = await pages.configurations.matrix(published.name) if published else Matrix((), ())
        environments = chosen_of(beside or (), published.environments if published else ())
        found = secret_rows(matrix, environments)
        fields = asdict(wanted)
        query = {"q": fields.pop("text"), **fields}
        choices = {
            "service": numbered(row.service for row in found),
            "scheme": numbered(store for row in found for store in {scheme(mark) for mark in row.found}),
        }
        fitting = [row for row in found if row.found and row.fits(wanted)]
        return pages.render(
            request, "secrets", opened, active="secrets",
            tab="matrix", wanted=wanted, choices=choices, environments=environments, counts=counted(matrix),
            part=Part.of(fitting, number, SECRETS_PER_PAGE), all=len(found), unused=matrix.unused, query=query,
        )  # fmt: skip
