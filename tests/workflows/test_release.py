"""A release, driven against the real tables: order, failure, going back, cancelling, resuming, fencing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn

import pytest

from chittyops.capabilities.deploy.model import (
    Activated,
    Check,
    Deployment,
    Desired,
    OnFailure,
    PlanRequest,
    Prepared,
    Release,
    ReleaseOptions,
    ReleaseStatus,
    ServiceStatus,
    Target,
    Verified,
)
from chittyops.capabilities.deploy.ports import Driving, Say
from chittyops.capabilities.deploy.providers.postgres.fleets import PostgresFleets, PostgresPlans
from chittyops.capabilities.deploy.providers.postgres.progress import PostgresProgress
from chittyops.capabilities.deploy.providers.postgres.releases import PostgresReleases, say
from chittyops.capabilities.deploy.service import Deploys
from chittyops.kernel.errors import ChittyOpsError, Conflict, Refused, Unavailable
from chittyops.kernel.event import Json
from chittyops.kernel.plan import digest
from chittyops.kernel.service import Environment, Service
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.durable import Reservation, StepFunction
from chittyops.runtime.postgres import Database
from chittyops.workflows.release import ReleaseWorkflow, workflow_id

EDGES: dict[str, tuple[str, ...]] = {"a": (), "b": ("a",), "c": ("b",), "d": ("a",)}


@dataclass
class Recording:
    """Steps that remember what they returned: a second run with the same one replays."""

    kept: dict[int, Json] = field(default_factory=dict)
    place: int = 0
    stop_after: int = 10**9

    def again(self) -> Recording:
        return Recording(self.kept)

    async def run(self, name: str, function: StepFunction, *args: Json) -> Json:
        return await self.reserve().run(name, function, *args)

    def reserve(self) -> Reservation:
        self.place += 1
        return Place(self, self.place)


@dataclass
class Place:
    steps: Recording
    number: int

    async def run(self, name: str, function: StepFunction, *args: Json) -> Json:
        if self.number not in self.steps.kept:
            if len(self.steps.kept) >= self.steps.stop_after:
                await asyncio.Event().wait()
            self.steps.kept[self.number] = await function(*args)
        return self.steps.kept[self.number]


class Scripted:
    """A provider that keeps what is live in memory and fails where the script says so."""

    def __init__(self) -> None:
        self.live: dict[str, list[str]] = {}
        self.fail: dict[tuple[str, str], list[ChittyOpsError]] = {}
        self.calls: list[tuple[str, str]] = []
        self.hang: set[str] = set()
        self.running = self.most = 0
        self.meeting: set[str] = set()
        """Those of whom two have to be prepared at once before one goes on."""

    async def _call(self, phase: str, target: Target) -> None:
        self.calls.append((phase, target.name))
        await asyncio.sleep(0.01)
        if target.name in self.hang and phase == "prepare":
            await asyncio.Event().wait()
        if errors := self.fail.get((phase, target.name)):
            raise errors.pop(0)

    def missing(self, target: Target) -> str:
        return ""

    async def prepare(self, target: Target, say: Say) -> Prepared:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await say(f"preparing {target.build_id}")
            async with asyncio.timeout(10):
                while target.name in self.meeting and self.most == 1:
                    await asyncio.sleep(0.01)
            await self._call("prepare", target)
        finally:
            self.running -= 1
        return Prepared(target.build_id, Verified(Check.BUILD))

    async def activate(self, target: Target, prepared: Prepared, say: Say) -> Activated:
        await self._call("activate", target)
        stack = self.live.setdefault(target.name, [])
        undo = next((b for b in reversed(stack) if b != prepared.handle), "")
        if stack[-1:] != [prepared.handle]:
            stack.append(prepared.handle)
        return Activated(f"http://127.0.0.1:1/{target.name}", undo)

    async def verify(self, target: Target, address: str) -> Verified:
        await self._call("verify", target)
        return Verified(Check.BUILD, "ok")

    async def revert(self, target: Target, activated: Activated | None, say: Say) -> None:
        await self._call("revert", target)
        stack = self.live.get(target.name, [])
        if stack[-1:] == [target.build_id]:
            stack.pop()

    async def logs(self, key: str, *, tail: int, follow: bool) -> AsyncIterator[str]:
        yield key


class Overtaken(Exception):
    pass


class World:
    """A fleet of four services, a centre's tables, and the scripted provider."""

    def __init__(self, database: Database) -> None:
        clock = SystemClock()
        self.provider = Scripted()
        self.progress = PostgresProgress(database, clock)
        self.deploys = Deploys(
            PostgresFleets(database, clock),
            PostgresPlans(database, clock),
            PostgresReleases(database, clock),
            {"local": self.provider},
        )
        self.database = database
        self.version = "1"

    def workflow(self, executor: str = "x") -> ReleaseWorkflow:
        return ReleaseWorkflow(Driving(self.progress, self.progress, {"local": self.provider}), executor, _overtaken)

    def request(self) -> PlanRequest:
        services = []
        for name, needed in EDGES.items():
            inputs = {"file.main.py": self.version}
            services.append(
                Desired(Service(name, name, depends_on=needed), inputs, "0" * 64, digest({**inputs, "n": name}), "/x")
            )
        return PlanRequest("/x", Environment("local"), {}, tuple(services))

    async def create(self, on_failure: OnFailure = OnFailure.ROLLBACK, max_parallel: int = 8) -> Release:
        stored = await self.deploys.make_plan("shop", self.request(), "me")
        return await self.deploys.apply(stored.id, ReleaseOptions(on_failure, max_parallel), "me")

    async def carry_out(self, release: Release, steps: Recording | None = None) -> Release:
        current = await self.deploys.release(release.id)
        await self.workflow().run(steps or Recording(), workflow_id(release.id, current.generation))
        return await self.deploys.release(release.id)

    async def deploy(self, on_failure: OnFailure = OnFailure.ROLLBACK) -> Release:
        return await self.carry_out(await self.create(on_failure))

    async def active(self) -> dict[str, Deployment]:
        return {d.service: d for d in await self.deploys.deployments("shop", "local")}


