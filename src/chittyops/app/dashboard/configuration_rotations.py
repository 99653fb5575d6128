"""The pages of rotations: all of them, and one with its steps as they are taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import RedirectResponse, Response

from chittyops.app.dashboard.configuration_opened import ConfigurationPages, Opened
from chittyops.app.dashboard.configuration_words import ROTATION, STEP, worded
from chittyops.app.dashboard.states import State
from chittyops.app.dashboard.times import between
from chittyops.capabilities.secrets.routes import RotationView
from chittyops.capabilities.secrets.service.rotation.model import Rotation, RotationStatus
from chittyops.capabilities.secrets.service.rotation.ports import Rotations
from chittyops.capabilities.secrets.service.rotation.steps import point_of_no_return
from chittyops.interface.web.access import Operator, Viewer
from chittyops.interface.web.paging import PageQuery
from chittyops.kernel.event import Json

RotationId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
_ENDED = (RotationStatus.SUCCEEDED, RotationStatus.ROLLED_BACK)
_STOPPED = (RotationStatus.HELD, RotationStatus.FAILED)


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a rotation as its page shows it."""

    name: str
    title: str
    state: State
    attempt: int
    detail: tuple[tuple[str, str], ...]
    error: str
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def took(self) -> str:
        """Return how long it took, "" while that is not known."""
        return between(self.started_at, self.ended_at)


@dataclass(frozen=True, slots=True)
class RotationRow:
    """A rotation as pages show it. ``settled`` of ``total`` steps have come to an end."""

    rotation: Rotation
    steps: tuple[StepRow, ...]
    state: State

    @property
    def owner(self) -> str:
        """Return whom its value is meant for."""
        request = self.rotation.request
        where = "all environments" if request.file == "all" else request.file
        return f"{request.level} {request.owner}".strip() + f", {where}"

    @property
    def total(self) -> int:
        """Return how many steps there are."""
        return len(self.steps)

    @property
    def settled(self) -> int:
        """Return how many of them are over."""
        return sum(step.state in (STEP["done"], STEP["skipped"]) for step in self.steps)

    @property
    def percent(self) -> int:
        """Return how much of it is over."""
        return round(100 * self.settled / self.total) if self.total else 0

    @property
    def current(self) -> StepRow | None:
        """Return the step that is being taken, or that failed."""
        return next((step for step in self.steps if step.state in (STEP["running"], STEP["failed"])), None)

    @property
    def may_cancel(self) -> bool:
        """Return whether it can still be taken back: the old credential has not begun to end."""
        rotation = self.rotation
        ending = rotation.begun(point_of_no_return(second=bool(rotation.request.previous)))
        return rotation.status not in _ENDED and not ending and not rotation.turned

    @property
    def may_resume(self) -> bool:
        """Return whether somebody has to say that it goes on."""
        return self.rotation.status in _STOPPED


def rotation_row(rotation: Rotation) -> RotationRow:
    """Return ``rotation`` as pages show it."""
    steps = tuple(
        StepRow(
            each.name, each.title, worded(STEP, each.status), each.attempt, _told(each.detail), each.error,
            each.started_at, each.ended_at,
        )
        for each in RotationView.of(rotation).steps
    )  # fmt: skip
    return RotationRow(rotation, steps, worded(ROTATION, rotation.status))


def _told(detail: dict[str, Json]) -> tuple[tuple[str, str], ...]:
    """Return what a step says of what it did: names and numbers."""
    return tuple(
        (name.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in detail.items()
        if value not in (None, "", [], {})
    )


def add_rotation_pages(router: APIRouter, pages: ConfigurationPages, rotations: Rotations) -> None:
    """Add the routes of rotations."""
    choice = Depends(pages.opened)

    @router.get("/rotations")
    async def rotations_page(request: Request, _asking: Viewer, paging: PageQuery, opened: Opened = choice) -> Response:
        found = await rotations.rotations(
            fleet=opened.chosen.fleet, environment=None, before=paging.before, limit=paging.limit + 1
        )
        listed = paging.page(found, lambda each: each.sequence, rotation_row)
        return pages.render(request, "rotations", opened, active="secrets", page=listed, tab="rotations")

    @router.get("/rotations/{rotation_id}")
    async def rotation_page(request: Request, _asking: Viewer, rotation_id: RotationId) -> Response:
        found = await rotations.rotation(rotation_id)
        opened = await pages.opened(found.request.fleet, found.request.environment)
        return pages.render(request, "rotation", opened, active="secrets", view=rotation_row(found))

    @router.post("/rotations/{rotation_id}/cancel")
    async def cancel_rotation_form(asking: Operator, rotation_id: RotationId) -> Response:
        await rotations.cancel(rotation_id, asking.actor)
        return RedirectResponse(f"/rotations/{rotation_id}?notice=taking-back", 303)

    @router.post("/rotations/{rotation_id}/resume")
    async def resume_rotation_form(asking: Operator, rotation_id: RotationId) -> Response:
        await rotations.resume(rotation_id, asking.actor)
        return RedirectResponse(f"/rotations/{rotation_id}?notice=rotation-resumed", 303)
