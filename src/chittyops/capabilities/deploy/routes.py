"""The HTTP API of deploying: plans, bundles, releases, live events, logs."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from chittyops.capabilities.deploy.model import (
    Desired,
    FleetView,
    OnFailure,
    PlanRequest,
    Release,
    ReleaseOptions,
    RollbackRequest,
    StoredPlan,
)
from chittyops.capabilities.deploy.ports import Bundles
from chittyops.capabilities.deploy.service import Deploys
from chittyops.interface.codec import dump
from chittyops.interface.web.access import Operator, Viewer
from chittyops.interface.web.paging import Page, PageQuery
from chittyops.interface.web.stream import EventStream, LastEventId, ServerEvent, stream
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.service import NAME, Environment

FOLLOW_POLL_SECONDS = 0.15
SPOOL_BYTES = 8 * 2**20
MAX_SERVICES = 5000

NamePattern = "^" + NAME.pattern + "$"
FleetName = Annotated[str, Path(pattern=NamePattern, max_length=63)]
Name = FleetName
ReleaseId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,80}$", max_length=80)]


class PlanBody(BaseModel):
    """What to plan: the fleet as its files describe it, or a rollback."""

    model_config = ConfigDict(extra="forbid")

    root: str = Field("", max_length=4096, description="the folder of the fleet file, for people")
    provider: str = Field("", max_length=63, description="the environment's provider; empty: each service's own")
    protected: bool = False
    document: dict[str, Any] = Field(default_factory=dict, description="the fleet as pages show it")
    services: list[Desired] = Field(default_factory=list, max_length=MAX_SERVICES)
    select: list[str] = Field(default_factory=list, max_length=MAX_SERVICES)
    changed: bool = Field(default=False, description="take in whatever depends on a changed service")
    force: bool = Field(default=False, description="deploy unchanged services too")
    rollback: bool = Field(default=False, description="plan a rollback; only rollback_to and select count then")
    rollback_to: int | None = Field(None, ge=1, le=2**31 - 1)


class PlanView(BaseModel):
    """A stored plan, and the bundles that must be uploaded before it can be applied."""

    id: str
    kind: str
    fleet: str
    environment: str
    base: str
    services: list[dict[str, Any]]
    missing_bundles: list[str]


class ReleaseBody(BaseModel):
    """The plan to apply, and how."""

    model_config = ConfigDict(extra="forbid")

    plan: str = Field(max_length=64)
    on_failure: OnFailure = OnFailure.ROLLBACK
    max_parallel: int = Field(8, ge=1, le=256)


class ReleaseView(BaseModel):
    """A release. ``services`` and ``plan`` are there when one release is asked for."""

    id: str
    fleet: str
    number: int
    environment: str
    kind: str
    status: str
    on_failure: str
    max_parallel: int
    actor: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cancel_requested: bool
    error: str
    plan: dict[str, Any] | None = None
    services: list[dict[str, Any]] = Field(default_factory=list)

    @classmethod
    def of(cls, release: Release) -> ReleaseView:
        """Return the view of ``release``."""
        return cls.model_validate(dump(release))


class FleetDocument(BaseModel):
    """A fleet as the centre last saw it."""

    name: str
    root: str
    document: dict[str, Any]
    environments: list[str]
    updated_at: datetime

    @classmethod
    def of(cls, fleet: FleetView) -> FleetDocument:
        """Return the view of ``fleet``."""
        return cls.model_validate(dump(fleet))


def routes(deploys: Deploys, bundles: Bundles) -> APIRouter:
    """Return the routes of deploying."""
    router = APIRouter(prefix="/api/v1")
    _plan_routes(router, deploys, bundles)
    _release_routes(router, deploys)
    _live_routes(router, deploys)
    return router


def _plan_routes(router: APIRouter, deploys: Deploys, bundles: Bundles) -> None:
    @router.get("/fleets", tags=["fleets"])
    async def list_fleets(_asking: Viewer) -> Page[FleetDocument]:
        """List the fleets the centre knows."""
        return Page(items=[FleetDocument.of(fleet) for fleet in await deploys.fleets()])

    @router.get("/fleets/{fleet}", tags=["fleets"])
    async def read_fleet(_asking: Viewer, fleet: FleetName) -> FleetDocument:
        """Return one fleet."""
        return FleetDocument.of(await deploys.fleet(fleet))

    @router.post("/fleets/{fleet}/environments/{environment}/plans", status_code=201, tags=["plans"])
    async def create_plan(asking: Operator, fleet: FleetName, environment: Name, body: PlanBody) -> PlanView:
        """Compare what is wanted with what runs, and keep the difference as a plan."""
        if body.rollback:
            request = RollbackRequest(body.rollback_to, tuple(body.select))
            stored = await deploys.make_rollback(fleet, environment, request, asking.actor)
        else:
            stored = await deploys.make_plan(fleet, _request(environment, body), asking.actor)
        return _plan_view(stored, bundles)

    @router.get("/plans/{plan}", tags=["plans"])
    async def read_plan(_asking: Viewer, plan: Annotated[str, Path(max_length=64)]) -> PlanView:
        """Return a plan."""
        return _plan_view(await deploys.plan(plan), bundles)

    @router.put("/bundles/{content}", status_code=204, tags=["plans"])
    async def store_bundle(request: Request, _asking: Operator, content: Annotated[str, Path(max_length=64)]) -> None:
        """Keep the files of a build: a tar stream whose files hash to the name."""
        with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
            async for piece in request.stream():
                spool.write(piece)
            spool.seek(0)
            await asyncio.to_thread(bundles.store, content, cast("Any", spool))


def _release_routes(router: APIRouter, deploys: Deploys) -> None:
    @router.post("/releases", status_code=201, tags=["releases"])
    async def create_release(asking: Operator, body: ReleaseBody) -> ReleaseView:
        """Apply a plan. Refused when it is stale, or when another release holds the environment."""
        options = ReleaseOptions(body.on_failure, body.max_parallel)
        return ReleaseView.of(await deploys.apply(body.plan, options, asking.actor))

    @router.get("/releases", tags=["releases"])
    async def list_releases(
        _asking: Viewer,
        paging: PageQuery,
        fleet: Annotated[str | None, Query(max_length=63)] = None,
        environment: Annotated[str | None, Query(max_length=63)] = None,
    ) -> Page[ReleaseView]:
        """List releases, the newest first."""
        found = await deploys.releases(
            fleet=fleet, environment=environment, before=paging.before, limit=paging.limit + 1
        )
        return paging.page(found, lambda r: r.sequence, ReleaseView.of)

    @router.get("/releases/{release}", tags=["releases"])
    async def read_release(_asking: Viewer, release: ReleaseId) -> ReleaseView:
        """Return a release with its services and plan."""
        return ReleaseView.of(await deploys.release(release))

    @router.post("/releases/{release}/cancel", status_code=202, tags=["releases"])
    async def cancel_release(asking: Operator, release: ReleaseId) -> ReleaseView:
        """Ask a release to stop."""
        await deploys.cancel(release, asking.actor)
        return ReleaseView.of(await deploys.release(release))

    @router.post("/releases/{release}/resume", status_code=202, tags=["releases"])
    async def resume_release(asking: Operator, release: ReleaseId) -> ReleaseView:
        """Go on with what did not succeed."""
        await deploys.resume(release, asking.actor)
        return ReleaseView.of(await deploys.release(release))


def _live_routes(router: APIRouter, deploys: Deploys) -> None:
    @router.get("/releases/{release}/events", response_class=EventStream, tags=["releases"])
    async def watch_release(
        request: Request, _asking: Viewer, release: ReleaseId, last_event_id: LastEventId = ""
    ) -> EventStream:
        """Stream what a release says and becomes, from the beginning or after Last-Event-ID, to its end."""
        await deploys.release(release)
        return stream(request, _follow(deploys, release, last_event_id))

    @router.get(
        "/fleets/{fleet}/environments/{environment}/services/{service}/logs",
        response_class=EventStream,
        tags=["services"],
    )
    async def read_logs(
        request: Request,
        _asking: Viewer,
        fleet: FleetName,
        environment: Name,
        service: Name,
        tail: Annotated[int, Query(ge=0, le=10_000)] = 100,
        follow: bool = False,
    ) -> EventStream:
        """Stream the log of a running service."""
        lines = deploys.logs(fleet, environment, service, tail=tail, follow=follow)
        first = await anext(lines, None)
        return stream(request, _log_events(first, lines))


async def _follow(deploys: Deploys, release_id: str, cursor: str) -> AsyncIterator[ServerEvent]:
    while True:
        # Asked before the events, so that none of an ended release is left unread.
        status = await deploys.status(release_id)
        events = await deploys.events(release_id, cursor)
        for event in events:
            cursor = event.cursor
            data = {**event.data, "service": event.service, "at": event.at.isoformat()}
            yield ServerEvent(data, event.kind, event.cursor)
        if not status.active and not events:
            yield ServerEvent({"status": status.value}, "end", cursor)
            return
        if not events:
            await asyncio.sleep(FOLLOW_POLL_SECONDS)


async def _log_events(first: str | None, lines: AsyncIterator[str]) -> AsyncIterator[ServerEvent]:
    if first is not None:
        yield ServerEvent({"text": first}, "log")
    async for line in lines:
        yield ServerEvent({"text": line}, "log")


def _request(environment: str, body: PlanBody) -> PlanRequest:
    names = [d.service.name for d in body.services]
    if not names or len(set(names)) < len(names) or not all(NAME.fullmatch(n) for n in names):
        message = "a plan needs at least one service, each with a valid name of its own"
        raise Misconfigured(message)
    return PlanRequest(
        body.root,
        Environment(environment, body.provider, body.protected),
        body.document,
        tuple(body.services),
        tuple(body.select),
        body.changed,
        body.force,
    )


def _plan_view(stored: StoredPlan, bundles: Bundles) -> PlanView:
    return PlanView(
        id=stored.id,
        kind=stored.kind,
        fleet=stored.plan.fleet,
        environment=stored.plan.environment,
        base=stored.plan.base,
        services=[dump(s) for s in stored.plan.services],
        missing_bundles=bundles.missing(d.content for d in stored.desired.values()),
    )
