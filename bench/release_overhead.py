"""What a release costs beyond the deploys themselves, beside ``make -j8`` on the same graph.

A provider that only sleeps stands for the deploys; everything else is the real thing: embedded PostgreSQL and
NATS, the durable engine, the workflow, the tables, the outbox and its publisher.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import itertools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from chittyops.capabilities.deploy.model import (
    Activated,
    Check,
    Desired,
    PlanRequest,
    Prepared,
    ReleaseOptions,
    ReleaseStatus,
    Target,
    Verified,
)
from chittyops.capabilities.deploy.ports import Driving, Say
from chittyops.capabilities.deploy.providers.postgres.fleets import PostgresFleets, PostgresPlans
from chittyops.capabilities.deploy.providers.postgres.progress import PostgresProgress
from chittyops.capabilities.deploy.providers.postgres.releases import PostgresReleases
from chittyops.capabilities.deploy.service import Deploys, Planner
from chittyops.kernel.plan import digest
from chittyops.kernel.service import Environment, Service
from chittyops.runtime.broker import Broker
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.durable import Durable
from chittyops.runtime.embedded_nats import EmbeddedNats
from chittyops.runtime.embedded_postgres import EmbeddedPostgres
from chittyops.runtime.home import Home
from chittyops.runtime.migrate import upgrade
from chittyops.runtime.outbox import Publisher
from chittyops.runtime.postgres import Database
from chittyops.workflows.release import NAME, ReleaseWorkflow, workflow_id

SLOTS = 8
LAYERS = 10
DEPLOY_SECONDS = 0.1
DEPENDENCIES = 3
CLOCK = SystemClock()

Edges = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured; times are medians, in seconds."""

    services: int
    bound_seconds: float
    release_seconds: float
    make_seconds: float | None
    planning_1000_seconds: float
    planning_and_storing_1000_seconds: float
    overhead_ms_per_service: dict[int, float]

    @property
    def ratio(self) -> float:
        """Return how many times the bound the release took."""
        return self.release_seconds / self.bound_seconds


def layered(services: int, layers: int = LAYERS, seed: int = 1) -> Edges:
    """Return a graph of ``layers`` equal layers, each service depending on three of the layer before."""
    chance = random.Random(seed)
    width = services // layers
    rows = [[f"s{layer:02}-{n:03}" for n in range(width)] for layer in range(layers)]
    edges: dict[str, tuple[str, ...]] = dict.fromkeys(rows[0], ())
    for before, row in itertools.pairwise(rows):
        edges |= {name: tuple(sorted(chance.sample(before, min(DEPENDENCIES, width)))) for name in row}
    return edges


def list_schedule(edges: Edges, slots: int, seconds: float) -> float:
    """Return how long the graph takes when a free slot takes the next ready service at once (Graham, 1966)."""
    missing = {name: len(needed) for name, needed in edges.items()}
    dependents: dict[str, list[str]] = {name: [] for name in edges}
    for name, needed in edges.items():
        for dependency in needed:
            dependents[dependency].append(name)
    ready = [name for name, count in missing.items() if not count]
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < slots:
            heapq.heappush(running, (now + seconds, ready.pop(0)))
        now, done = heapq.heappop(running)
        for name in dependents[done]:
            missing[name] -= 1
            if not missing[name]:
                ready.append(name)
    return now


def make(edges: Edges, seconds: float) -> float | None:
    """Return how long ``make -j8`` takes for the graph with ``sleep`` as its recipe; None without make."""
    program = shutil.which("make")
    if program is None:
        return None
    rules = [f"{name}: {' '.join(needed)}\n\t@sleep {seconds}\n" for name, needed in edges.items()]
    with tempfile.TemporaryDirectory() as folder:
        text = f".PHONY: all {' '.join(edges)}\nall: {' '.join(edges)}\n{''.join(rules)}"
        Path(folder, "Makefile").write_text(text, "utf-8")
        began = time.perf_counter()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        subprocess.run([program, "-s", f"-j{SLOTS}", "all"], cwd=folder, env=environ, check=True)
        return time.perf_counter() - began


