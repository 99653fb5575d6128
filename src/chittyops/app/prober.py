"""The prober: asks every deployed service how it is, and records what has changed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from chittyops.capabilities.deploy.model import Deployment, Release, ReleaseStatus, ServiceStatus
from chittyops.capabilities.deploy.service import Deploys
from chittyops.capabilities.deploy.wiring import deploys
from chittyops.capabilities.health.model import ProbeResult, ProbeTarget, ServiceKey
from chittyops.capabilities.health.ports import Probe
from chittyops.capabilities.health.service import Healths
from chittyops.capabilities.health.wiring import healths, probe
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Unavailable
from chittyops.runtime import logs
from chittyops.runtime.broker import Broker
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.endpoints import Endpoints
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database
from chittyops.runtime.redaction import conceal
from chittyops.runtime.settings import Settings

REFRESH_SECONDS = 5.0
DEBOUNCE_SECONDS = 0.25
RECORD_SECONDS = 0.5
RETRY_SECONDS = 1.0
SPREAD_SECONDS = 0.5
ENDPOINT_TIMEOUT_SECONDS = 60.0
MAX_WAITING_RESULTS = 20_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Whom to ask, and who is left alone because a release is changing it right now."""

    targets: Mapping[ServiceKey, ProbeTarget] = field(default_factory=dict)
    touched: frozenset[ServiceKey] = frozenset()

    def trusts(self, result: ProbeResult) -> bool:
        """Return whether ``result`` is about what is deployed now."""
        key = result.target.key
        return self.targets.get(key) == result.target and key not in self.touched


Watch = Callable[[], Awaitable[Watchlist]]


async def watchlist(deploys: Deploys) -> Watchlist:
    """Return what is deployed everywhere, and what the running releases are changing."""
    targets: dict[ServiceKey, ProbeTarget] = {}
    touched: set[ServiceKey] = set()
    for fleet in await deploys.fleets():
        for environment in fleet.environments:
            if release := await deploys.active(fleet.name, environment):
                touched |= {ServiceKey(fleet.name, environment, name) for name in _changing(release)}
            for deployment in await deploys.deployments(fleet.name, environment):
                if target := _target(deployment):
                    targets[target.key] = target
    return Watchlist(targets, frozenset(touched))


class Prober:
    """Asks each service at its own interval, never more than ``concurrency`` of them at once."""

    def __init__(self, watch: Watch, probe: Probe, healths: Healths, clock: Clock, *, concurrency: int) -> None:
        """Take whom to ask (``watch``), how (``probe``) and where to record it (``healths``)."""
        self._watch = watch
        self._probe = probe
        self._healths = healths
        self._clock = clock
        self._slots = asyncio.Semaphore(concurrency)
        self._list = Watchlist()
        self._refreshing = asyncio.Lock()
        self._asking: dict[ServiceKey, asyncio.Task[None]] = {}
        self._results: list[ProbeResult] = []
        self._usual: dict[ServiceKey, tuple[bool, bool]] = {}
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Say that something was deployed or released: look now, not at the next regular time."""
        self._changed.set()

    async def run(self) -> None:
        """Ask and record for ever; while the database is away keep asking, and record when it is back."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow())
                group.create_task(self._record())
        finally:
            for task in self._asking.values():
                task.cancel()

    async def _follow(self) -> None:
        """Keep the list of targets fresh: at each change, and regularly in case one was missed."""
        while True:
            try:
                await self._refresh()
            except Unavailable as error:
                log.warning("cannot see what is deployed", reason=error.message)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), REFRESH_SECONDS)
                # A release makes many changes: see the next ones together.
                await asyncio.sleep(DEBOUNCE_SECONDS)
            self._changed.clear()

    async def _refresh(self) -> None:
        async with self._refreshing:
            before, self._list = self._list.targets, await self._watch()
            targets = self._list.targets
            if before.keys() != targets.keys() or not before:
                await self._healths.retain(targets, self._clock.now())
        for key, task in list(self._asking.items()):
            if task.done() or targets.get(key) != before.get(key):
                task.cancel()
                del self._asking[key]
                self._usual.pop(key, None)
        for key in targets.keys() - self._asking.keys():
            self._asking[key] = asyncio.create_task(self._ask_regularly(targets[key]))

    async def _ask_regularly(self, target: ProbeTarget) -> None:
        # Many services that start at once are not all asked at once.
        await asyncio.sleep(random.random() * min(SPREAD_SECONDS, len(self._list.targets) / 100))  # noqa: S311 - jitter
        while True:
            if target.key not in self._list.touched:
                async with self._slots:
                    self._results.append(await self._probe.ask(target))
            await asyncio.sleep(target.interval_seconds * random.uniform(0.9, 1.1))  # noqa: S311 - jitter

    async def _record(self) -> None:
        """Record what was found, many at a time; keep it while the database is away."""
        while True:
            await asyncio.sleep(RECORD_SECONDS)
            results, self._results = self._results, []
            try:
                if any(self._unusual(result) for result in results):
                    await self._refresh()
                results = [result for result in results if self._list.trusts(result)]
                for change in await self._healths.record(results):
                    log.info("health changed", service=str(change.key), status=change.after.value, why=change.detail)
            except Unavailable as error:
                log.warning("cannot record health", reason=error.message)
                self._results = [*results, *self._results][-MAX_WAITING_RESULTS:]
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._usual.update({result.target.key: (result.ok, result.foreign) for result in results})

    def _unusual(self, result: ProbeResult) -> bool:
        """Return whether ``result`` is news that may come from a release we have not heard of yet."""
        usual = self._usual.get(result.target.key, (True, False))
        return (result.ok, result.foreign) != usual


