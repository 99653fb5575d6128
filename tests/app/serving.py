"""A real API server within a test: on a free port, with its own state directory and database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import uvicorn
from fastapi import FastAPI

from chittyops.app.access import Access
from chittyops.app.api import Server, application, listen
from chittyops.interface.web.access import Role
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database


@dataclass(frozen=True, slots=True)
class Centre:
    """A running API and what a test needs to talk to it."""

    url: str
    app: FastAPI
    home: Home
    database: Database
    access: Access

    async def token(self, role: Role) -> str:
        """Return a token of ``role``."""
        _, secret = await self.access.create_token(f"test-{role}", role, "test")
        return secret

    @property
    def admin_token(self) -> str:
        """Return the token of the CLI."""
        return self.home.credential("admin_token").reveal()

    def client(self, token: str = "", **headers: str) -> httpx.AsyncClient:
        """Return a client that sends ``token``."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return httpx.AsyncClient(base_url=self.url, headers=headers)


@asynccontextmanager
async def serving(home: Home, database: Database) -> AsyncIterator[Centre]:
    """Serve until the block ends."""
    clock = SystemClock()
    app = application(database, home, clock)
    bound = listen(0)
    started = asyncio.Event()
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=2)
    server = Server(config, app, started.set)
    # Without its signal handlers, which are the test runner's.
    task = asyncio.create_task(server._serve([bound]))
    await started.wait()
    try:
        yield Centre(f"http://127.0.0.1:{bound.getsockname()[1]}", app, home, database, Access(database, clock))
    finally:
        server.should_exit = True
        await task
