"""The HTTP API of secrets: rotations, who read what, and what was pushed. It never carries a value."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from chittyops.capabilities.secrets.service.rotation.model import Access, Rotation, RotationRequest
from chittyops.capabilities.secrets.service.rotation.ports import Records
from chittyops.capabilities.secrets.service.rotation.steps import backward, forward
from chittyops.interface.codec import dump
from chittyops.interface.web.access import Operator, Viewer
from chittyops.interface.web.paging import Page, PageQuery
from chittyops.kernel.service import NAME

NamePattern = "^" + NAME.pattern + "$"
Name = Annotated[str, Path(pattern=NamePattern, max_length=63)]
RotationId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,80}$", max_length=80)]
_SECRET = r"^[A-Za-z0-9_][A-Za-z0-9_.@ -]{0,254}$"  # noqa: S105 - what the name of one looks like
_PLACE = "/fleets/{fleet}/environments/{environment}"


class RotationBody(BaseModel):
    """Which secret is rotated, and how."""

    model_config = ConfigDict(extra="forbid")

    root: str = Field(min_length=1, max_length=4096, description="the folder of the fleet file on the centre's machine")
    secret: str = Field(pattern=_SECRET, description="its name in the store; for level key, whose key it is")
    file: str = Field(pattern=NamePattern, max_length=63, description="`all`, or the environment whose file holds it")
    level: Literal["fleet", "group", "service", "key"] = "fleet"
    owner: str = Field("", max_length=63, description="the group or the service")
    rotator: Literal["token", "postgres", "age", "cloudflare", "neon", "command"]
    previous: str = Field("", max_length=255, description="the second variable that services accept")
    hold: bool = Field(default=False, description="stop before the old credential ends, until somebody resumes")


class StepView(BaseModel):
    """A step of a rotation. ``status``: waiting, running, done, skipped or failed."""

    name: str
    title: str
    status: str
    attempt: int = 0
    detail: dict[str, Any] = Field(default_factory=dict)
    error: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class RotationView(BaseModel):
    """A rotation, with all its steps in order: those to come, too."""

    id: str
    fleet: str
    environment: str
    secret: str
    file: str
    level: str
    owner: str
    rotator: str
    previous: str
    hold: bool
    status: str
    turned: bool
    cancel_requested: bool
    generation: int
    error: str
    actor: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    steps: list[StepView]

    @classmethod
    def of(cls, rotation: Rotation) -> RotationView:
        """Return the view of ``rotation``."""
        told = dump(rotation)
        request = told.pop("request")
        return cls.model_validate({**told, **request, "steps": _steps(rotation)})


class AccessView(BaseModel):
    """A read of secrets: by whom, through what, of which service; names alone."""

    id: int
    at: datetime
    actor: str
    through: str
    service: str
    names: list[str]

    @classmethod
    def of(cls, access: Access) -> AccessView:
        """Return the view of ``access``."""
        return cls.model_validate(dump(access))


class PushedPlace(BaseModel):
    """What a push did to one place: names, never values."""

    model_config = ConfigDict(extra="forbid")

    sinks: list[Annotated[str, Field(max_length=200)]] = Field(max_length=1000)
    kind: str = Field(max_length=63)
    written: list[Annotated[str, Field(max_length=255)]] = Field(default_factory=list, max_length=1000)
    removed: list[Annotated[str, Field(max_length=255)]] = Field(default_factory=list, max_length=1000)
    left: list[Annotated[str, Field(max_length=255)]] = Field(default_factory=list, max_length=1000)


class PushBody(BaseModel):
    """A push that was made from somebody's machine."""

    model_config = ConfigDict(extra="forbid")

    places: list[PushedPlace] = Field(min_length=1, max_length=1000)


def routes(records: Records) -> APIRouter:
    """Return the routes of secrets."""
    router = APIRouter(prefix="/api/v1", tags=["secrets"])
    _rotation_routes(router, records)
    _access_routes(router, records)
    return router


def _rotation_routes(router: APIRouter, records: Records) -> None:
    rotations = records.rotations

    @router.post(f"{_PLACE}/rotations", status_code=201)
    async def create_rotation(asking: Operator, fleet: Name, environment: Name, body: RotationBody) -> RotationView:
        """Rotate a secret. A conflict where a rotation of it has not ended."""
        request = RotationRequest(fleet=fleet, environment=environment, **body.model_dump())
        return RotationView.of(await rotations.create(request, asking.actor))

    @router.get("/rotations")
    async def list_rotations(
        _asking: Viewer,
        paging: PageQuery,
        fleet: Annotated[str | None, Query(max_length=63)] = None,
        environment: Annotated[str | None, Query(max_length=63)] = None,
    ) -> Page[RotationView]:
        """List rotations, the newest first."""
        found = await rotations.rotations(
            fleet=fleet, environment=environment, before=paging.before, limit=paging.limit + 1
        )
        return paging.page(found, lambda each: each.sequence, RotationView.of)

    @router.get("/rotations/{rotation}")
    async def read_rotation(_asking: Viewer, rotation: RotationId) -> RotationView:
        """Return a rotation with its steps."""
        return RotationView.of(await rotations.rotation(rotation))

    @router.post("/rotations/{rotation}/cancel", status_code=202)
    async def cancel_rotation(asking: Operator, rotation: RotationId) -> RotationView:
        """Take a rotation back. Refused when the old credential has begun to end."""
        await rotations.cancel(rotation, asking.actor)
        return RotationView.of(await rotations.rotation(rotation))

    @router.post("/rotations/{rotation}/resume", status_code=202)
    async def resume_rotation(asking: Operator, rotation: RotationId) -> RotationView:
        """Go on with a rotation that is held or has failed."""
        await rotations.resume(rotation, asking.actor)
        return RotationView.of(await rotations.rotation(rotation))


def _access_routes(router: APIRouter, records: Records) -> None:
    access = records.access

    @router.get(f"{_PLACE}/secrets/access")
    async def list_secret_reads(
        _asking: Viewer,
        fleet: Name,
        environment: Name,
        paging: PageQuery,
        name: Annotated[str | None, Query(max_length=255, description="only reads of this variable")] = None,
        service: Annotated[str | None, Query(max_length=63)] = None,
    ) -> Page[AccessView]:
        """List who read which secrets through the centre, newest first."""
        found = await access.reads(
            fleet, environment, name=name, service=service, before=paging.before, limit=paging.limit + 1
        )
        return paging.page(found, lambda each: each.id, AccessView.of)

    @router.post(f"{_PLACE}/secret-pushes", status_code=204)
    async def record_push(asking: Operator, fleet: Name, environment: Name, body: PushBody) -> None:
        """Record a push that was made from another machine or process: names alone."""
        await access.pushed(fleet, environment, [place.model_dump() for place in body.places], asking.actor)


def _steps(rotation: Rotation) -> list[dict[str, Any]]:
    """Return the steps that were taken, and those to come, in the order in which they happen."""
    second = bool(rotation.request.previous)
    taken = {step.name: dump(step) for step in rotation.steps}
    there = [*forward(second=second)]
    if rotation.turned:
        there = [step for step in there if step.name in taken] + [*backward(second=second)]
    waiting = {"status": "waiting"}
    return [{**taken.get(step.name, waiting), "name": step.name, "title": step.title} for step in there]
