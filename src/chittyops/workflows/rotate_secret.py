"""The workflow of a rotation: forward step by step, and back again while the old credential lives.

The engine remembers which step comes next; the product's tables say what was done. A step that is recorded as done is
not done again, one that was interrupted is: its act looks first. Which steps there are follows from the request alone,
so that they are the same however often the workflow is replayed. Nothing that the engine keeps is a secret.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar, cast

import structlog

from chittyops.capabilities.secrets.service.rotation import steps as order
from chittyops.capabilities.secrets.service.rotation.model import Rotation, RotationStatus, StepClaim, StepStatus
from chittyops.capabilities.secrets.service.rotation.ports import RotationProgress
from chittyops.capabilities.secrets.service.rotation.steps import Act, Step
from chittyops.kernel.errors import Cancelled, ChittyOpsError, Conflict
from chittyops.kernel.event import Json
from chittyops.runtime.durable import Steps
from chittyops.runtime.redaction import redacted_text
from chittyops.workflows.patience import patiently, retrying
from chittyops.workflows.rotate_acts import Acts, Detail

T = TypeVar("T")

log = structlog.get_logger(__name__)

NAME = "rotate_secret"
RETRY_SECONDS = 60.0
CANCEL_POLL_SECONDS = 0.3


def workflow_id(rotation_id: str, generation: int) -> str:
    """Return the id under which the engine runs one go at a rotation; resuming is another go."""
    return f"{rotation_id}.{generation}"


class RotationWorkflow:
    """Carries out rotations. ``overtaken`` is called when this process turns out to have been replaced."""

    def __init__(
        self, progress: RotationProgress, acts: Acts, executor: str, overtaken: Callable[[], NoReturn]
    ) -> None:
        """Take the records, what does single steps, and the name of this process in the records."""
        self._progress = progress
        self._acts = acts
        self._executor = executor
        self._overtaken = overtaken

    async def run(self, steps: Steps, argument: str) -> Json:
        """Carry out one go at a rotation and return the status it ended with."""
        rotation_id, _, _ = argument.rpartition(".")
        scope = cast("dict[str, Any]", await steps.run("begin", self._begin, rotation_id))
        second, hold = bool(scope["second"]), bool(scope["hold"])
        back = bool(scope["turned"])
        if not back:
            ended = await self._forward(steps, rotation_id, second=second, hold=hold)
            if ended is not None:
                return await steps.run("finish", self._finish, rotation_id, ended.value)
            back = bool(await steps.run("turn", self._turn, rotation_id))
        ended = RotationStatus.ROLLED_BACK if back else RotationStatus.FAILED
        for step in order.backward(second=second) if back else ():
            if await steps.run(step.name, self._step, rotation_id, step.name) == StepStatus.FAILED:
                ended = RotationStatus.FAILED
                break
        return await steps.run("finish", self._finish, rotation_id, ended.value)

    async def _forward(self, steps: Steps, rotation_id: str, *, second: bool, hold: bool) -> RotationStatus | None:
        """Do the steps to the new credential; return how that ended, None where it has to be taken back."""
        for step in order.forward(second=second):
            if hold and step.name == order.point_of_no_return(second=second):
                return RotationStatus.HELD
            if await steps.run(step.name, self._step, rotation_id, step.name) == StepStatus.FAILED:
                return None
        return RotationStatus.SUCCEEDED

    async def _begin(self, rotation_id: str) -> Json:
        rotation = await patiently(lambda: self._progress.begin(rotation_id))
        request = rotation.request
        return {"second": bool(request.previous), "hold": request.hold, "turned": rotation.turned}

    async def _turn(self, rotation_id: str) -> Json:
        return await patiently(lambda: self._progress.turn(rotation_id))

    async def _finish(self, rotation_id: str, status: str) -> Json:
        ended = RotationStatus(status)
        if ended in (RotationStatus.SUCCEEDED, RotationStatus.ROLLED_BACK):
            rotation = await patiently(lambda: self._progress.rotation(rotation_id))
            await self._acts.clean(rotation, succeeded=ended is RotationStatus.SUCCEEDED)
        await patiently(lambda: self._progress.finish(rotation_id, ended))
        return status

    async def _step(self, rotation_id: str, name: str) -> Json:
        claim = await patiently(lambda: self._progress.claim(rotation_id, name, self._executor))
        if claim.verdict is not None:
            return claim.verdict.value
        rotation = claim.rotation
        step = order.named(name, second=bool(rotation.request.previous))
        if rotation.turned and not order.needed(step, rotation):
            return await self._settle(claim, StepStatus.SKIPPED, {})
        try:
            work = retrying(lambda: self._acts.do(rotation, step), RETRY_SECONDS)
            detail = await self._unless_cancelled(rotation, work, step)
        except Exception as error:  # noqa: BLE001 - a defect in a rotator fails one step, and strands no credential
            return await self._settle(claim, StepStatus.FAILED, {}, _message(error))
        return await self._settle(claim, StepStatus.DONE, detail)

    async def _settle(self, claim: StepClaim, status: StepStatus, detail: Detail, error: str = "") -> str:
        try:
            await patiently(lambda: self._progress.settle(claim, status, detail, error))
        except Conflict:
            self._overtaken()
        return status.value

    async def _unless_cancelled(self, rotation: Rotation, work: Coroutine[Any, Any, T], step: Step) -> T:
        """Do ``work``; stop it when somebody asks for that, where it can still be taken back."""
        final = rotation.turned or step.act is Act.REVOKE or step.name.startswith("one.")
        if final:
            return await work
        task = asyncio.create_task(work)

        async def watch() -> None:
            while True:
                await asyncio.sleep(CANCEL_POLL_SECONDS)
                now = await patiently(lambda: self._progress.rotation(rotation.id))
                if now.cancel_requested:
                    task.cancel()
                    return

        watcher = asyncio.create_task(watch())
        try:
            return await task
        except asyncio.CancelledError:
            if not watcher.done():
                raise
            raise Cancelled("cancelled") from None
        finally:
            watcher.cancel()


def _message(error: Exception) -> str:
    if isinstance(error, ChittyOpsError):
        return redacted_text(f"{error.message} ({error.hint})" if error.hint else error.message)
    # What is no error of ours may quote anything: its kind and its place have to do.
    last = traceback.extract_tb(error.__traceback__)[-1]
    log.error("a step of a rotation met a defect", kind=type(error).__name__, at=f"{last.filename}:{last.lineno}")
    return f"a defect: {type(error).__name__}"
