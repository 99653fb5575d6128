"""The supervisor: starts the processes of the operations centre, keeps them alive, and stops them in order.

One per home. It stays small: what it starts does the work, and it loads none of that.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chittyops.app.supervisor_log import Say, rotate, say_to
from chittyops.app.supervisor_process import Process
from chittyops.app.supervisor_table import Row, table
from chittyops.kernel.errors import ChittyOpsError
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.endpoints import READY_RECORD, SUPERVISOR_RECORD
from chittyops.runtime.filelock import try_lock
from chittyops.runtime.home import Home
from chittyops.runtime.process import ProcessIdentity
from chittyops.runtime.settings import Logs, Settings

LOCK = "lock"
CREDENTIALS = ("postgres", "nats", "nats_services", "agent", "admin_token")
HOUSEKEEPING_SECONDS = 5.0
AFTER_TIMEOUT_SECONDS = 3.0


class Supervisor:
    """Keeps the processes of a table alive until it is told to stop."""

    def __init__(self, home: Home, rows: tuple[Row, ...], say: Say, logs: Logs) -> None:
        """Supervise ``rows``, which are in the order of their start; ``logs`` says how much of theirs is kept."""
        self._home = home
        self._logs = logs
        self._say = say
        self._own = ProcessIdentity.of(os.getpid())
        self._processes = {
            row.name: Process(row, home.file("logs", f"{row.name}.log"), changed=self._record, say=say) for row in rows
        }
        self._stop = asyncio.Event()
        self.failed = False

    def stop(self) -> None:
        """Begin the orderly stop."""
        self._stop.set()

    async def run(self) -> None:
        """Run until ``stop`` is called; nothing that was started is left when this returns."""
        await self._take_over()
        self._say("starts", pid=self._own.pid)
        work = [*map(self._keep, self._processes.values()), self._announce(), self._housekeep()]
        jobs = [asyncio.create_task(job) for job in work]
        for job in jobs:
            job.add_done_callback(self._look_at)
        try:
            await self._stop.wait()
        finally:
            await self._end(jobs)

    async def _take_over(self) -> None:
        """Claim the home, then stop what the supervisor before us has left."""
        before = self._home.read_private(SUPERVISOR_RECORD) or {}
        self._home.file(f"{READY_RECORD}.json").unlink(missing_ok=True)
        self._write(before.get("processes", {}))
        await stop_leftovers(self._home)
        self._record()

    def _look_at(self, job: asyncio.Task[None]) -> None:
        """Stop everything when a part of the supervisor itself has failed: half of it would be worse."""
        if not job.cancelled() and (error := job.exception()):
            self._say("failed", reason=repr(error))
            self.failed = True
            self.stop()

    async def _keep(self, process: Process) -> None:
        for need in process.row.needs:
            await self._processes[need].ready.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(AFTER_TIMEOUT_SECONDS):
                for first in process.row.after:
                    await self._processes[first].ready.wait()
        await process.keep()

    async def _announce(self) -> None:
        """Say where everything is, once the servers answer and the schema is there."""
        needed = {need for process in self._processes.values() for need in process.row.needs}
        for need in needed:
            await self._processes[need].ready.wait()
        self._home.write_private(READY_RECORD, {"pid": self._own.pid, "started": self._own.started})
        self._say("ready")

    async def _housekeep(self) -> None:
        """Rotate the logs; stop when the home has been removed: then nobody can reach the centre any more."""
        while self._home.path.joinpath(LOCK).exists():
            with suppress(OSError):  # what cannot be rotated now may be at the next turn
                rotate(self._home.path / "logs", max_bytes=int(self._logs.max_mb * 2**20), backups=self._logs.keep)
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
        self.stop()

    async def _end(self, jobs: list[asyncio.Task[None]]) -> None:
        self._say("stops")
        with suppress(OSError):
            self._home.path.joinpath(f"{READY_RECORD}.json").unlink(missing_ok=True)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        for process in reversed(self._processes.values()):
            await process.stop()
        self._say("stopped")

    def _record(self) -> None:
        """Write down which processes there are and how they are, for `up`, `down` and whoever comes after us."""
        self._write({name: process.record for name, process in self._processes.items()})

    def _write(self, processes: Mapping[str, Any]) -> None:
        record = {"pid": self._own.pid, "started": self._own.started, "processes": processes}
        with suppress(OSError):  # a home that was removed, or a full disk, must not end the supervision
            if self._home.path.exists():
                self._home.write_private(SUPERVISOR_RECORD, record)


async def stop_leftovers(home: Home) -> list[str]:
    """Stop what a supervisor that was killed has left running; return the names of it.

    Where the kernel tells children of their parent's death (Linux), they are about to end by themselves.
    """
    recorded: Mapping[str, Mapping[str, Any]] = (home.read_private(SUPERVISOR_RECORD) or {}).get("processes", {})
    left = []
    for name, record in reversed(list(recorded.items())):
        identity = ProcessIdentity(record["pid"], record["started"])
        if identity.alive():
            left.append(name)
            await identity.stop(number=record["stop_signal"], grace_seconds=record["grace_seconds"])
    return left


async def supervise(home: Home, rows: tuple[Row, ...]) -> int:
    """Supervise ``rows``, unless somebody does already, until SIGTERM or SIGINT; return the exit code."""
    say = say_to(sys.stderr, SystemClock())
    held = try_lock(home.file(LOCK))
    if held is None:
        say("another supervisor is at work in this home")
        return 0
    try:
        for name in CREDENTIALS:
            home.credential(name)
        supervisor = Supervisor(home, rows, say, Settings.load(os.environ, home.path).logs)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stop)
        await supervisor.run()
    finally:
        os.close(held)
    return 1 if supervisor.failed else 0


def main() -> int:
    """Be the supervisor of the home the environment names."""
    os.umask(0o077)
    try:
        home = Home.locate(os.environ)
        os.chdir(home.path)
        return asyncio.run(supervise(home, table(home, os.environ)))
    except ChittyOpsError as error:
        sys.stderr.write(f"error: {error.message}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return 1


if __name__ == "__main__":
    sys.exit(main())
