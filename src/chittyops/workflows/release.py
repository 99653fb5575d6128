"""The workflow of a release: every service as soon as its dependencies are healthy, and back again on failure.

The engine remembers which step is done; the product's tables remember everything else. Every service's step
always runs, and decides from the tables whether there is anything to do: so the order of steps is the same
however often the workflow is replayed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from chittyops.capabilities.deploy.model import (
    Activated,
    Claim,
    Deployed,
    OnFailure,
    Release,
    ReleaseStatus,
    ServiceStatus,
)
from chittyops.kernel.errors import Cancelled, ChittyOpsError, Conflict
from chittyops.kernel.event import Json
from chittyops.kernel.plan import Action
from chittyops.runtime.durable import Steps
from chittyops.workflows.patience import patiently, retrying

if TYPE_CHECKING:
    from chittyops.capabilities.deploy.ports import Driving, Provider, Say

T = TypeVar("T")

NAME = "release"
CANCEL_POLL_SECONDS = 0.3


def workflow_id(release_id: str, generation: int) -> str:
    """Return the id under which the engine runs one go at a release; resuming is another go."""
    return f"{release_id}.{generation}"


class ReleaseWorkflow:
    """Carries out releases. ``overtaken`` is called when this process turns out to have been replaced."""

    def __init__(self, driving: Driving, executor: str, overtaken: Callable[[], NoReturn]) -> None:
        """Take what to drive with; ``executor`` names this process in the records."""
        self._steering = driving.steering
        self._progress = driving.progress
        self._providers = driving.providers
        self._executor = executor
        self._overtaken = overtaken

    async def run(self, steps: Steps, argument: str) -> Json:
        """Carry out one go at a release and return the status it ended with."""
        release_id, _, _ = argument.rpartition(".")
        scope = cast("dict[str, Any]", await steps.run("begin", self._begin, release_id))
        order: dict[str, list[str]] = scope["services"]
        places = {name: steps.reserve() for name in order}

        slots = asyncio.Semaphore(scope["max_parallel"])

        # The slot is taken inside the step, so that the engine's own bookkeeping takes no slot's time.
        async def step(*args: str) -> Json:
            async with slots:
                return await self._deploy_one(*args)

        async def deploy(name: str) -> str:
            return str(await places[name].run(name, step, release_id, name))

        outcomes = await _in_order(order, deploy)
        broken = [n for n, outcome in outcomes.items() if outcome != ServiceStatus.SUCCEEDED]
        if broken and scope["on_failure"] == OnFailure.ROLLBACK:
            await steps.run("reverting", self._move, release_id, ReleaseStatus.REVERTING.value, "")
            for name in reversed(order):
                if outcomes[name] == ServiceStatus.SUCCEEDED:
                    outcomes[name] = str(await steps.run(f"revert {name}", self._revert_one, release_id, name))
        status, error = _ending(outcomes, scope["on_failure"])
        return await steps.run("finish", self._move, release_id, status.value, error)

    async def _begin(self, release_id: str) -> Json:
        release = await patiently(lambda: self._steering.begin(release_id))
        return _scope(release)

    async def _move(self, release_id: str, status: str, error: str) -> Json:
        await patiently(lambda: self._steering.finish(release_id, ReleaseStatus(status), error))
        return status

    async def _deploy_one(self, release_id: str, service: str) -> Json:
        claim = await patiently(lambda: self._progress.claim(release_id, service, self._executor))
        if claim.verdict is not None:
            return claim.verdict.value
        try:
            deployed = await self._unless_cancelled(release_id, self._deploy(claim))
        except Exception as error:  # noqa: BLE001 - a defect in a provider fails one service and strands no release
            return await self._settle(claim, _status_of(error), error=_message(error))
        return await self._settle(claim, ServiceStatus.SUCCEEDED, deployed=deployed)

    async def _deploy(self, claim: Claim) -> Deployed:
        """Prepare, flip, verify; on any failure give the traffic back before telling."""
        target = claim.target
        if target is None:
            message = "a claim without a target cannot deploy"
            raise Conflict(message)
        provider, say = self._provider(claim), self._say(claim)
        activated = None
        try:
            prepared = await retrying(lambda: provider.prepare(target, say))
            await self._advance(claim, "activating", prepared.handle)
            activated = await retrying(lambda: provider.activate(target, prepared, say))
            address = activated.address
            verified = await retrying(lambda: provider.verify(target, address))
        except (Exception, asyncio.CancelledError) as error:
            await self._undo(provider, claim, activated, say)
            if isinstance(error, asyncio.CancelledError):
                message = "the release was cancelled"
                raise Cancelled(message) from error
            raise
        return Deployed(prepared.handle, address, verified.check, activated.undo, verified.detail)

    async def _undo(self, provider: Provider, claim: Claim, activated: Activated | None, say: Say) -> None:
        if claim.target is None:
            return
        target = claim.target
        try:
            await retrying(lambda: provider.revert(target, activated, say))
        except ChittyOpsError as error:
            await say(f"could not be undone: {error.message}")

    async def _revert_one(self, release_id: str, service: str) -> Json:
        claim = await patiently(lambda: self._progress.reverting(release_id, service, self._executor))
        if claim.verdict is not None or claim.target is None:
            return ServiceStatus.REVERTED.value
        target, provider, say = claim.target, self._provider(claim), self._say(claim)
        try:
            await retrying(lambda: provider.revert(target, claim.activated, say))
        except Exception as error:  # noqa: BLE001 - the others must be reverted all the same
            text = f"could not be reverted: {_message(error)}"
            await patiently(lambda: self._progress.stuck(claim, text))
            return "stuck"
        return await self._settle(claim, ServiceStatus.REVERTED)

    async def _settle(
        self, claim: Claim, status: ServiceStatus, *, error: str = "", deployed: Deployed | None = None
    ) -> str:
        try:
            await patiently(lambda: self._progress.settle(claim, status, error=error, deployed=deployed))
        except Conflict:
            self._overtaken()
        return status.value

    async def _advance(self, claim: Claim, phase: str, handle: str) -> None:
        try:
            await patiently(lambda: self._progress.advance(claim, phase, handle))
        except Conflict:
            self._overtaken()

    def _provider(self, claim: Claim) -> Provider:
        return self._providers[claim.provider]

    def _say(self, claim: Claim) -> Say:
        async def say(text: str) -> None:
            await patiently(lambda: self._progress.say(claim.release, claim.service, text))

        return say

    async def _unless_cancelled(self, release_id: str, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work``, and cancel it when somebody asks the release to stop."""
        task = asyncio.create_task(work)

        async def watch() -> None:
            while True:
                await asyncio.sleep(CANCEL_POLL_SECONDS)
                if await patiently(lambda: self._steering.cancel_requested(release_id)):
                    task.cancel()
                    return

        watcher = asyncio.create_task(watch())
        try:
            return await task
        finally:
            watcher.cancel()


