"""The supervisor with the real servers and small stand-ins for our own processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from chittyops.app import up as updown
from chittyops.app.up import down, is_running, up
from chittyops.kernel.errors import Unavailable
from chittyops.runtime.endpoints import READY_RECORD, SUPERVISOR_RECORD, Endpoints
from chittyops.runtime.home import Home
from chittyops.runtime.process import ProcessIdentity

STANDINS = Path(__file__).with_name("standins.py")
PROGRAM = (sys.executable, str(STANDINS), "supervisor")
NAMES = {"postgres", "nats", "api", "migrate", "prober", "worker", "agent"}
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells children of their parent's death")


def environ(home: Home) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "CHITTYOPS_HOME": str(home.path), "PYTHONPATH": os.pathsep.join(sys.path)}


def ignore(_line: str) -> None:
    """Take what is reported."""


def record(home: Home) -> dict[str, Any]:
    return home.read_private(SUPERVISOR_RECORD) or {}


def process(home: Home, name: str) -> dict[str, Any]:
    return dict(record(home).get("processes", {}).get(name, {}))


def identities(home: Home) -> list[ProcessIdentity]:
    """Return everything that runs for this home, the service of the agent and PostgreSQL's own children included."""
    pids = [record(home)["pid"], *(p["pid"] for p in record(home)["processes"].values() if p["pid"])]
    for pid in list(pids):
        pids += [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return [ProcessIdentity.of(pid) for pid in {*pids, int((home.path / "service").read_text())}]


async def eventually(condition: Callable[[], object], timeout_seconds: float = 60) -> None:
    async with asyncio.timeout(timeout_seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def all_up(home: Home) -> None:
    """Wait until every process, not only the API, is up and the service of the agent runs."""
    await eventually(lambda: all(process(home, name)["state"] in {"ready", "done"} for name in NAMES))
    for name in ("agent", "worker", "prober"):
        await eventually((home.path / f"up-{name}").exists)


@pytest.fixture
async def centre(home: Home) -> AsyncIterator[Home]:
    """Return the home of a centre that is up."""
    try:
        await up(home, environ(home), ignore, program=PROGRAM)
        await all_up(home)
        yield home
    finally:
        await down(home, ignore)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Return the home of a centre that is up, for tests that change nothing."""
    home = Home.locate({"CHITTYOPS_HOME": str(tmp_path_factory.mktemp("shared"))})

    async def start() -> None:
        await up(home, environ(home), ignore, program=PROGRAM)
        await all_up(home)

    try:
        asyncio.run(start())
        yield home
    finally:
        asyncio.run(down(home, ignore))


async def test_up_makes_everything_run_and_down_leaves_nothing(home: Home) -> None:
    lines: list[str] = []
    try:
        address = await up(home, environ(home), lines.append, program=PROGRAM)
        await all_up(home)
        everything = identities(home)
    finally:
        stopped = await down(home, ignore)
    assert stopped
    assert [identity for identity in everything if identity.alive()] == []
    assert address.startswith("http://127.0.0.1:")
    assert lines[0] == "starting the operations centre"
    assert {"postgres: ready", "nats: ready", "migrate: done"} <= set(lines)
    assert set(record(home)["processes"]) == NAMES
    assert len(everything) > len(NAMES)
    assert not is_running(home)
    assert not await down(home, ignore)


async def test_the_worker_stops_first_so_that_it_takes_no_end_of_a_service_for_a_failure(centre: Home) -> None:
    await down(centre, ignore)
    assert (centre.path / "stopped").read_text().split()[0] == "worker"


async def test_a_start_that_was_cut_off_is_stopped_too(home: Home) -> None:
    starting = asyncio.create_task(up(home, environ(home), ignore, program=PROGRAM))
    await eventually((home.path / "run" / "starting.json").exists)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    started = home.read_private("run/starting") or {}
    assert await down(home, ignore)
    assert not ProcessIdentity(started["pid"], started["started"]).alive()


async def test_up_again_is_the_same_centre(shared: Home) -> None:
    before = record(shared)["pid"]
    lines: list[str] = []
    await up(shared, environ(shared), lines.append, program=PROGRAM)
    assert record(shared)["pid"] == before
    assert lines == []


async def test_many_that_start_it_at_a_time_get_one(home: Home) -> None:
    try:
        addresses = await asyncio.gather(*(up(home, environ(home), ignore, program=PROGRAM) for _ in range(3)))
        assert len(set(addresses)) == 1
        starts = (home.path / "logs" / "supervisor.log").read_text().count('"event": "starts"')
        assert starts == 1
    finally:
        await down(home, ignore)


async def test_up_waits_for_one_that_is_stopping_and_starts_anew(centre: Home) -> None:
    before = ProcessIdentity(record(centre)["pid"], record(centre)["started"])
    before.signal(signal.SIGTERM)
    await eventually(lambda: centre.read_private(READY_RECORD) is None)
    await up(centre, environ(centre), ignore, program=PROGRAM)
    assert not before.alive()
    assert is_running(centre)


def is_back(home: Home, name: str, killed: int) -> bool:
    now = process(home, name)
    return now["pid"] not in {0, killed} and now["state"] == "ready"


async def test_processes_that_are_killed_come_back(centre: Home) -> None:
    for name in ("postgres", "nats", "api", "worker", "agent"):
        before = process(centre, name)
        os.kill(before["pid"], signal.SIGKILL)
        await eventually(partial(is_back, centre, name, before["pid"]))
        assert process(centre, name)["restarts"] == 1
        assert process(centre, name)["reason"] == "killed by signal 9"
    with psycopg.connect(Endpoints.resolve({}, centre).database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


async def test_addresses_stay_over_kills_and_restarts(centre: Home) -> None:
    before = Endpoints.resolve({}, centre)
    os.kill(process(centre, "postgres")["pid"], signal.SIGKILL)
    await eventually(lambda: process(centre, "postgres")["restarts"] == 1)
    await down(centre, ignore)
    await up(centre, environ(centre), ignore, program=PROGRAM)
    assert Endpoints.resolve({}, centre) == before


@linux_only
async def test_nothing_outlives_a_supervisor_that_is_killed_but_the_services(centre: Home) -> None:
    everything = identities(centre)
    os.kill(record(centre)["pid"], signal.SIGKILL)
    for identity in everything:
        await identity.ended(timeout_seconds=20)
    assert [identity for identity in everything if identity.alive()] == []


async def test_down_cleans_up_after_supervisor_and_agent_were_killed(centre: Home) -> None:
    everything = identities(centre)
    os.kill(process(centre, "agent")["pid"], signal.SIGSTOP)  # so that it cannot stop its service any more
    os.kill(record(centre)["pid"], signal.SIGKILL)
    os.kill(process(centre, "agent")["pid"], signal.SIGKILL)
    lines: list[str] = []
    assert await down(centre, lines.append)
    assert [identity for identity in everything if identity.alive()] == []
    assert "service process" in lines[-1]


async def test_up_after_the_supervisor_was_killed_takes_over(centre: Home) -> None:
    everything = identities(centre)
    with psycopg.connect(Endpoints.resolve({}, centre).database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    killed = ProcessIdentity.of(record(centre)["pid"])
    killed.signal(signal.SIGKILL)
    await killed.ended(timeout_seconds=10)
    await up(centre, environ(centre), ignore, program=PROGRAM)
    service = int((centre.path / "service").read_text())
    assert [identity for identity in everything if identity.alive() and identity.pid != service] == []
    with psycopg.connect(Endpoints.resolve({}, centre).database_url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (42,)


async def test_one_that_keeps_failing_is_reported_retried_more_and_more_slowly_and_recovers(
    home: Home,
) -> None:
    (home.path / "broken").touch()
    try:
        await up(home, environ(home), ignore, program=PROGRAM)
        await eventually(lambda: process(home, "worker")["state"] == "failing")
        log = (home.path / "logs" / "supervisor.log").read_text().splitlines()
        events = [json.loads(line) for line in log if line.startswith("{")]
        pauses = [e["pause_seconds"] for e in events if e["event"] == "restarts" and e["process"] == "worker"]
        assert pauses[:5] == [0.1, 0.2, 0.4, 0.8, 1.6]
        with pytest.raises(Unavailable, match="keeps failing: ended with exit code 3"):
            updown._refuse_failing(home)
        (home.path / "broken").unlink()
        await eventually(lambda: process(home, "worker")["state"] == "ready")
    finally:
        await down(home, ignore)


async def test_a_supervisor_that_cannot_start_is_a_clear_error_with_its_last_words(home: Home) -> None:
    program = (sys.executable, "-c", "raise SystemExit('last words')")
    with pytest.raises(Unavailable, match="ends at once") as caught:
        await up(home, environ(home), ignore, program=program)
    assert "last words" in caught.value.hint


async def test_no_secret_is_in_a_command_line_and_files_are_private(shared: Home) -> None:
    secrets = list(json.loads((shared.path / "credentials.json").read_text()).values())
    assert len(secrets) >= 5
    for identity in identities(shared):
        command = " ".join(psutil.Process(identity.pid).cmdline())
        assert not [secret for secret in secrets if secret in command]
    for path in shared.path.rglob("*"):
        if path.is_symlink():
            continue
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


async def test_removing_the_home_ends_the_centre(centre: Home) -> None:
    everything = identities(centre)
    (centre.path / "lock").unlink()
    for identity in everything:
        await identity.ended(timeout_seconds=30)
    assert [identity for identity in everything if identity.alive()] == []


async def test_external_servers_are_used_and_not_started(home: Home, database_url: str, nats_url: str) -> None:
    outside = {"CHITTYOPS_DATABASE_URL": database_url, "CHITTYOPS_NATS_URL": nats_url}
    try:
        await up(home, {**environ(home), **outside}, ignore, program=PROGRAM)
        assert set(record(home)["processes"]) == NAMES - {"postgres", "nats"}
        assert Endpoints.resolve(outside, home) == Endpoints(database_url, nats_url)
        assert not (home.path / "postgres").exists()
    finally:
        await down(home, ignore)


async def test_the_supervisor_is_light(shared: Home) -> None:
    supervisor = psutil.Process(record(shared)["pid"])
    assert supervisor.memory_info().rss < 48 * 2**20
    used = supervisor.cpu_times()
    started_at = time.monotonic()
    await asyncio.sleep(1)
    after = supervisor.cpu_times()
    idle_share = (after.user + after.system - used.user - used.system) / (time.monotonic() - started_at)
    assert idle_share < 0.1