def _overtaken() -> NoReturn:
    raise Overtaken


def statuses(release: Release) -> dict[str, str]:
    return {s.name: s.status.value for s in release.services}


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_every_service_is_deployed_after_what_it_depends_on(world: World) -> None:
    release = await world.deploy()
    assert release.status is ReleaseStatus.SUCCEEDED
    assert set(statuses(release).values()) == {"succeeded"}
    prepared = [name for phase, name in world.provider.calls if phase == "prepare"]
    assert prepared.index("a") == 0
    assert prepared.index("b") < prepared.index("c")
    assert {d.build_id for d in (await world.active()).values()} == {s.build_id for s in release.services}


async def test_what_can_run_together_does_up_to_the_limit(world: World) -> None:
    world.provider.meeting = {"b", "d"}
    await world.carry_out(await world.create(max_parallel=2))
    assert world.provider.most == 2


async def test_a_failure_takes_everything_back_in_reverse_order(world: World) -> None:
    first = await world.deploy()
    before = await world.active()
    world.version = "2"
    world.provider.fail["verify", "c"] = [Refused("it says build r0")]
    second = await world.deploy()
    assert second.status is ReleaseStatus.ROLLED_BACK
    assert second.error == "c failed"
    assert statuses(second) == {"a": "reverted", "b": "reverted", "c": "failed", "d": "reverted"}
    assert await world.active() == before
    assert {stack[-1] for stack in world.provider.live.values()} == {s.build_id for s in first.services}
    reverted = [name for phase, name in world.provider.calls if phase == "revert"]
    assert reverted[-1] == "a"
    assert reverted.index("c") < reverted.index("b")


async def test_the_first_release_of_a_fleet_goes_back_to_nothing(world: World) -> None:
    world.provider.fail["prepare", "d"] = [Refused("it does not start")]
    release = await world.deploy()
    assert release.status is ReleaseStatus.ROLLED_BACK
    assert await world.active() == {}
    assert all(not stack for stack in world.provider.live.values())


