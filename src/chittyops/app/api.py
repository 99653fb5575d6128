"""The api process: the HTTP API and the dashboard, on one loopback port that stays the same."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware

from chittyops import __version__
from chittyops.app import access_routes
from chittyops.app.access import Access
from chittyops.app.changes import Changes, change_routes
from chittyops.app.dashboard import pages
from chittyops.app.dashboard.errors import render
from chittyops.app.dashboard.site import ASSETS, assets
from chittyops.app.drift_routes import drift_routes
from chittyops.app.status_routes import status_routes
from chittyops.capabilities.catalog import routes as catalog_routes
from chittyops.capabilities.catalog.wiring import catalog as wire_catalog
from chittyops.capabilities.config import routes as configuration_routes
from chittyops.capabilities.config.wiring import configurations as wire_configurations
from chittyops.capabilities.deploy import routes as deploy_routes
from chittyops.capabilities.deploy.wiring import deploys as wire_deploys
from chittyops.capabilities.health.wiring import healths as wire_healths
from chittyops.capabilities.secrets import routes as secret_routes
from chittyops.capabilities.secrets.wiring import records as secret_records
from chittyops.interface.web import problems
from chittyops.interface.web.access import Authentication
from chittyops.interface.web.guard import Guard, SecurityHeaders
from chittyops.interface.web.idempotency import Idempotency
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Unavailable
from chittyops.runtime import logs
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.endpoints import Endpoints
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database
from chittyops.runtime.process import ProcessIdentity
from chittyops.runtime.settings import Settings
from chittyops.workflows.bundles import HomeBundles

HOST = "127.0.0.1"
PORTS_TRIED = 100
BACKLOG = 1024
ENDPOINT_TIMEOUT_SECONDS = 60.0
SHUTDOWN_SECONDS = 5
RECORD = "run/api.json"
PORT_MEMORY = "port.json"
LARGER_BODIES = {
    "/api/v1/bundles/": 512 * 2**20,
    "/api/v1/workspaces/": 64 * 2**20,
    "/api/v1/configurations/": 64 * 2**20,
}
PUBLIC = frozenset({access_routes.HEALTH_PATH, "/login"})
SECRET_ANSWERS = frozenset({access_routes.LINKS_PATH, access_routes.TOKENS_PATH})


def is_public(path: str) -> bool:
    """Return whether a path needs nobody to be signed in: health, login, and the files pages are made of."""
    return path in PUBLIC or path.startswith(ASSETS)


def application(database: Database, home: Home, clock: Clock) -> FastAPI:
    """Return the application. It opens nothing itself; ``database`` is closed by whoever opened it."""
    access = Access(database, clock)
    deploys = wire_deploys(database, home, clock)
    healths = wire_healths(database)
    catalog = wire_catalog(database, clock)
    configurations = wire_configurations(database, clock)
    records = secret_records(database, home, clock)
    shown = pages.Shown(deploys, healths, catalog, configurations, records.rotations)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await access.ensure_local_admin(home)
        yield
        app.state.closing.set()

    app = FastAPI(
        title="ChittyOps", version=__version__, lifespan=lifespan,
        docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json",
        generate_unique_id_function=lambda route: route.name,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(problems.Failures, render=render),
            Middleware(Guard, larger_bodies=LARGER_BODIES),
            Middleware(Authentication, authenticator=access, public=is_public, render=render),
            Middleware(Idempotency, database=database, clock=clock, exempt=SECRET_ANSWERS),
        ],
    )  # fmt: skip
    app.state.closing = asyncio.Event()
    problems.install(app, render)
    app.include_router(access_routes.routes(access, database))
    app.include_router(deploy_routes.routes(deploys, HomeBundles(home)))
    app.include_router(catalog_routes.routes(catalog))
    app.include_router(configuration_routes.routes(configurations, deploys.describe))
    app.include_router(secret_routes.routes(records))
    app.include_router(status_routes(deploys, healths))
    app.include_router(drift_routes(deploys))
    app.include_router(change_routes(Changes(database)))
    app.include_router(pages.routes(database, shown, access, clock), include_in_schema=False)
    app.mount(ASSETS, assets())
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Let the OpenAPI document say what every route shares: access and problems."""
    plain = app.openapi

    def described() -> dict[str, object]:
        if app.openapi_schema is None:
            app.openapi_schema = problems.describe(plain(), public=PUBLIC)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


class Server(uvicorn.Server):
    """A server that ends live streams when it is told to stop, and says when it can be reached."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, started: Callable[[], None]) -> None:
        """Serve ``app``; call ``started`` once connections are accepted."""
        super().__init__(config)
        self._app = app
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        if self.started:
            self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would never end by themselves, then everything else."""
        self._app.state.closing.set()
        await super().shutdown(sockets)


def listen(wanted: int) -> socket.socket:
    """Return a socket bound to ``wanted``, to one of the ports after it, or to any (always for 0)."""
    for port in [*range(wanted, min(wanted + PORTS_TRIED, 65536)), 0] if wanted else [0]:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # A port in TIME_WAIT is free; without this the remembered port would be lost at each restart.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, port))
            # Two binds of one port both succeed until one listens.
            bound.listen(BACKLOG)
        except OSError:
            bound.close()
            continue
        return bound
    raise Unavailable(f"no port of {HOST} is free", hint="stop what holds them")


async def run(home: Home, environ: Mapping[str, str], settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. The port of the last time is tried first."""
    endpoints = await asyncio.to_thread(Endpoints.wait, environ, home, timeout_seconds=ENDPOINT_TIMEOUT_SECONDS)
    remembered = (home.read_private(PORT_MEMORY) or {}).get("port")
    bound = listen(remembered if isinstance(remembered, int) and settings.api.port else settings.api.port)
    port = bound.getsockname()[1]
    database = Database.connect(endpoints.database_url, application_name="api", pool_size=10)
    app = application(database, home, SystemClock())

    def record() -> None:
        identity = ProcessIdentity.of(os.getpid())
        address = f"http://{HOST}:{port}"
        home.write_private(PORT_MEMORY, {"port": port})
        home.write_private(RECORD, {**asdict(identity), "port": port, "address": address})

    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="on",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS, proxy_headers=False,
    )  # fmt: skip
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn takes them while it serves, and raises them again at its end, when nothing is left to do.
        signal.signal(number, lambda _number, _frame: None)
    try:
        await Server(config, app, record).serve(sockets=[bound])
    finally:
        await database.close()


def main() -> None:
    """Run the API in this process until it is told to stop."""
    home = Home.locate(os.environ)
    settings = Settings.load(os.environ, home.path)
    logs.configure(sys.stderr, json=not sys.stderr.isatty(), level=settings.logs.level)
    logs.bind(process="api")
    asyncio.run(run(home, os.environ, settings))
