"""What is deployed, and what runs, of the configuration of services: one side each of `chittyops config diff`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from chittyops.capabilities.deploy.model import Deployment, Running
from chittyops.capabilities.deploy.service import Deploys
from chittyops.capabilities.fleet.model.inputs import secret_hash
from chittyops.interface.web.access import Viewer
from chittyops.interface.web.paging import Page
from chittyops.kernel.errors import Unavailable
from chittyops.kernel.service import NAME
from chittyops.workflows.misplaced import comparable

Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$", max_length=63)]


class ConfigurationSide(BaseModel):
    """Variables by name, misplaced secrets in them masked; of secrets a hash of the reference and the value."""

    build: str
    config: dict[str, str]
    secrets: dict[str, str] = Field(description="empty text: a value is there, and cannot be compared")


class DeployedConfiguration(BaseModel):
    """A service: what its last release brought, and what its process has. ``live`` is null where nobody can tell."""

    service: str
    release: str
    provider: str
    since: datetime
    applied: ConfigurationSide
    live: ConfigurationSide | None = None
    problem: str = Field("", description="why nobody can tell what runs")


def drift_routes(deploys: Deploys) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/api/v1", tags=["configuration"])

    @router.get("/fleets/{fleet}/environments/{environment}/configuration")
    async def read_deployed_configuration(
        _asking: Viewer, fleet: Name, environment: Name
    ) -> Page[DeployedConfiguration]:
        """Return with which variables and secrets services are deployed, and with which they run; never a secret."""
        problem, running = "nobody can tell with what it runs", dict[str, Running]()
        try:
            running = {each.service: each for each in await deploys.running(fleet, environment)}
        except Unavailable as error:
            problem = error.message
        found = await deploys.deployments(fleet, environment)
        return Page(items=[_view(each, running.get(each.service), problem) for each in found])

    return router


def _view(deployment: Deployment, running: Running | None, problem: str) -> DeployedConfiguration:
    spec = deployment.spec
    marks = {name: deployment.inputs.get(f"secret.{name}", "") for name in spec.secrets}
    view = DeployedConfiguration(
        service=deployment.service,
        release=deployment.release,
        provider=deployment.provider,
        since=deployment.since,
        applied=ConfigurationSide(build=deployment.build_id, config=_shown(spec.config), secrets=marks),
        problem="" if running else problem,
    )
    if running is None:
        return view
    live = {name: _live(deployment, name, mark) for name, mark in running.secrets.items()}
    view.live = ConfigurationSide(build=running.build_id, config=_shown(running.config), secrets=live)
    return view


def _shown(config: Mapping[str, str]) -> dict[str, str]:
    return {name: comparable(name, value) for name, value in config.items()}


def _live(deployment: Deployment, name: str, fingerprint: str) -> str:
    """Return the hash of a live secret; "" where the release did not know the value that it brought."""
    reference = deployment.spec.secrets.get(name)
    if reference is None or deployment.inputs.get(f"secret.{name}") == secret_hash(reference, ""):
        return ""
    return secret_hash(reference, fingerprint)