async def test_stop_keeps_what_succeeded_and_can_be_resumed(world: World) -> None:
    world.provider.fail["prepare", "b"] = [Refused("broken")]
    stopped = await world.deploy(OnFailure.STOP)
    assert stopped.status is ReleaseStatus.FAILED
    assert statuses(stopped)["a"] == "succeeded"
    assert statuses(stopped)["c"] == "blocked"
    await world.deploys.resume(stopped.id, "me")
    resumed = await world.carry_out(stopped)
    assert resumed.status is ReleaseStatus.SUCCEEDED
    assert [n for p, n in world.provider.calls if p == "activate"].count("a") == 1
    with pytest.raises(Refused, match="nothing to resume"):
        await world.deploys.resume(stopped.id, "me")


async def test_continue_deploys_what_does_not_depend_on_the_failed_one(world: World) -> None:
    world.provider.fail["prepare", "b"] = [Refused("broken")]
    release = await world.deploy(OnFailure.CONTINUE)
    assert release.status is ReleaseStatus.FAILED
    assert statuses(release) == {"a": "succeeded", "b": "failed", "c": "blocked", "d": "succeeded"}
    assert [s.error for s in release.services if s.name == "c"] == ["b failed"]


async def test_what_may_pass_is_tried_again(world: World) -> None:
    world.provider.fail["activate", "a"] = [Unavailable("busy"), Unavailable("busy")]
    assert (await world.deploy()).status is ReleaseStatus.SUCCEEDED


async def test_a_defect_in_a_provider_fails_one_service_and_strands_nothing(world: World) -> None:
    world.provider.fail["prepare", "c"] = [KeyError("oops")]  # type: ignore[list-item]
    release = await world.deploy()
    assert release.status is ReleaseStatus.ROLLED_BACK
    assert "KeyError" in next(s.error for s in release.services if s.name == "c")


async def test_cancelling_stops_what_runs_and_takes_back_what_ran(world: World) -> None:
    world.provider.hang = {"b"}
    release = await world.create()
    going = asyncio.create_task(world.carry_out(release))
    await _until(lambda: ("prepare", "b") in world.provider.calls)
    await world.deploys.cancel(release.id, "me")
    ended = await going
    assert ended.status is ReleaseStatus.CANCELLED
    assert statuses(ended)["b"] == "cancelled"
    assert statuses(ended)["c"] in {"cancelled", "blocked"}
    assert await world.active() == {}
    with pytest.raises(Refused, match="already ended"):
        await world.deploys.cancel(release.id, "me")


async def test_one_release_at_a_time_holds_an_environment(world: World) -> None:
    stored = await world.deploys.make_plan("shop", world.request(), "me")
    await world.deploys.apply(stored.id, ReleaseOptions(), "me")
    with pytest.raises(Conflict, match="held by release shop-1"):
        await world.deploys.apply(stored.id, ReleaseOptions(), "you")


async def test_of_many_at_once_exactly_one_gets_the_environment(world: World) -> None:
    stored = await world.deploys.make_plan("shop", world.request(), "me")
    tries = [world.deploys.apply(stored.id, ReleaseOptions(), "me") for _ in range(6)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(r, Release) for r in results) == 1
    assert all(isinstance(r, Release | Conflict) for r in results)


async def test_a_stale_plan_is_refused_and_names_what_changed(world: World) -> None:
    await world.deploy()
    world.version = "2"
    stale = await world.deploys.make_plan("shop", world.request(), "me")
    await world.deploy()
    with pytest.raises(Refused, match=r"stale: a, b, c, d changed since"):
        await world.deploys.apply(stale.id, ReleaseOptions(), "me")


async def test_a_replay_repeats_nothing_that_was_recorded(world: World) -> None:
    release = await world.create()
    steps = Recording(stop_after=3)
    half = asyncio.create_task(world.workflow("one").run(steps, workflow_id(release.id, 1)))
    await _until(lambda: len(steps.kept) >= 3)
    await asyncio.sleep(0.1)
    half.cancel()
    await asyncio.gather(half, return_exceptions=True)
    ended = await world.carry_out(release, steps.again())
    assert ended.status is ReleaseStatus.SUCCEEDED
    activated = [name for phase, name in world.provider.calls if phase == "activate"]
    assert sorted(activated) == ["a", "b", "c", "d"]


