"""Starting and stopping the operations centre: what `chittyops up` and `chittyops down` do."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from chittyops.app.health import address_of_api
from chittyops.app.supervisor import LOCK, stop_leftovers
from chittyops.app.supervisor_process import State
from chittyops.kernel.errors import Unavailable
from chittyops.runtime.endpoints import READY_RECORD, SUPERVISOR_RECORD, running
from chittyops.runtime.filelock import try_lock
from chittyops.runtime.home import VARIABLE, Home
from chittyops.runtime.process import Command, ProcessIdentity, detach, marked

SERVICE_MARKER = "CHITTYOPS_INSTANCE"
STARTING_RECORD = "run/starting"
"""The supervisor that was started last: how `down` finds one that has not got as far as its own record."""
POLL_SECONDS = 0.02
UP_TIMEOUT_SECONDS = 60.0
DOWN_TIMEOUT_SECONDS = 120.0
SERVICE_GRACE_SECONDS = 10.0
LOG_LINES = 5
STARTS = 3
# -P: the folder it is started in holds none of its modules.
SUPERVISOR = (sys.executable, "-P", "-m", "chittyops.app.supervisor")

Report = Callable[[str], None]
"""Takes one line about what is happening."""


async def up(home: Home, environ: Mapping[str, str], report: Report, *, program: tuple[str, ...] = SUPERVISOR) -> str:
    """Start the centre where it does not run and return its address once its API is healthy.

    Any number of callers may do this at a time: they get the same centre. Raises Unavailable, with the last lines
    of the log that tells why, when a process of it keeps failing or it takes longer than a minute.
    """
    starts = _Starts(home, environ, program)
    told: set[str] = set()
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + UP_TIMEOUT_SECONDS
    while not (address := await _healthy(home)):
        if loop.time() > give_up_at:
            raise Unavailable(
                f"the operations centre is not healthy after {UP_TIMEOUT_SECONDS:.0f} s",
                hint=f"see the logs in {home.path}/logs",
            )
        starts.ensure(report)
        _tell(home, told, report)
        _refuse_failing(home)
        await asyncio.sleep(POLL_SECONDS)
    if starts.any:
        _tell(home, told, report)
    return address


class _Starts:
    """Starts a supervisor where none is: also after one that was just stopping, or that somebody else started."""

    def __init__(self, home: Home, environ: Mapping[str, str], program: tuple[str, ...]) -> None:
        self._home = home
        self._command = Command(program, _surroundings(home, environ), cwd=home.path)
        self._last: ProcessIdentity | None = None
        self._count = 0

    @property
    def any(self) -> bool:
        """Return whether a supervisor was started here."""
        return self._count > 0

    def ensure(self, report: Report) -> None:
        if running(self._home, SUPERVISOR_RECORD) or (self._last and self._last.alive()):
            return
        if self._count == STARTS:
            raise Unavailable("the supervisor ends at once", hint=_end_of_log(self._home, "supervisor"))
        if not self._count:
            report("starting the operations centre")
        self._count += 1
        log = self._home.file("logs", "supervisor.log")
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._last = started = detach(self._command, output=output)
            self._home.write_private(STARTING_RECORD, {"pid": started.pid, "started": started.started})
        finally:
            os.close(output)


def _surroundings(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the centre, which does not run in our folder."""
    path = environ.get("PYTHONPATH")
    absolute = {"PYTHONPATH": os.pathsep.join(map(_absolute, path.split(os.pathsep)))} if path else {}
    return {**environ, **absolute, VARIABLE: str(home.path)}


def _absolute(path: str) -> str:
    return str(Path(path).absolute())


async def down(home: Home, report: Report) -> bool:
    """Stop the centre and everything it started; return whether there was anything to stop.

    Nothing is left when this returns, also where the supervisor itself was killed before.
    """
    supervisor = running(home, SUPERVISOR_RECORD) or running(home, STARTING_RECORD)
    if supervisor:
        report("stopping the operations centre")
        supervisor.signal(signal.SIGTERM)
        if not await supervisor.ended(timeout_seconds=DOWN_TIMEOUT_SECONDS):
            await supervisor.stop(number=signal.SIGKILL)
    left = await stop_leftovers(home)
    services = await _stop_services(home)
    if left or services:
        report(f"stopped what was left: {', '.join([*left, *services])}")
    return bool(supervisor or left or services)


def is_running(home: Home) -> bool:
    """Return whether a supervisor is at work in this home."""
    return running(home, SUPERVISOR_RECORD) is not None


async def _healthy(home: Home) -> str:
    """Return the address of a centre that is up and not about to stop, else ""."""
    ready = running(home, READY_RECORD)
    return await address_of_api(home) if ready and ready == running(home, SUPERVISOR_RECORD) else ""


def _refuse_failing(home: Home) -> None:
    """Raise Unavailable for a process that keeps failing."""
    for name, process in _processes(home).items():
        if process["state"] == State.FAILING:
            raise Unavailable(f"{name} keeps failing: {process['reason']}", hint=_end_of_log(home, name))


def _tell(home: Home, told: set[str], report: Report) -> None:
    """Report the states that are new."""
    for name, process in _processes(home).items():
        line = f"{name}: {process['state']}"
        if process["state"] in {State.READY, State.DONE, State.RESTARTING} and line not in told:
            told.add(line)
            report(line)


def _processes(home: Home) -> Mapping[str, Mapping[str, Any]]:
    """Return what the supervisor that is at work has written down about its processes."""
    record = home.read_private(SUPERVISOR_RECORD) or {}
    found: Mapping[str, Mapping[str, Any]] = record.get("processes", {}) if _current(record) else {}
    return found


def _current(record: Mapping[str, Any]) -> bool:
    return bool(record) and ProcessIdentity(record["pid"], record["started"]).alive()


def _end_of_log(home: Home, name: str) -> str:
    log = home.path / "logs" / f"{name}.log"
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        return "\n".join([f"the end of {log}:", *lines])
    return f"see {log}"


async def _stop_services(home: Home) -> list[str]:
    """Stop services whose agent was killed and could not stop them any more."""
    if _is_taken(home):
        return []
    left = await asyncio.to_thread(marked, SERVICE_MARKER, home.mark)
    await asyncio.gather(*(identity.stop(grace_seconds=SERVICE_GRACE_SECONDS) for identity in left))
    return [f"service process {identity.pid}" for identity in left]


def _is_taken(home: Home) -> bool:
    """Return whether a supervisor holds this home: then a new one was started meanwhile, and they are its."""
    held = try_lock(home.file(LOCK))
    if held is None:
        return True
    os.close(held)
    return False
