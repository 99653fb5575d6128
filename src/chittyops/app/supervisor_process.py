"""Keeps one process of the table alive: restarts it with growing pauses, for ever, and says when it keeps failing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from chittyops.app.supervisor_log import Say
from chittyops.app.supervisor_table import Row
from chittyops.kernel.errors import ChittyOpsError
from chittyops.runtime.process import Child

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
HEALTHY_AFTER_SECONDS = 10.0
FAILING_AFTER_RESTARTS = 5
READY_POLL_SECONDS = 0.02


class State(StrEnum):
    """Where a process is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILING = "failing"
    DONE = "done"
    STOPPED = "stopped"


class Process:
    """One row of the table at work. ``ready`` is set from the first time it was ready on."""

    def __init__(self, row: Row, log: Path, *, changed: Callable[[], None], say: Say) -> None:
        """Write its output to ``log``; call ``changed`` whenever ``record`` has."""
        self.row = row
        self.ready = asyncio.Event()
        self.state = State.WAITING
        self._log = log
        self._changed = changed
        self._say = say
        self._child: Child | None = None
        self._restarts = 0
        self._failures = 0
        self._reason = ""

    @property
    def record(self) -> dict[str, Any]:
        """Return what others may know: which process it is, how it is, how often it was restarted and why."""
        identity = self._child.identity if self._child else None
        return {
            "pid": identity.pid if identity else 0,
            "started": identity.started if identity else 0,
            "state": self.state.value,
            "restarts": self._restarts,
            "reason": self._reason,
            "stop_signal": self.row.stop_signal,
            "grace_seconds": self.row.grace_seconds,
        }

    async def keep(self) -> None:
        """Start the process and start it again whenever it ends; return only when it runs once and has."""
        clock = asyncio.get_running_loop().time
        while True:
            self._become(State.STARTING)
            started_at = clock()
            self._reason = await self._live()
            if self.row.once and not self._reason:
                self.ready.set()
                self._become(State.DONE)
                return
            healthy = clock() - started_at >= HEALTHY_AFTER_SECONDS
            self._failures = 1 if healthy else self._failures + 1
            self._restarts += 1
            failing = self._failures >= FAILING_AFTER_RESTARTS
            self._become(State.FAILING if failing else State.RESTARTING)
            pause = min(FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1), LONGEST_PAUSE_SECONDS)
            self._say("restarts", process=self.row.name, reason=self._reason, pause_seconds=pause, failing=failing)
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """Stop the process; it is gone when this returns. ``keep`` must have been cancelled."""
        if self._child is not None:
            await self._child.stop(number=self.row.stop_signal, grace_seconds=self.row.grace_seconds)
            self._child = None
        self._become(State.STOPPED)

    async def _live(self) -> str:
        """Live through one life of the process; return why it ended, "" when it was meant to."""
        try:
            output = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._child = child = await self.row.launch(output)
            finally:
                os.close(output)
        except (ChittyOpsError, OSError) as error:
            return str(error)
        self._changed()
        watching = asyncio.create_task(self._watch(child))
        try:
            code = await child.wait()
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        self._child = None
        return "" if code == 0 and self.row.once else _ending(code)

    async def _watch(self, child: Child) -> None:
        """Notice when the process is ready."""
        if self.row.once:
            return
        while self.row.answers and not await self.row.answers():
            await asyncio.sleep(READY_POLL_SECONDS)
        if child.exit_code is None:
            self._become(State.READY)
            self.ready.set()

    def _become(self, state: State) -> None:
        self.state = state
        self._changed()


def _ending(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