class Sleeping:
    """A provider whose deploys take a given time and nothing else."""

    def __init__(self) -> None:
        """Take no time until told otherwise."""
        self.seconds = 0.0

    def missing(self, target: Target) -> str:
        """Return that nothing is missing."""
        return ""

    async def prepare(self, target: Target, say: Say) -> Prepared:
        """Sleep."""
        await asyncio.sleep(self.seconds)
        return Prepared(target.build_id, Verified(Check.BUILD))

    async def activate(self, target: Target, prepared: Prepared, say: Say) -> Activated:
        """Say where the service would be."""
        return Activated("http://127.0.0.1:1")

    async def verify(self, target: Target, address: str) -> Verified:
        """Find it well."""
        return Verified(Check.BUILD)

    async def revert(self, target: Target, activated: Activated | None, say: Say) -> None:
        """Fail the measurement."""
        message = f"{target.name} was reverted"
        raise AssertionError(message)

    async def logs(self, key: str, *, tail: int, follow: bool) -> AsyncIterator[str]:
        """Have none."""
        nothing: tuple[str, ...] = ()
        for line in nothing:
            yield line


def desired(edges: Edges, version: str) -> tuple[Desired, ...]:
    """Return the services of the graph as their files would describe them, with twenty inputs each."""
    services = []
    for name, needed in edges.items():
        inputs = {f"file.{n}.py": digest({"v": version, "n": f"{name}{n}"})[:16] for n in range(20)}
        service = Service(name, name, depends_on=needed)
        services.append(Desired(service, inputs, digest(inputs), digest({**inputs, "name": name}), "/bench"))
    return tuple(services)


def request(edges: Edges, version: str) -> PlanRequest:
    """Return what asks for a plan of the whole graph."""
    return PlanRequest("/bench", Environment("local", "local"), {}, desired(edges, version))


class Centre:
    """A worker of the operations centre on servers of its own."""

    def __init__(self, database: Database, durable: Durable, drive: Database) -> None:
        """Register the workflow."""
        self.provider = Sleeping()
        self.deploys = Deploys(
            PostgresFleets(database, CLOCK),
            PostgresPlans(database, CLOCK),
            PostgresReleases(database, CLOCK),
            {"local": self.provider},
        )
        self._durable = durable
        progress = PostgresProgress(drive, CLOCK)
        driving = Driving(progress, progress, {"local": self.provider})
        durable.workflow(NAME, ReleaseWorkflow(driving, durable.executor, _overtaken).run)

    async def release(self, fleet: str, edges: Edges, seconds: float, version: str) -> float:
        """Release the graph and return how long it took from the order to the end."""
        self.provider.seconds = seconds
        stored = await self.deploys.make_plan(fleet, request(edges, version), "bench")
        began = time.perf_counter()
        release = await self.deploys.apply(stored.id, ReleaseOptions(max_parallel=SLOTS), "bench")
        go = workflow_id(release.id, 1)
        await asyncio.to_thread(self._durable.start, NAME, go, go)
        while (await self.deploys.releases(fleet=fleet, environment=None, before=None, limit=1))[0].status.active:
            await asyncio.sleep(0.05)
        took = time.perf_counter() - began
        ended = await self.deploys.release(release.id)
        if ended.status is not ReleaseStatus.SUCCEEDED:
            message = f"the release ended as {ended.status}: {ended.error}"
            raise SystemExit(message)
        return took


def _overtaken() -> NoReturn:
    message = "nobody else works here"
    raise AssertionError(message)


