"""The worker: takes queued releases and rotations, carries them out, and publishes what happened."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import NoReturn

import structlog

from chittyops.app.secret_duties import SecretDuties
from chittyops.capabilities.deploy.ports import Steering
from chittyops.capabilities.deploy.wiring import driving
from chittyops.kernel.errors import Unavailable
from chittyops.runtime import logs
from chittyops.runtime.broker import Broker
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.durable import Durable
from chittyops.runtime.endpoints import Endpoints
from chittyops.runtime.home import Home
from chittyops.runtime.lease import Lease
from chittyops.runtime.outbox import Publisher
from chittyops.runtime.postgres import Database
from chittyops.runtime.redaction import conceal
from chittyops.runtime.settings import Settings
from chittyops.workflows.release import NAME, ReleaseWorkflow, workflow_id

WORKFLOW_VERSION = "1"
"""Raised when a change of the workflow's steps would not fit what older workers have recorded."""
POLL_SECONDS = 0.15
RETRY_SECONDS = 1.0
PRUNE_EVERY_SECONDS = 3600.0
KEEP = timedelta(days=7)
ENDPOINT_TIMEOUT_SECONDS = 60.0
REPLACE_ME = 75
"""Exit code of a worker that must be replaced by a fresh process (EX_TEMPFAIL of sysexits.h)."""

log = structlog.get_logger(__name__)


def leave(reason: str) -> NoReturn:
    """End this process at once, so that nothing it still holds can write any more."""
    log.error("the worker leaves", reason=reason)
    sys.stderr.flush()
    os._exit(REPLACE_ME)


class Worker:
    """One executor of releases and rotations."""

    def __init__(self, home: Home, environ: Mapping[str, str], endpoints: Endpoints) -> None:
        """Register the workflows; ``run`` begins."""
        self._settings = Settings.load(environ, home.path)
        self._endpoints = endpoints
        self._clock = SystemClock()
        executor = f"worker-{uuid.uuid4().hex}"
        self._durable = Durable(endpoints.database_url, executor=executor, version=WORKFLOW_VERSION)
        # The engine runs workflows on a loop of its own, and a pool belongs to one loop: so two pools.
        # The workflow tries again whatever was lost, so its connections need no ping.
        drive_database = self._connect(f"{executor}-drive", 10, ping=False)
        self._database = self._connect(f"{executor}-main", 3)
        self._steering: Steering = driving(self._database, home).steering
        workflow = ReleaseWorkflow(
            driving(drive_database, home), executor, lambda: leave("another worker has taken over a service")
        )
        self._durable.workflow(NAME, workflow.run)
        self._secrets = SecretDuties(self._durable, self._database, drive_database, home, environ, self._clock)
        self._secrets.register(lambda: leave("another worker has taken over a step of a rotation"))

    def _connect(self, name: str, size: int, *, ping: bool = True) -> Database:
        return Database.connect(self._endpoints.database_url, application_name=name, pool_size=size, ping=ping)

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await asyncio.to_thread(self._durable.launch)
        lease = Lease(
            self._endpoints.database_url,
            self._durable,
            lease_seconds=self._settings.worker.lease_seconds,
            beat_seconds=self._settings.worker.beat_seconds,
            leave=leave,
        )
        lease.start()
        log.info("the worker is ready", executor=self._durable.executor)
        duties = (self._secrets.start_queued(), self._secrets.take_in_reads(), self._secrets.remind())
        tasks = [asyncio.create_task(t) for t in (self._start_queued(), self._publish(), self._prune(), *duties)]
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(lease.stop)
        for task in tasks:
            if task.done():
                task.result()
            task.cancel()

    async def _start_queued(self) -> None:
        """Start every release that waits; starting one twice does nothing."""
        while True:
            pause = POLL_SECONDS
            try:
                for release_id, generation in await self._steering.queued():
                    go = workflow_id(release_id, generation)
                    await asyncio.to_thread(self._durable.start, NAME, go, go)
            except Unavailable:
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)

    async def _publish(self) -> None:
        while True:
            with suppress(Unavailable):
                broker = await Broker.connect(self._endpoints.nats_url, name=self._durable.executor)
                await Publisher(self._database, broker).run()
            await asyncio.sleep(RETRY_SECONDS)

    async def _prune(self) -> None:
        while True:
            before = self._clock.now() - KEEP
            with suppress(Unavailable):
                await self._steering.forget_plans(before)
                await asyncio.to_thread(self._durable.prune, before.isoformat())
            await asyncio.sleep(PRUNE_EVERY_SECONDS)


def main() -> None:
    """Run a worker in this process until it is told to stop."""
    home = Home.locate(os.environ)
    settings = Settings.load(os.environ, home.path)
    logs.configure(sys.stderr, json=not sys.stderr.isatty(), level=settings.logs.level)
    logs.bind(process="worker")
    endpoints = Endpoints.wait(os.environ, home, timeout_seconds=ENDPOINT_TIMEOUT_SECONDS)
    conceal(endpoints.database_url, endpoints.nats_url)
    asyncio.run(Worker(home, os.environ, endpoints).run())
    # Workflows under way are not waited for: they are recorded, and go on in the next worker.
    sys.stderr.flush()
    os._exit(0)