async def test_a_step_that_ran_unrecorded_is_looked_up_not_repeated(world: World) -> None:
    release = await world.create()
    await world.workflow("one").run(Recording(), workflow_id(release.id, 1))
    calls = len(world.provider.calls)
    await world.workflow("two").run(Recording(), workflow_id(release.id, 1))
    assert len(world.provider.calls) == calls
    assert (await world.deploys.release(release.id)).status is ReleaseStatus.SUCCEEDED


async def test_a_worker_that_was_overtaken_writes_nothing_more(world: World) -> None:
    release = await world.create()
    await world.progress.begin(release.id)
    old = await world.progress.claim(release.id, "a", "frozen")
    await world.progress.claim(release.id, "a", "new")
    with pytest.raises(Conflict, match="taken over"):
        await world.progress.advance(old, "activating", "x")
    with pytest.raises(Conflict, match="taken over"):
        await world.progress.settle(old, ServiceStatus.SUCCEEDED)


async def test_a_service_that_cannot_be_reverted_stays_and_says_so(world: World) -> None:
    world.provider.fail["verify", "c"] = [Refused("broken")]
    world.provider.fail["revert", "a"] = [Refused("the old build is gone")]
    release = await world.deploy()
    assert release.status is ReleaseStatus.FAILED
    assert "could not revert a" in release.error
    assert list(await world.active()) == ["a"]


async def test_a_rollback_is_a_release_of_its_own(world: World) -> None:
    first = await world.deploy()
    world.version = "2"
    await world.deploy()
    from chittyops.capabilities.deploy.model import RollbackRequest

    stored = await world.deploys.make_rollback("shop", "local", RollbackRequest(), "me")
    release = await world.carry_out(await world.deploys.apply(stored.id, ReleaseOptions(), "me"))
    assert (release.number, release.kind, release.status) == (3, "rollback", ReleaseStatus.SUCCEEDED)
    active = await world.active()
    assert {d.digest for d in active.values()} == {s.digest for s in first.services}
    assert all(d.build_id.startswith("r3-") for d in active.values())


async def test_events_come_in_order_and_can_be_read_from_a_cursor(world: World) -> None:
    release = await world.deploy()
    events = await world.deploys.events(release.id, "")
    assert [e.data.get("status") for e in events if not e.service] == ["queued", "running", "succeeded"]
    assert {e.kind for e in events} == {"log", "state"}
    middle = len(events) // 2
    rest = await world.deploys.events(release.id, events[middle].cursor)
    assert rest == events[middle + 1 :]
    assert all(e.at <= datetime.now(UTC) for e in events)


async def test_events_wait_for_a_transaction_that_began_before_them(world: World, database_url: str) -> None:
    release = await world.create()
    other = Database.connect(database_url, application_name="slow")
    try:
        async with other.transaction() as slow:
            await say(slow, release.id, "a", "log", {"text": "slow"}, datetime.now(UTC))
            await world.progress.say(release.id, "b", "fast")
            assert [e.service for e in await world.deploys.events(release.id, "")] == [""]
        assert [e.service for e in await world.deploys.events(release.id, "")] == ["", "a", "b"]
    finally:
        await other.close()


async def test_a_long_transaction_of_a_service_does_not_hold_events_up(world: World, database_url: str) -> None:
    release = await world.create()
    foreign = Database.connect(f"{database_url.rpartition('/')[0]}/postgres", application_name="service")
    try:
        async with foreign.transaction() as tx:
            await tx.run("SELECT pg_current_xact_id()")
            await world.progress.say(release.id, "b", "fast")
            assert [e.service for e in await world.deploys.events(release.id, "")] == ["", "b"]
    finally:
        await foreign.close()


async def test_an_event_and_an_audit_row_are_written_with_the_change(world: World) -> None:
    release = await world.deploy()
    async with world.database.transaction() as tx:
        channels = [r["channel"] for r in await tx.rows("SELECT channel FROM outbox ORDER BY id")]
        audit = await tx.rows("SELECT action, target, actor FROM audit")
    assert channels.count("chittyops.service.succeeded") == 4
    assert channels[0] == "chittyops.release.queued"
    assert channels[-1] == "chittyops.release.succeeded"
    assert [dict(r) for r in audit] == [{"action": "release.deploy", "target": release.id, "actor": "me"}]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
