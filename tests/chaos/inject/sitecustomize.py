"""Loaded by the centre's own processes in chaos tests: lets a worker die at exact places, and restart without pause.

CHAOS_BOUNDARIES names a file. Each place of each step (before, ran but unrecorded, recorded) kills the worker
once, the first time it is passed; the file remembers which have. CHAOS_EVERY takes only each n-th of them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

Run = Callable[..., Coroutine[Any, Any, Any]]

ledger = os.environ.get("CHAOS_BOUNDARIES", "")
every = int(os.environ.get("CHAOS_EVERY", "1"))


def die_once(place: str) -> None:
    """Kill this process if nobody has been killed at ``place`` yet."""
    with Path(ledger).open("a+", encoding="utf-8") as file:
        file.seek(0)
        passed = file.read().splitlines()
        if place in passed:
            return
        file.write(place + "\n")
        file.flush()
        os.fsync(file.fileno())
    if len(passed) % every == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def wrap(original: Run) -> Run:
    """Return ``original`` (the ``run`` of steps) with three places to die at."""

    async def run(self: object, name: str, function: Run, *args: object) -> object:
        die_once(f"{name} before")

        async def step(*given: object) -> object:
            result = await function(*given)
            die_once(f"{name} unrecorded")
            return result

        result = await original(self, name, step, *args)
        die_once(f"{name} recorded")
        return result

    return run


words = sys.orig_argv
if "chittyops.app.supervisor" in words:
    from chittyops.app import supervisor_process

    supervisor_process.LONGEST_PAUSE_SECONDS = 0.2
if ledger and words[-2:] == ["chittyops", "worker"]:
    from chittyops.runtime import durable

    for steps in (durable._DbosSteps, durable._DbosReservation):
        steps.run = wrap(steps.run)  # type: ignore[method-assign]

    # Within a step of a rotation: what was done is nowhere recorded yet.
    from chittyops.capabilities.secrets.providers.rotators.command import CommandRotator
    from chittyops.workflows.rotate_scene import Scene

    ask, write = CommandRotator._run, Scene.write

    async def asked(self: CommandRotator, operation: str, *given: Any) -> dict[str, Any]:
        answer = await ask(self, operation, *given)
        die_once(f"{operation} mid-step")
        return answer

    def written(self: Scene, *given: Any) -> int:
        count = write(self, *given)
        die_once("store mid-step")
        return count

    CommandRotator._run = asked  # type: ignore[method-assign,assignment]
    Scene.write = written  # type: ignore[method-assign,assignment]
