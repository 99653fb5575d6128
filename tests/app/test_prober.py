"""The prober, on real servers and services that come, go, hang and change under it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chittyops.app import prober as prober_module
from chittyops.app.prober import Prober, watchlist
from chittyops.capabilities.deploy.wiring import deploys
from chittyops.capabilities.health.model import HealthState, HealthStatus
from chittyops.capabilities.health.wiring import healths, probe
from chittyops.interface.codec import dump
from chittyops.kernel.event import Event
from chittyops.kernel.service import Health, Service
from chittyops.runtime.broker import Broker
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.embedded_nats import EmbeddedNats
from chittyops.runtime.embedded_postgres import EmbeddedPostgres
from chittyops.runtime.home import Home
from chittyops.runtime.migrate import upgrade
from chittyops.runtime.outbox import Publisher, announce
from chittyops.runtime.postgres import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLOCK = SystemClock()


class Web:
    """A service that answers with its build; its behaviour can be changed while it runs."""

    def __init__(self, build: str = "r1") -> None:
        self.build = build
        self.status = 200
        self.hangs = False
        self.asked = 0
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            if self.hangs:
                await reader.read()
            body = b'{"build": "%s"}' % self.build.encode()
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (self.status, len(body), body))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(Home.locate({"CHITTYOPS_HOME": str(tmp_path_factory.mktemp("prober"))}))
    upgrade(asyncio.run(server.start()))
    yield server
    asyncio.run(server.stop())


@pytest.fixture
async def database(server: EmbeddedPostgres) -> AsyncIterator[Database]:
    database = Database.connect(server.url, application_name="test")
    async with database.transaction() as tx:
        await tx.run("TRUNCATE outbox, health_state")
        await tx.run("DELETE FROM deployment")
        await tx.run("DELETE FROM release_service")
        await tx.run("DELETE FROM release")
        await tx.run("INSERT INTO fleet VALUES ('shop', '/x', '{}', 0, now()) ON CONFLICT DO NOTHING")
        await tx.run(
            "INSERT INTO release (id, fleet, number, environment, kind, status, on_failure, max_parallel, actor,"
            " document, created_at) VALUES ('shop-1', 'shop', 1, 'local', 'deploy', 'succeeded', 'stop', 8, 'ann',"
            ' \'{"fleet": "shop", "environment": "local", "base": "", "services": []}\', now())'
        )
    yield database
    await database.close()


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    web = Web()
    await web.start()
    yield web
    web.stop()


async def deploy(database: Database, name: str, web: Web, build: str = "r1", health: Health | None = None) -> None:
    health = health or Health(interval_seconds=0.1, timeout_seconds=0.5)
    async with database.transaction() as tx:
        await tx.run("DELETE FROM deployment WHERE service = :name", name=name)
        await tx.run(
            "INSERT INTO deployment VALUES ('shop', 'local', :name, :build, 'd', '{}', :spec, 'shop-1', 'local', 'h',"
            " :address, 'build', :now)",
            name=name,
            build=build,
            spec=dump(Service(name, ".", health=health)),
            address=f"http://127.0.0.1:{web.port}",
            now=NOW,
        )


async def release(database: Database, service: str, release_status: str, status: str) -> None:
    """Record a release that is at work on ``service``."""
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO release (id, fleet, number, environment, kind, status, on_failure, max_parallel, actor,"
            " document, created_at) SELECT 'shop-2', fleet, 2, environment, kind, :status, on_failure, max_parallel,"
            " actor, document, created_at FROM release WHERE id = 'shop-1'",
            status=release_status,
        )
        await tx.run(
            "INSERT INTO release_service (release, service, position, action, status)"
            " VALUES ('shop-2', :service, 0, 'deploy', :status)",
            service=service,
            status=status,
        )


async def states(database: Database) -> dict[str, HealthState]:
    return {state.key.service: state for state in await healths(database).states("shop", "local")}


async def steps(database: Database, service: str) -> list[str]:
    """Return the statuses a service went through in this test, oldest first."""
    async with database.transaction() as tx:
        rows = await tx.rows(
            "SELECT event -> 'data' ->> 'after' AS after FROM outbox WHERE event ->> 'subject' = :s ORDER BY id",
            s=f"shop/local/{service}",
        )
    return [row["after"] for row in rows]


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def becomes(database: Database, service: str, status: HealthStatus, seconds: float = 10) -> HealthState:
    async def there() -> bool:
        found = (await states(database)).get(service)
        return found is not None and found.status is status

    await until(there, seconds)
    return (await states(database))[service]


@asynccontextmanager
async def probing(database: Database, *, concurrency: int = 8) -> AsyncIterator[Prober]:
    deployed = deploys(database, Home.locate(os.environ))
    prober = Prober(
        lambda: watchlist(deployed), probe(CLOCK), healths(database, slow_ms=400), CLOCK, concurrency=concurrency
    )
    task = asyncio.create_task(prober.run())
    try:
        yield prober
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_every_deployed_service_is_asked_and_its_health_and_build_recorded(database: Database, web: Web) -> None:
    for name in ("a", "b"):
        await deploy(database, name, web)
    async with probing(database):
        await becomes(database, "a", HealthStatus.HEALTHY)
        state = await becomes(database, "b", HealthStatus.HEALTHY)
    assert state.build_id == "r1"
    assert state.latency_ms is not None
    assert await steps(database, "b") == ["healthy"]


async def test_a_service_that_fails_becomes_unhealthy_and_recovers(database: Database, web: Web) -> None:
    await deploy(database, "a", web)
    async with probing(database):
        await becomes(database, "a", HealthStatus.HEALTHY)
        web.status = 500
        state = await becomes(database, "a", HealthStatus.UNHEALTHY)
        assert (state.detail, state.failures >= 3) == ("answered with status 500", True)
        web.status = 200
        await becomes(database, "a", HealthStatus.HEALTHY)
    assert await steps(database, "a") == ["healthy", "unhealthy", "healthy"]


async def test_another_build_than_deployed_makes_degraded(database: Database, web: Web) -> None:
    await deploy(database, "a", web)
    async with probing(database):
        await becomes(database, "a", HealthStatus.HEALTHY)
        web.build = "r0"
        state = await becomes(database, "a", HealthStatus.DEGRADED)
    assert state.build_id == "r0"
    assert await steps(database, "a") == ["healthy", "degraded"]


async def test_a_new_deployment_is_asked_within_a_second_of_its_announcement(database: Database, web: Web) -> None:
    await deploy(database, "a", web)
    async with probing(database) as prober:
        await becomes(database, "a", HealthStatus.HEALTHY)
        other = Web()
        await other.start()
        await deploy(database, "b", other)
        prober.changed()

        async def asked() -> bool:
            return other.asked > 0

        await until(asked, seconds=1)
        await becomes(database, "b", HealthStatus.HEALTHY)
        other.stop()
    assert await steps(database, "b") == ["healthy"]


async def test_a_version_that_arrives_before_we_hear_of_it_is_no_trouble(database: Database, web: Web) -> None:
    await deploy(database, "a", web)
    async with probing(database):
        await becomes(database, "a", HealthStatus.HEALTHY)
        await deploy(database, "a", web, "r2")
        web.build = "r2"

        async def seen() -> bool:
            return (await states(database))["a"].build_id == "r2"

        await until(seen)
        await asyncio.sleep(0.5)
    assert await steps(database, "a") == ["healthy"]


@pytest.mark.parametrize(("release_status", "status"), [("running", "running"), ("reverting", "succeeded")])
async def test_a_service_that_a_release_is_changing_is_left_alone(
    release_status: str, status: str, database: Database, web: Web
) -> None:
    await deploy(database, "a", web)
    other = Web()
    await other.start()
    await deploy(database, "b", other)
    await release(database, "a", release_status, status)
    async with probing(database) as prober:
        await becomes(database, "b", HealthStatus.HEALTHY)
        await asyncio.sleep(0.5)
        assert web.asked == 0
        async with database.transaction() as tx:
            await tx.run("UPDATE release SET status = 'succeeded' WHERE id = 'shop-2'")
        prober.changed()
        await becomes(database, "a", HealthStatus.HEALTHY)
    other.stop()


async def test_a_service_that_does_not_speak_http_is_well_when_it_accepts_connections(
    database: Database, web: Web
) -> None:
    web.status = 500
    await deploy(database, "a", web)
    async with database.transaction() as tx:
        await tx.run("UPDATE deployment SET spec = jsonb_set(spec, '{deploy,protocol}', '\"tcp\"')")
    async with probing(database):
        await becomes(database, "a", HealthStatus.HEALTHY)
    assert await steps(database, "a") == ["healthy"]


async def test_a_service_taken_away_is_forgotten(database: Database, web: Web) -> None:
    for name in ("a", "b"):
        await deploy(database, name, web)
    async with probing(database) as prober:
        await becomes(database, "a", HealthStatus.HEALTHY)
        await becomes(database, "b", HealthStatus.HEALTHY)
        async with database.transaction() as tx:
            await tx.run("DELETE FROM deployment WHERE service = 'b'")
        prober.changed()

        async def gone() -> bool:
            return "b" not in await states(database)

        await until(gone)
        asked = web.asked
        await asyncio.sleep(0.4)
        assert web.asked - asked <= 6, "only a is asked still"
    assert await steps(database, "b") == ["healthy", "unknown"]


async def test_services_that_hang_do_not_keep_others_waiting(database: Database, web: Web) -> None:
    hung = Web()
    hung.hangs = True
    await hung.start()
    for number in range(3):
        await deploy(database, f"hung-{number}", hung, health=Health(interval_seconds=0.1, timeout_seconds=0.3))
    await deploy(database, "a", web)
    async with probing(database, concurrency=4):
        await becomes(database, "hung-2", HealthStatus.UNHEALTHY)
    assert web.asked >= 6
    assert await steps(database, "a") == ["healthy"]
    hung.stop()


async def test_never_more_are_asked_at_once_than_allowed(database: Database) -> None:
    hung = Web()
    hung.hangs = True
    await hung.start()
    for number in range(6):
        await deploy(database, f"h{number}", hung, health=Health(interval_seconds=0.1, timeout_seconds=5))
    async with probing(database, concurrency=2):
        await asyncio.sleep(1)
        assert hung.asked == 2
    hung.stop()


async def test_the_database_may_be_killed_and_come_back(
    database: Database, server: EmbeddedPostgres, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prober_module, "REFRESH_SECONDS", 0.3)
    await deploy(database, "a", web)
    async with probing(database):
        await becomes(database, "a", HealthStatus.HEALTHY)
        assert server._child is not None
        server._child.identity.signal(signal.SIGKILL)
        await server._child.wait()
        asked = web.asked
        await asyncio.sleep(1)
        assert web.asked > asked, "it keeps asking"
        web.status = 503
        await server.start()
        await becomes(database, "a", HealthStatus.UNHEALTHY)
    assert await steps(database, "a") == ["healthy", "unhealthy"]


def run_prober(environ: dict[str, str]) -> subprocess.Popen[bytes]:
    code = "from chittyops.app.prober import main; main()"
    return subprocess.Popen([sys.executable, "-c", code], env=environ, stderr=subprocess.PIPE)


async def test_the_process_hears_of_changes_and_ends_on_a_signal(
    database: Database, server: EmbeddedPostgres, web: Web, tmp_path: Path
) -> None:
    nats = EmbeddedNats(Home.locate({"CHITTYOPS_HOME": str(tmp_path / "nats-home")}))
    environ = {**os.environ, "CHITTYOPS_DATABASE_URL": server.url, "CHITTYOPS_NATS_URL": await nats.start()}
    await deploy(database, "a", web)
    process = run_prober(environ)
    broker = await Broker.connect(nats.url, name="test")
    try:
        await becomes(database, "a", HealthStatus.HEALTHY, seconds=20)
        await asyncio.sleep(0.5)
        other = Web()
        await other.start()
        await deploy(database, "b", other)
        async with database.transaction() as tx:
            await announce(tx, Event(str(uuid.uuid4()), "service.succeeded", "/test", "shop-1/b", NOW))
        await Publisher(database, broker).publish_batch()

        async def asked() -> bool:
            return other.asked > 0

        await until(asked, seconds=1.5)
        other.stop()
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.to_thread(process.communicate, timeout=10)
        assert process.returncode == 0
        assert b"Traceback" not in errors
    finally:
        process.kill()
        process.wait()
        await broker.close()
        await nats.stop()
