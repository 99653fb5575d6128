"""Processes of services: each in a session of its own, found again by pid and start time or by its marker."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.service import Limits
from chittyops.runtime.process import ProcessIdentity

if sys.platform == "linux":
    import resource

MARKER = "CHITTYOPS_INSTANCE"
"""The environment variable by which a process is known to belong to an instance, whatever became of it."""

_POLL_SECONDS = 0.05


class Process:
    """The leader of a service's process group: our child, or one adopted from an agent that died."""

    def __init__(self, identity: ProcessIdentity, child: subprocess.Popen[bytes] | None = None) -> None:
        self.identity = identity
        self._child = child

    def alive(self) -> bool:
        """Return whether it runs."""
        if self._child is not None:
            return self._child.poll() is None
        return self.identity.alive()

    @property
    def exit_text(self) -> str:
        """Return how it ended, in words."""
        code = self._child.poll() if self._child is not None else None
        if code is None:
            return "ended"
        if code >= 0:
            return f"exited with code {code}"
        return f"was ended by {signal.Signals(-code).name}"

    async def wait(self, within_seconds: float = math.inf) -> bool:
        """Wait for it to end; return whether it did."""
        await self.identity.ended(timeout_seconds=within_seconds)
        return not self.alive()

    def signal_group(self, number: signal.Signals) -> None:
        """Signal the process and all of its group."""
        if self.alive():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.identity.pid, number)


def spawn(
    argv: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str],
    output: int,
    stdin: bytes,
    limits: Limits,
) -> Process:
    """Start ``argv`` in a new session, both outputs to the descriptor ``output``. Raises Misconfigured.

    Between the fork and the return nothing is awaited, so that a process is either ours or was never started.
    """
    try:
        child = subprocess.Popen(  # it outlives this function, and the agent too
            argv,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"cannot start {argv[0]}: {reason}"
        raise Misconfigured(message, hint="check the service's command, and that its program is installed") from error
    _limit(child.pid, limits)
    if child.stdin is not None:
        with suppress(BrokenPipeError), child.stdin as pipe:
            pipe.write(stdin)
    return Process(ProcessIdentity.of(child.pid), child)


def unsupported_limits(limits: Limits) -> str:
    """Return what to say about limits that this system cannot set, or ""."""
    wanted = limits != Limits()
    return "resource limits are not applied on this system" if wanted and sys.platform != "linux" else ""


def _limit(pid: int, limits: Limits) -> None:
    if sys.platform != "linux":
        return
    wanted = (
        # data, not address space: Node and Go reserve far more addresses than they ever use
        (resource.RLIMIT_DATA, limits.memory_mb * 1024 * 1024),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_NPROC, limits.processes),
    )
    for kind, amount in wanted:
        if amount:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, kind, (amount, amount))


def marked(prefix: str) -> dict[str, list[ProcessIdentity]]:
    """Return the living processes whose marker begins with ``prefix``, by marker."""
    found: dict[str, list[ProcessIdentity]] = {}
    for pid in psutil.pids():
        marker = environment_of(pid).get(MARKER, "")
        if marker.startswith(prefix) and (identity := ProcessIdentity.of(pid)).alive():
            found.setdefault(marker, []).append(identity)
    return found


def leads(identity: ProcessIdentity) -> bool:
    """Return whether this process leads its session: the one that was started, not a child of it."""
    try:
        return os.getsid(identity.pid) == identity.pid
    except ProcessLookupError:
        return False


def environment_of(pid: int) -> dict[str, str]:
    """Return the environment a process was started with; {} when it is gone or not ours to read."""
    try:
        return psutil.Process(pid).environ()
    except (psutil.Error, OSError):
        return {}


async def stop(process: Process | None, marker: str, grace_seconds: float) -> None:
    """End an instance: SIGTERM to its group, SIGKILL after ``grace_seconds`` to all that bear its marker."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + grace_seconds
    if process is not None:
        process.signal_group(signal.SIGTERM)
        await process.wait(grace_seconds)
    while remaining := (await asyncio.to_thread(marked, marker)).get(marker):
        if loop.time() >= deadline:
            for identity in remaining:
                identity.signal(signal.SIGKILL)
        await asyncio.sleep(_POLL_SECONDS)
    if process is not None:
        await process.wait()
