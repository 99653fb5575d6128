"""Keeps a worker's claim to be alive, takes over the work of dead ones, and ends this one when it has been replaced.

Runs in a thread of its own, on connections of its own, so that a busy worker does not look dead.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from typing import NoReturn

import structlog

from chittyops.kernel.errors import Unavailable
from chittyops.runtime.durable import Durable
from chittyops.runtime.postgres import Database
from chittyops.runtime.process import ProcessIdentity

LOCK = 0x63687474_79_1EA5
"""Key of the advisory lock of whoever looks for dead workers: an arbitrary number that nothing else uses."""

log = structlog.get_logger(__name__)


class Lease:
    """The claim of one worker. ``leave`` ends the process: it is called when the worker must be replaced."""

    def __init__(
        self,
        url: str,
        durable: Durable,
        *,
        lease_seconds: float,
        beat_seconds: float,
        leave: Callable[[str], NoReturn],
    ) -> None:
        """Prepare; ``start`` begins."""
        self._url = url
        self._durable = durable
        self._lease_seconds = lease_seconds
        self._beat_seconds = beat_seconds
        self._leave = leave
        self._host = socket.gethostname()
        self._suspects: frozenset[str] = frozenset()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="lease", daemon=True)

    def start(self) -> None:
        """Announce the worker and keep the claim until ``stop``."""
        self._thread.start()

    def stop(self) -> None:
        """Give up the claim, so that another worker takes over at once."""
        self._stopping.set()
        self._thread.join(self._lease_seconds)

    async def _run(self) -> None:
        database = Database.connect(self._url, application_name=f"{self._durable.executor}-lease", pool_size=2)
        loop = asyncio.get_running_loop()
        good_at = loop.time()
        announced = False
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(self._lease_seconds):
                    await self._beat(database, first=not announced)
                    announced = True
                    await self._recover(database)
                    await self._look_after_own()
                good_at = loop.time()
            except (Unavailable, TimeoutError) as error:
                log.warning("the worker cannot reach the database", reason=str(error))
                if loop.time() - good_at > self._lease_seconds:
                    self._leave("the database has been away for longer than the lease")
            await asyncio.to_thread(self._stopping.wait, self._beat_seconds)
        await self._withdraw(database)
        await database.close()

    async def _beat(self, database: Database, *, first: bool) -> None:
        async with database.transaction() as tx:
            if first:
                own = ProcessIdentity.of(os.getpid())
                await tx.run(
                    """
                    INSERT INTO ops_worker (executor_id, host, pid, started, beat)
                    VALUES (:executor, :host, :pid, :started, now())
                    """,
                    executor=self._durable.executor,
                    host=self._host,
                    pid=own.pid,
                    started=own.started,
                )
                return
            alive = await tx.run(
                "UPDATE ops_worker SET beat = now() WHERE executor_id = :executor", executor=self._durable.executor
            )
        if not alive:
            self._leave("this worker was silent for longer than its lease, and others have taken over its work")

    async def _recover(self, database: Database) -> None:
        """Take over from executors that have work and no living process, or no beat within the lease."""
        busy = await asyncio.to_thread(self._durable.executors) - {self._durable.executor}
        if not busy:
            return
        async with database.transaction() as tx:
            lock = await tx.row("SELECT pg_try_advisory_xact_lock(:key) AS held", key=LOCK)
            if lock is None or not lock["held"]:
                return
            rows = await tx.rows(
                """
                SELECT executor_id, host, pid, started FROM ops_worker
                WHERE beat > now() - make_interval(secs => :lease)
                """,
                lease=self._lease_seconds,
            )
            alive = {
                row["executor_id"]
                for row in rows
                if row["host"] != self._host or ProcessIdentity(row["pid"], row["started"]).alive()
            }
            dead = sorted(busy - alive)
            for executor in dead:
                # A frozen worker that wakes must find its connections gone before it can write anything.
                await tx.rows(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE starts_with(application_name, :executor)
                    """,
                    executor=executor,
                )
                await tx.run("DELETE FROM ops_worker WHERE executor_id = :executor", executor=executor)
            if dead:
                log.warning("taking over the work of dead workers", executors=dead)
                await asyncio.to_thread(self._durable.recover, dead)

    async def _look_after_own(self) -> None:
        """Leave when work recorded as running here has no task, twice in a row: only a new process gets it back."""
        lost = await asyncio.to_thread(self._durable.lost)
        if lost & self._suspects:
            self._leave(f"lost track of {', '.join(sorted(lost))}")
        self._suspects = lost

    async def _withdraw(self, database: Database) -> None:
        try:
            async with database.transaction() as tx:
                await tx.run("DELETE FROM ops_worker WHERE executor_id = :e", e=self._durable.executor)
        except Unavailable as error:
            log.info("the claim will run out by itself", reason=str(error))
