"""The HTTP API of published configuration: what files say of each value, and the matrix of secrets. Never a secret."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from chittyops.capabilities.config.model import (
    Matrix,
    PublishedFleet,
    SecretMark,
    ServiceSummary,
    Snapshot,
    UnusedSecret,
    Value,
)
from chittyops.capabilities.config.service.published import Configurations
from chittyops.interface.codec import dump
from chittyops.interface.web.access import Operator, Viewer
from chittyops.interface.web.paging import Page
from chittyops.kernel.service import NAME

Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$", max_length=63)]
Wanted = Annotated[str, Query(pattern=f"^({NAME.pattern})?$", max_length=63)]
Describe = Callable[[str, str, Mapping[str, Any]], Awaitable[None]]
"""Lets the centre know a fleet: its name, the folder of its file, the document that pages show."""


class ConfigurationBody(BaseModel):
    """The configuration of a fleet as its files have it."""

    model_config = ConfigDict(extra="forbid")

    root: str = Field("", max_length=4096, description="the folder of the fleet file, for people")
    document: dict[str, Any] = Field(default_factory=dict, description="the fleet as pages show it")
    snapshot: Snapshot


class ConfigurationView(BaseModel):
    """A fleet whose configuration was published, and what there is of each service."""

    name: str
    environments: list[str]
    services: dict[str, ServiceSummary]
    published_at: datetime
    actor: str

    @classmethod
    def of(cls, published: PublishedFleet) -> ConfigurationView:
        """Return the view of ``published``."""
        return cls.model_validate(dump(published))


class ValuesView(BaseModel):
    """The values of one service in each environment, each with what the layers said: the one that wins first."""

    fleet: str
    service: str
    environments: dict[str, list[Value]]


class MatrixView(BaseModel):
    """Which service has which secret in which environment, and the secrets that nobody uses."""

    items: list[SecretMark]
    unused: list[UnusedSecret]

    @classmethod
    def of(cls, matrix: Matrix, service: str, environment: str) -> MatrixView:
        """Return the view of ``matrix``, of one service or environment where they are named."""
        found = [
            mark for mark in matrix.secrets if service in ("", mark.service) and environment in ("", mark.environment)
        ]
        return cls(items=found, unused=list(matrix.unused))


def routes(configurations: Configurations, describe: Describe) -> APIRouter:
    """Return the routes of published configuration."""
    router = APIRouter(prefix="/api/v1/configurations", tags=["configuration"])

    @router.get("")
    async def list_configurations(_asking: Viewer) -> Page[ConfigurationView]:
        """List the fleets whose configuration was published."""
        return Page(items=[ConfigurationView.of(each) for each in await configurations.fleets()])

    @router.put("/{fleet}")
    async def publish_configuration(asking: Operator, fleet: Name, body: ConfigurationBody) -> ConfigurationView:
        """Say what the files of the fleet hold now: values and where they stand, secrets by name alone."""
        published = await configurations.publish(fleet, body.snapshot, asking.actor)
        await describe(fleet, body.root, body.document)
        return ConfigurationView.of(published)

    @router.get("/{fleet}")
    async def read_configuration(_asking: Viewer, fleet: Name) -> ConfigurationView:
        """Return what there is of the fleet's configuration."""
        return ConfigurationView.of(await configurations.fleet(fleet))

    @router.get("/{fleet}/services/{service}")
    async def read_service_configuration(
        _asking: Viewer, fleet: Name, service: Name, environment: Wanted = ""
    ) -> ValuesView:
        """Return the values of one service, in one environment or in all, with where each is said."""
        found = await configurations.values(fleet, service)
        chosen = {name: list(each) for name, each in found.items() if environment in ("", name)}
        return ValuesView(fleet=fleet, service=service, environments=chosen)

    @router.get("/{fleet}/secrets")
    async def read_secrets_matrix(
        _asking: Viewer, fleet: Name, service: Wanted = "", environment: Wanted = ""
    ) -> MatrixView:
        """Return which service has which secret: set, inherited, missing, shared with production, expired, unused."""
        return MatrixView.of(await configurations.matrix(fleet), service, environment)

    return router