@asynccontextmanager
async def centre(folder: Path) -> AsyncIterator[Centre]:
    """Run the servers, a worker and the publisher for the time of the block."""
    home = Home.locate({"CHITTYOPS_HOME": str(folder / "home")})
    postgres, nats = EmbeddedPostgres(home), EmbeddedNats(home)
    url, _ = await asyncio.gather(postgres.start(), nats.start())
    await asyncio.to_thread(upgrade, url)
    durable = Durable(url, executor="bench", version="1")
    database = Database.connect(url, application_name="bench")
    # The engine runs workflows on a loop of its own, and a pool belongs to one loop.
    drive = Database.connect(url, application_name="bench-drive", pool_size=10, ping=False)
    broker = await Broker.connect(nats.url, name="bench")
    publishing = asyncio.create_task(Publisher(database, broker).run())
    try:
        made = Centre(database, durable, drive)
        await asyncio.to_thread(durable.launch)
        yield made
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await durable.close()
        await broker.close()
        await database.close()
        await drive.close()
        await asyncio.gather(postgres.stop(), nats.stop())


def median_of(runs: int, measure: Callable[[], float]) -> float:
    """Return the median of ``runs`` measurements."""
    return statistics.median(measure() for _ in range(runs))


def planning(services: int, runs: int) -> float:
    """Return how long the plan of so many services takes, all of them changed."""
    edges = layered(services)
    planner = Planner({d.service.name: d for d in desired(edges, "2")}, {}, lambda _: ("local", ""))
    wanted = request(edges, "2")

    def once() -> float:
        began = time.perf_counter()
        planner.plan("bench", wanted)
        return time.perf_counter() - began

    return median_of(runs, once)


async def storing(deploys: Deploys, services: int, runs: int) -> float:
    """Return how long it takes to make and store a plan of so many services."""
    wanted = request(layered(services), "3")
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        await deploys.make_plan("stored", wanted, "bench")
        took.append(time.perf_counter() - began)
    return statistics.median(took)


async def measure(*, services: int, runs: int, sizes: tuple[int, ...]) -> Report:
    """Measure everything once the servers are up."""
    edges = layered(services)
    with tempfile.TemporaryDirectory() as folder:
        async with centre(Path(folder)) as made:
            await made.release("warm", layered(20), 0.0, "warm")
            took = [await made.release("bench", edges, DEPLOY_SECONDS, f"v{n}") for n in range(runs)]
            overhead = {}
            for size in sizes:
                seconds = [await made.release(f"size-{size}", layered(size), 0.0, f"v{n}") for n in range(runs)]
                overhead[size] = statistics.median(seconds) / size * 1000
            stored = await storing(made.deploys, 1000, runs)
    makes = [m for _ in range(runs) if (m := make(edges, DEPLOY_SECONDS)) is not None]
    return Report(
        services=services,
        bound_seconds=list_schedule(edges, SLOTS, DEPLOY_SECONDS),
        release_seconds=statistics.median(took),
        make_seconds=statistics.median(makes) if makes else None,
        planning_1000_seconds=planning(1000, runs),
        planning_and_storing_1000_seconds=stored,
        overhead_ms_per_service=overhead,
    )


def show(report: Report) -> None:
    """Print the report for people."""
    beside = f"{report.make_seconds:.2f} s" if report.make_seconds else "not there"
    print(f"{report.services} services in {LAYERS} layers, {DEPLOY_SECONDS * 1000:.0f} ms each, {SLOTS} at a time")
    print(f"  list-scheduling bound          {report.bound_seconds:.2f} s")
    print(f"  a release                      {report.release_seconds:.2f} s  ({report.ratio:.2f} times the bound)")
    print(f"  make -j{SLOTS}                       {beside}")
    print(f"planning 1,000 services          {report.planning_1000_seconds * 1000:.0f} ms")
    print(f"  and storing the plan           {report.planning_and_storing_1000_seconds * 1000:.0f} ms")
    for size, ms in report.overhead_ms_per_service.items():
        print(f"overhead at {size:>5} services       {ms:.2f} ms each")


def main() -> None:
    """Measure and print; ``--json`` for machines, ``--quick`` for a first impression."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="one run, up to 500 services")
    options = parser.parse_args()
    sizes = (100, 500) if options.quick else (100, 500, 1000, 2000)
    report = asyncio.run(measure(services=200, runs=1 if options.quick else 3, sizes=sizes))
    if options.json:
        json.dump({**asdict(report), "ratio": report.ratio}, sys.stdout)
    else:
        show(report)


if __name__ == "__main__":
    main()
