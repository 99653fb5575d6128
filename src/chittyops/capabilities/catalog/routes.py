"""The HTTP API of the catalogue: workspaces, their inventories, accepted problems."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict, Field

from chittyops.capabilities.catalog.model import Acceptance, Weighed, Workspace
from chittyops.capabilities.catalog.service import Catalog
from chittyops.interface.codec import dump, load
from chittyops.interface.web.access import Operator, Viewer
from chittyops.interface.web.paging import Page
from chittyops.kernel.inventory import Inventory
from chittyops.kernel.service import NAME

Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$", max_length=63)]
Fingerprint = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


class WorkspaceView(BaseModel):
    """A published workspace."""

    name: str
    published_at: datetime
    actor: str
    stats: dict[str, int]

    @classmethod
    def of(cls, workspace: Workspace) -> WorkspaceView:
        """Return the view of ``workspace``."""
        return cls.model_validate(dump(workspace))


class AcceptanceBody(BaseModel):
    """Why a problem may stay, and until when."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500)
    until: date = Field(description="the last day on which it is accepted, in UTC")


class AcceptanceView(AcceptanceBody):
    """An acceptance, and whose it is."""

    fingerprint: str
    actor: str
    at: datetime

    @classmethod
    def of(cls, acceptance: Acceptance) -> AcceptanceView:
        """Return the view of ``acceptance``."""
        return cls.model_validate(dump(acceptance))


class ProblemView(BaseModel):
    """A problem of a workspace. ``accepted`` is null unless somebody accepted it and that has not expired."""

    code: str
    severity: str
    path: str
    line: int
    column: int
    message: str
    hint: str
    service: str
    fingerprint: str
    accepted: AcceptanceView | None

    @classmethod
    def of(cls, weighed: Weighed) -> ProblemView:
        """Return the view of ``weighed``."""
        accepted = AcceptanceView.of(weighed.acceptance) if weighed.acceptance else None
        return cls.model_validate({**dump(weighed.finding), "accepted": accepted})


def routes(catalog: Catalog) -> APIRouter:
    """Return the routes of the catalogue."""
    router = APIRouter(prefix="/api/v1/workspaces", tags=["workspaces"])

    @router.get("")
    async def list_workspaces(_asking: Viewer) -> Page[WorkspaceView]:
        """List the workspaces the centre knows."""
        return Page(items=[WorkspaceView.of(each) for each in await catalog.workspaces()])

    @router.put("/{workspace}/inventory")
    async def publish_inventory(
        asking: Operator, workspace: Name, body: Annotated[dict[str, Any], Body()]
    ) -> WorkspaceView:
        """Say what the workspace holds now, in the form that `chittyops discover --json` prints."""
        return WorkspaceView.of(await catalog.publish(workspace, load(Inventory, body), asking.actor))

    @router.get("/{workspace}/inventory")
    async def read_inventory(_asking: Viewer, workspace: Name) -> dict[str, Any]:
        """Return what the workspace held when it was last published."""
        found: dict[str, Any] = dump((await catalog.published(workspace)).inventory)
        return found

    @router.get("/{workspace}/problems")
    async def list_workspace_problems(_asking: Viewer, workspace: Name) -> Page[ProblemView]:
        """List the problems of the workspace, with what is accepted."""
        return Page(items=[ProblemView.of(each) for each in await catalog.problems(workspace)])

    @router.put("/{workspace}/acceptances/{fingerprint}")
    async def accept_problem(
        asking: Operator, workspace: Name, fingerprint: Fingerprint, body: AcceptanceBody
    ) -> AcceptanceView:
        """Accept a problem for a while."""
        accepted = await catalog.accept(workspace, fingerprint, body.reason, body.until, asking.actor)
        return AcceptanceView.of(accepted)

    @router.delete("/{workspace}/acceptances/{fingerprint}", status_code=204)
    async def withdraw_acceptance(asking: Operator, workspace: Name, fingerprint: Fingerprint) -> None:
        """Take an acceptance back."""
        await catalog.withdraw(workspace, fingerprint, asking.actor)

    return router