async def _in_order(order: dict[str, list[str]], deploy: Callable[[str], Awaitable[str]]) -> dict[str, str]:
    """Deploy each service once what it depends on is done."""
    done = {name: asyncio.Event() for name in order}
    outcomes: dict[str, str] = {}

    async def one(name: str) -> None:
        for needed in order[name]:
            await done[needed].wait()
        outcomes[name] = await deploy(name)
        done[name].set()

    await asyncio.gather(*(one(name) for name in order))
    return outcomes


def _scope(release: Release) -> Json:
    """Return what the workflow needs to know of a release: fixed for the whole of one go."""
    deployed = [s for s in release.services if s.action == Action.DEPLOY]
    names = {s.name for s in deployed}
    services: dict[str, Json] = {s.name: [d for d in s.depends_on if d in names] for s in deployed}
    return {
        "services": services,
        "max_parallel": release.max_parallel,
        "on_failure": release.on_failure.value,
    }


def _ending(outcomes: dict[str, str], on_failure: str) -> tuple[ReleaseStatus, str]:
    """Return how a release ends whose services came to ``outcomes``, and why."""
    by_outcome: dict[str, list[str]] = {}
    for name, outcome in outcomes.items():
        by_outcome.setdefault(outcome, []).append(name)
    failed = by_outcome.get(ServiceStatus.FAILED, [])
    error = f"{', '.join(failed)} failed" if failed else ""
    if "stuck" in by_outcome:
        return ReleaseStatus.FAILED, f"{error}; could not revert {', '.join(by_outcome['stuck'])}".removeprefix("; ")
    if by_outcome.keys() <= {ServiceStatus.SUCCEEDED.value}:
        return ReleaseStatus.SUCCEEDED, ""
    if not failed and ServiceStatus.CANCELLED in by_outcome:
        return ReleaseStatus.CANCELLED, ""
    return (ReleaseStatus.ROLLED_BACK if on_failure == OnFailure.ROLLBACK else ReleaseStatus.FAILED), error


def _status_of(error: Exception) -> ServiceStatus:
    return ServiceStatus.CANCELLED if isinstance(error, Cancelled) else ServiceStatus.FAILED


def _message(error: Exception) -> str:
    return error.message if isinstance(error, ChittyOpsError) else f"{type(error).__name__}: {error}"