def _changing(release: Release) -> list[str]:
    """Return the services that ``release`` is changing, or may be taking back, right now."""
    states = {ServiceStatus.RUNNING}
    if release.status is ReleaseStatus.REVERTING:
        states.add(ServiceStatus.SUCCEEDED)
    return [service.name for service in release.services if service.status in states]


def _target(deployment: Deployment) -> ProbeTarget | None:
    """Return how to ask a deployed service, or None for one that listens nowhere."""
    if not deployment.address:
        return None
    spec, health = deployment.spec, deployment.spec.health
    return ProbeTarget(
        key=ServiceKey(deployment.fleet, deployment.environment, deployment.service),
        address=deployment.address,
        path=health.path if spec.deploy.protocol == "http" else "",
        build_id=deployment.build_id,
        timeout_seconds=health.timeout_seconds,
        interval_seconds=health.interval_seconds,
    )


async def _listen(url: str, prober: Prober) -> None:
    """Tell the prober of every change of a release or deployment, as it is published."""
    broker = await _connected(url)
    try:
        async for message in broker.subscribe("chittyops.>"):
            if not message.channel.startswith("chittyops.health."):
                prober.changed()
    finally:
        await broker.close()


async def _connected(url: str) -> Broker:
    while True:
        try:
            return await Broker.connect(url, name="prober")
        except Unavailable as error:
            log.warning("cannot hear of changes", reason=error.message)
            await asyncio.sleep(RETRY_SECONDS)


async def run(home: Home, environ: Mapping[str, str], settings: Settings) -> None:
    """Probe until SIGTERM or SIGINT."""
    endpoints = await asyncio.to_thread(Endpoints.wait, environ, home, timeout_seconds=ENDPOINT_TIMEOUT_SECONDS)
    conceal(endpoints.database_url, endpoints.nats_url)
    # Not before: while it waits for a centre that is being stopped, a signal shall end it at once.
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    database = Database.connect(endpoints.database_url, application_name="prober", pool_size=3)
    clock, deployed = SystemClock(), deploys(database, home)
    prober = Prober(
        lambda: watchlist(deployed),
        probe(clock),
        healths(database, slow_ms=settings.prober.slow_ms),
        clock,
        concurrency=settings.prober.concurrency,
    )
    tasks = [asyncio.create_task(work) for work in (prober.run(), _listen(endpoints.nats_url, prober), stop.wait())]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    await database.close()
    for task in done:
        task.result()


def main() -> None:
    """Run a prober in this process until it is told to stop."""
    home = Home.locate(os.environ)
    settings = Settings.load(os.environ, home.path)
    logs.configure(sys.stderr, json=not sys.stderr.isatty(), level=settings.logs.level)
    logs.bind(process="prober")
    asyncio.run(run(home, os.environ, settings))
