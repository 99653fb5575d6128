"""Durable workflows: the one door to DBOS, used by the rules that make it safe for deploys.

The product's own tables say what is; DBOS only remembers which step of a workflow comes next. A step runs
at least once, so whatever it does must be looked up or carry an idempotency key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, NoReturn, Protocol

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import _serialization as dbos_serialization

from chittyops.kernel.event import Json

StepFunction = Callable[..., Coroutine[Any, Any, Json]]


class Reservation(Protocol):
    """A place in the order of a workflow's steps, taken now and run later."""

    async def run(self, name: str, function: StepFunction, *args: Json) -> Json:
        """Run the step at this place, or return what it returned when it ran before."""
        ...


class Steps(Protocol):
    """What a workflow may do that is remembered."""

    async def run(self, name: str, function: StepFunction, *args: Json) -> Json:
        """Run a step, or return what it returned when it ran before."""
        ...

    def reserve(self) -> Reservation:
        """Take the next place: a result belongs to the place, so places are taken in a fixed order."""
        ...


Workflow = Callable[[Steps, str], Awaitable[Json]]


class _DbosReservation:
    def __init__(self) -> None:
        self._place = DBOS.reserve_step()

    async def run(self, name: str, function: StepFunction, *args: Json) -> Json:
        return await self._place.run_async({"name": name}, function, *args)


class _DbosSteps:
    async def run(self, name: str, function: StepFunction, *args: Json) -> Json:
        return await DBOS.run_step_async({"name": name}, function, *args)

    def reserve(self) -> Reservation:
        return _DbosReservation()


def _refuse_pickle(*_: object) -> NoReturn:
    message = "pickled workflow data is refused"
    raise ValueError(message)


class Durable:
    """Runs workflows of one process (an executor) and takes over those of dead ones."""

    def __init__(self, url: str, *, executor: str, version: str, pool_size: int = 6) -> None:
        """Prepare an executor; ``executor`` must be new for each process, ``version`` equal among peers."""
        # A row may claim to be pickled whatever serializer is configured, so the unpickler itself must go.
        dbos_serialization.DefaultSerializer.deserialize = _refuse_pickle  # type: ignore[method-assign,assignment]
        self.executor = executor
        self._workflows: dict[str, Callable[[str], Awaitable[Json]]] = {}
        self._running: set[str] = set()
        config = DBOSConfig(
            name="chittyops",
            system_database_url=url,
            sys_db_pool_size=pool_size,
            sys_db_idle_transaction_timeout_sec=10,
            db_engine_kwargs={"connect_args": {"application_name": executor}},
            executor_id=executor,
            application_version=version,
            serializer=dbos_serialization.DBOSPortableJSON,
            log_level="WARNING",
            enable_otlp=False,
        )
        DBOS(config=config)

    def workflow(self, name: str, run: Workflow) -> None:
        """Register ``run`` under ``name``; before ``launch``."""

        @DBOS.workflow(name=name, max_recovery_attempts=10_000)
        async def recorded(argument: str) -> Json:
            workflow_id = str(DBOS.workflow_id)
            self._running.add(workflow_id)
            try:
                return await run(_DbosSteps(), argument)
            finally:
                self._running.discard(workflow_id)

        self._workflows[name] = recorded

    def launch(self) -> None:
        """Connect, migrate the engine's own schema and begin to work."""
        DBOS.launch()

    def start(self, name: str, workflow_id: str, argument: str) -> None:
        """Start a workflow once: a second call with the same id does nothing. Blocks; not for an event loop.

        It runs on the engine's own event loop, as recovered workflows do.
        """
        with SetWorkflowID(workflow_id):
            DBOS.start_workflow(self._workflows[name], argument)

    def executors(self) -> frozenset[str]:
        """Return the executors that unfinished workflows belong to. Blocks."""
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return frozenset(str(w.executor_id) for w in pending)

    def lost(self) -> frozenset[str]:
        """Return workflows recorded as running here whose task is gone: this process should be replaced. Blocks."""
        mine = DBOS.list_workflows(status="PENDING", executor_id=self.executor, load_input=False, load_output=False)
        return frozenset(w.workflow_id for w in mine) - self._running

    def recover(self, executors: Iterable[str]) -> None:
        """Put the workflows of dead ``executors`` back in the queue that live ones serve. Blocks."""
        DBOS._recover_pending_workflows(list(executors))  # noqa: SLF001 - the engine has no public call for it

    def prune(self, ended_before: str) -> int:
        """Delete what the engine remembers of workflows that ended before an ISO time; return how many. Blocks."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=ended_before,
            limit=1000,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([w.workflow_id for w in ended])
        return len(ended)

    async def close(self) -> None:
        """Stop working. Workflows that are under way stay recorded and are taken over by another executor."""
        await asyncio.to_thread(DBOS.destroy)
