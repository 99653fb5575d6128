"""One version of a service as a running process: started, adopted, watched, restarted, stopped."""

from __future__ import annotations

import asyncio
import os
import random
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chittyops.capabilities.deploy.model import Check, Target, Verified
from chittyops.capabilities.deploy.providers.local import health
from chittyops.capabilities.deploy.providers.local.launch import Command
from chittyops.capabilities.deploy.providers.local.logs import Lines, Pipe, Redactor, ServiceLog
from chittyops.capabilities.deploy.providers.local.process import Process, spawn, stop, unsupported_limits
from chittyops.capabilities.deploy.providers.local.proxy import Backend
from chittyops.kernel.errors import ChittyOpsError
from chittyops.runtime.process import ProcessIdentity

_FIRST_POLL_SECONDS = 0.02
_LAST_POLL_SECONDS = 0.25
_ALIVE_SECONDS = 1.0
_LAST_LINES = 20
_DRAIN_SECONDS = 1.0


class State(StrEnum):
    """What an instance is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting to restart"
    CRASH_LOOP = "crash-loop"
    STOPPING = "stopping"


class ExitedEarly(ChittyOpsError):
    """The process ended before it was healthy."""


@dataclass(frozen=True, slots=True)
class Start:
    """Everything needed to start a version: made anew for each start, since it holds secrets."""

    command: Command
    folder: Path
    environ: dict[str, str]
    secret_values: Collection[str]


class Backoff:
    """How long to wait before each restart, and whether the process is in a crash loop.

    Exponential from half a second to 30, with up to a quarter of jitter; forgotten after a minute of life.
    """

    first_seconds = 0.5
    longest_seconds = 30.0
    settled_seconds = 60.0
    loop_exits = 5

    def __init__(self) -> None:
        self._exits: deque[float] = deque(maxlen=self.loop_exits)
        self._failures = 0

    def exited(self, now: float, lived_seconds: float) -> float:
        """Note an exit at ``now`` (monotonic seconds) and return the seconds to wait."""
        if lived_seconds >= self.settled_seconds:
            self._failures = 0
            self._exits.clear()
        self._exits.append(now)
        delay = min(self.first_seconds * 2.0**self._failures, self.longest_seconds)
        self._failures += 1
        return delay * random.uniform(0.75, 1.0)  # noqa: S311 - spreads restarts, guards nothing

    @property
    def looping(self) -> bool:
        """Return whether the last exits came within a minute."""
        return len(self._exits) == self.loop_exits and self._exits[-1] - self._exits[0] <= self.settled_seconds


class Instance:
    """One version. ``changed`` is called with the process whenever there is a new one, to be recorded at once."""

    def __init__(
        self,
        target: Target,
        port: int,
        *,
        marker: str,
        pipe: Path,
        log: ServiceLog,
        prepare: Callable[[], Awaitable[Start]],
        changed: Callable[[ProcessIdentity], None],
    ) -> None:
        self.target = target
        self.backend = Backend(port)
        self.state = State.STOPPED
        self.marker = marker
        self.process: Process | None = None
        self._pipe = Pipe(pipe)
        self._log = log
        self._prepare = prepare
        self._changed = changed
        self._recent: deque[str] = deque(maxlen=_LAST_LINES)
        self._watch: asyncio.Task[None] | None = None
        self._started_at = 0.0

    @property
    def port(self) -> int:
        """Return the port the version listens on."""
        return self.backend.port

    @property
    def recent(self) -> list[str]:
        """Return the last lines it wrote."""
        return list(self._recent)

    def alive(self) -> bool:
        """Return whether its process runs."""
        return self.process is not None and self.process.alive()

    async def start(self) -> None:
        """Start the process; it is not watched yet."""
        start = await self._prepare()
        self.state = State.STARTING
        self._recent.clear()
        output = self._pipe.create()
        try:
            self._pipe.read_into(self._log, Lines(Redactor(start.secret_values)), self._recent)
            self.process = spawn(
                start.command.argv,
                folder=start.folder,
                environ=start.environ,
                output=output,
                stdin=start.command.stdin,
                limits=self.target.desired.service.deploy.limits,
            )
        except BaseException:  # interrupted or not, the pipe is closed
            self._pipe.close()
            self.state = State.STOPPED
            raise
        finally:
            os.close(output)
        self._started_at = asyncio.get_running_loop().time()
        self._changed(self.process.identity)
        note = unsupported_limits(self.target.desired.service.deploy.limits)
        self.say(f"started build {self.target.build_id} as pid {self.process.identity.pid} on port {self.port}", note)

    def adopt(self, process: Process, secret_values: Collection[str]) -> None:
        """Take over a process that an earlier agent started, and watch it."""
        self.process = process
        self._pipe.read_into(self._log, Lines(Redactor(secret_values)), self._recent)
        self._started_at = asyncio.get_running_loop().time()
        self._changed(process.identity)
        self.watch()
        self.say(f"found build {self.target.build_id} running as pid {process.identity.pid}")

    async def revive(self) -> None:
        """Start a version that ran before, and keep it running, also when the first start fails."""
        try:
            await self.start()
        except ChittyOpsError as error:
            self.say(f"cannot start: {error.message}", error.hint)
        self.watch()

    async def healthy(self) -> Verified:
        """Wait until the version proves healthy. Raises ChittyOpsError when it ends or takes too long."""
        limit = self.target.desired.service.deploy.start_timeout_seconds
        loop = asyncio.get_running_loop()
        deadline = loop.time() + limit
        pause, last = _FIRST_POLL_SECONDS, ""
        while True:
            try:
                return await self.check()
            except health.NotHealthy as error:
                last = str(error)
            if not self.alive():
                raise await self._exited_early()
            if loop.time() + pause > deadline:
                message = f"{self.target.name} was not healthy within {limit:g} s: {last}"
                raise ChittyOpsError(message, hint="see the last lines of its log")
            assert self.process is not None  # noqa: S101 - it is alive
            await self.process.wait(pause)
            pause = min(pause * 1.5, _LAST_POLL_SECONDS)

    async def check(self) -> Verified:
        """Ask the version once how it is. Raises NotHealthy."""
        if not self.alive():
            raise health.NotHealthy("its process does not run")
        if self.target.desired.service.deploy.protocol != "none":
            verified = await health.check(self.target, self.port)
            if not self.alive():
                raise health.NotHealthy("its process does not run")
            return verified
        lived = asyncio.get_running_loop().time() - self._started_at
        if lived < _ALIVE_SECONDS:
            raise health.NotHealthy(f"alive for {lived:.1f} s")
        return Verified(Check.PROCESS, "its process is alive")

    async def _exited_early(self) -> ExitedEarly:
        assert self.process is not None  # noqa: S101 - it was started
        await self._pipe.drained(_DRAIN_SECONDS)
        message = f"{self.target.name} {self.process.exit_text} before it was healthy"
        return ExitedEarly(message, hint="see the last lines of its log")

    def watch(self) -> None:
        """Restart the process from now on whenever it ends."""
        self.state = State.RUNNING
        if self._watch is None or self._watch.done():
            self._watch = asyncio.get_running_loop().create_task(self._keep_running())

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        backoff = Backoff()
        while True:
            text = "is not running"
            if self.process is not None:
                await self.process.wait()
                text = self.process.exit_text
                await stop(None, self.marker, 0.0)
                await self._pipe.drained(_DRAIN_SECONDS)
            delay = backoff.exited(loop.time(), loop.time() - self._started_at)
            self.state = State.CRASH_LOOP if backoff.looping else State.WAITING
            note = f"crash loop: {backoff.loop_exits} exits within a minute" if backoff.looping else ""
            self.say(f"build {self.target.build_id} {text}; it starts again in {delay:.1f} s", note)
            await asyncio.sleep(delay)
            looping = self.state is State.CRASH_LOOP
            try:
                await self.start()
            except ChittyOpsError as error:
                self.process = None
                self._started_at = loop.time()
                self.say(f"cannot start: {error.message}", error.hint)
            else:
                self.state = State.CRASH_LOOP if looping else State.RUNNING

    async def stop(self) -> None:
        """Stop watching and end the process: politely, and by force after the grace."""
        self.state = State.STOPPING
        await self._unwatch()
        await stop(self.process, self.marker, self.target.desired.service.deploy.stop_grace_seconds)
        await self._pipe.drained(_DRAIN_SECONDS)
        self._pipe.remove()
        if self.process is not None:
            self.say(f"build {self.target.build_id} stopped")
        self.process = None
        self.state = State.STOPPED

    async def _unwatch(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch

    def say(self, *texts: str) -> None:
        """Write remarks of the agent into the service's log."""
        self._log.write(f"chittyops: {text}" for text in texts if text)
