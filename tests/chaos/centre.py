"""A real centre with a fleet of sixty real services, to be killed at will, and what must hold of it afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chittyops.app.up import down, up
from chittyops.capabilities.deploy.model import Release, ReleaseOptions
from chittyops.interface.client import Address, Client
from chittyops.interface.codec import load
from chittyops.kernel.errors import ChittyOpsError, Unavailable
from chittyops.runtime.broker import STREAM
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.endpoints import Endpoints
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database
from chittyops.runtime.process import ProcessIdentity, marked
from chittyops.workflows import ship

HERE = Path(__file__).parent
SERVICES = 60
LAYERS = 6
RELEASE_TIMEOUT_SECONDS = 600.0


def write_fleet(folder: Path, version: str, services: int = SERVICES) -> None:
    """Write a fleet of ``services`` in six layers, each depending on two of the layer before."""
    program = (HERE / "service.py").read_text()
    lines = ["fleet: chaos", "environments: {local: {provider: local}}", "services:"]
    width = services // LAYERS
    for number in range(services):
        path = folder / f"s{number}"
        path.mkdir(parents=True, exist_ok=True)
        (path / "service.py").write_text(f"{program}# {version}\n")
        above = (
            [f"s{(number // width - 1) * width + (number + i) % width}" for i in range(2)] if number >= width else []
        )
        deploy = "deploy: {command: python -S -E service.py, stop_grace_seconds: 2}"
        lines.append(f"  s{number}: {{path: s{number}, depends_on: [{', '.join(dict.fromkeys(above))}], {deploy}}}")
    (folder / "chittyops.yaml").write_text("\n".join(lines) + "\n")


@dataclass
class Chaos:
    """One centre and its fleet. ``acts`` counts what was asked for, to be found in the audit log."""

    home: Home
    folder: Path
    environ: Mapping[str, str]
    killed: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)

    @property
    def client(self) -> Client:
        return Client(lambda: Address.locate({"CHITTYOPS_HOME": str(self.home.path)}))

    def process(self, name: str) -> ProcessIdentity:
        record = (self.home.read_private("run/supervisor") or {})["processes"][name]
        return ProcessIdentity(record["pid"], record["started"])

    def kill(self, name: str) -> None:
        """Kill one process of the centre, if it runs right now."""
        if self.process(name).signal(signal.SIGKILL):
            self.killed[name] += 1

    async def start_release(self, version: str) -> str:
        """Ask for a release of the whole fleet in a new version, as a user would: again when the centre is away."""
        write_fleet(self.folder, version)
        while True:
            try:
                return await asyncio.to_thread(self._start)
            except Unavailable:
                await asyncio.sleep(0.3)

    def _start(self) -> str:
        fleet = ship.read(self.folder, None)
        inputs = ship.gather(fleet, self.home, SystemClock(), keyed=True)
        plan = ship.propose(self.client, fleet, inputs, ship.Wanted())
        ship.upload(self.client, plan, inputs, lambda _: None)
        release = ship.start(self.client, plan, ReleaseOptions())
        self.acts["release.deploy"] += 1
        return release.id

    async def ended(self, release_id: str) -> Release:
        """Wait for the end of a release."""
        async with asyncio.timeout(RELEASE_TIMEOUT_SECONDS):
            while True:
                try:
                    reply = await asyncio.to_thread(self.client.get, f"/releases/{release_id}")
                except Unavailable:
                    await asyncio.sleep(0.3)
                    continue
                release = load(Release, reply)
                if not release.status.active:
                    return release
                await asyncio.sleep(0.2)

    async def kill_while(self, going: asyncio.Task[Release], names: tuple[str, ...], dice: random.Random) -> Release:
        """Kill one of ``names`` after another, at random moments, until the release has ended."""
        while not going.done():
            await asyncio.wait([going], timeout=dice.uniform(0.3, 4.0))
            if not going.done():
                self.kill(dice.choice(names))
        return going.result()

    async def check(self, release: Release) -> None:
        """Check that the release ended as if nothing had happened."""
        assert release.status == "succeeded", (release.status, release.error)
        assert {s.status for s in release.services} == {"succeeded"}
        assert len({s.name for s in release.services}) == len(release.services) == SERVICES
        await asyncio.gather(*(self._says_what_it_is(s.name, s.build_id, s.address) for s in release.services))
        await self._settled()
        async with self.database() as database, database.transaction() as tx:
            deployed = await tx.rows("SELECT service, build_id, release FROM deployment")
            said = await tx.rows("SELECT event FROM outbox WHERE event->'data'->>'release' = :r", r=release.id)
            audited = await tx.rows("SELECT action FROM audit WHERE action LIKE 'release.%'")
            ended = await tx.rows(
                """
                SELECT service, count(*) AS times FROM release_event
                WHERE release = :r AND kind = 'state' AND data->>'status' = 'succeeded' GROUP BY service
                """,
                r=release.id,
            )
        assert {(d["service"], d["build_id"], d["release"]) for d in deployed} == {
            (s.name, s.build_id, release.id) for s in release.services
        }
        names = Counter((e["event"]["type"], e["event"]["subject"]) for e in said)
        for service in release.services:
            assert names["org.chittyops.service.succeeded", f"{release.id}/{service.name}"] == 1
        assert names["org.chittyops.release.succeeded", release.id] == 1
        assert all(times == 1 for times in names.values()), names.most_common(3)
        assert {e["service"]: e["times"] for e in ended} == {"": 1} | {s.name: 1 for s in release.services}
        assert Counter(row["action"] for row in audited) == self.acts

    async def check_events(self) -> None:
        """Check that the broker holds each event of the outbox exactly once.

        The prober goes on announcing between one look and the other; what is lost or doubled stays so.
        """
        for _ in range(20):
            await self._settled()
            async with self.database() as database, database.transaction() as tx:
                sent = Counter(row["id"] for row in await tx.rows("SELECT event->>'id' AS id FROM outbox"))
            held = Counter(await self._held())
            if held == sent:
                return
            await asyncio.sleep(0.5)
        assert held == sent, f"lost {sent - held}, doubled or unknown {held - sent}"

    async def check_processes(self) -> None:
        """Check that exactly one process of each service runs, and none besides."""
        async with asyncio.timeout(30):
            while len(found := marked("CHITTYOPS_INSTANCE", self.home.mark)) > SERVICES:
                await asyncio.sleep(0.5)
        assert len(found) == SERVICES

    async def _held(self) -> list[str]:
        import nats

        client = await nats.connect(self.endpoints.nats_url)
        try:
            stream = client.jetstream()
            last = (await stream.stream_info(STREAM)).state.messages
            subscription = await stream.subscribe(f"{STREAM}.>", ordered_consumer=True)
            return [json.loads((await subscription.next_msg(timeout=10)).data)["id"] for _ in range(last)]
        finally:
            await client.close()

    async def _settled(self) -> None:
        """Wait until everything that is to be published has been."""
        async with asyncio.timeout(60):
            while True:
                try:
                    async with self.database() as database, database.transaction() as tx:
                        if not await tx.rows("SELECT id FROM outbox WHERE sent_at IS NULL LIMIT 1"):
                            return
                except ChittyOpsError:
                    pass
                await asyncio.sleep(0.2)

    async def _says_what_it_is(self, service: str, build: str, address: str) -> None:
        said = await asyncio.to_thread(_get, address)
        assert said == {"service": service, "build": build}

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints.of_servers({}, self.home)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        opened = Database.connect(self.endpoints.database_url, application_name="chaos", pool_size=1)
        try:
            yield opened
        finally:
            await opened.close()


def _get(address: str) -> Any:
    with urllib.request.urlopen(f"{address}/health", timeout=10) as reply:
        return json.loads(reply.read())


@asynccontextmanager
async def running(tmp_path: Path, **variables: str) -> AsyncIterator[Chaos]:
    """Run a centre for the length of the block; nothing of it is left afterwards."""
    home = Home.locate({"CHITTYOPS_HOME": str(tmp_path / "home")})
    environ = {
        **os.environ,
        "CHITTYOPS_HOME": str(home.path),
        "CHITTYOPS_PORT": "0",
        "CHITTYOPS_LEASE_SECONDS": "4",
        "CHITTYOPS_BEAT_SECONDS": "0.5",
        "PYTHONPATH": str(HERE / "inject"),
        **variables,
    }
    await up(home, environ, lambda _: None)
    try:
        yield Chaos(home, tmp_path / "fleet", environ)
    finally:
        await down(home, lambda _: None)
        assert not marked("CHITTYOPS_HOME", str(home.path))
