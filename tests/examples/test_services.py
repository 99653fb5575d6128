"""Every service of the example fleet by itself: its own tests, its start, its health, its end."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.runtime.embedded_nats import EmbeddedNats
from chittyops.runtime.embedded_postgres import EmbeddedPostgres
from chittyops.runtime.home import Home

FLEET = Path(__file__).resolve().parents[2] / "examples" / "fleet"
SERVICES = FLEET / "services"
PYTHON = ("catalog", "fulfilment", "inventory", "orders", "reports")
NODE = ("reviews", "storefront")
START_SECONDS = 20.0
BUILD = "build-of-this-test"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Give the URLs of a real PostgreSQL and a real NATS server, the latter as services get it."""
    home = Home.locate({"CHITTYOPS_HOME": str(tmp_path_factory.mktemp("servers"))})
    postgres, nats = EmbeddedPostgres(home), EmbeddedNats(home)
    with asyncio.Runner() as runner:
        runner.run(postgres.start())
        runner.run(nats.start())
        yield postgres.url, nats.services_url
        runner.run(nats.stop())
        runner.run(postgres.stop())


def test_fleet_file_names_every_service() -> None:
    fleet = read_fleet(FLEET)
    assert sorted(fleet.services) == sorted([*PYTHON, *NODE])
    assert {Path(each.path).name for each in fleet.services.values()} == set(fleet.services)
    assert len(fleet.graph.layers()) == 4


def test_no_secret_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=FLEET, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = {Path(line).name for line in listed.stdout.splitlines()}
    assert ".dev.vars.example" in names
    assert not names & {".dev.vars", ".env"}


@pytest.mark.parametrize("name", PYTHON)
def test_own_tests_of_python_services(name: str, servers: tuple[str, str]) -> None:
    environ = surroundings(servers) | {"ORDERS_TEST_DATABASE_URL": servers[0]}
    done = run([sys.executable, "-W", "error", "-m", "unittest"], name, environ)
    assert done.returncode == 0, done.stderr
    assert "OK" in done.stderr
    assert "skipped" not in done.stderr


@pytest.mark.node
@pytest.mark.parametrize("name", NODE)
def test_own_tests_of_node_services(name: str) -> None:
    done = run([node(), "--test"], name, {"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", PYTHON)
def test_python_service_starts_alone_and_ends_in_order(name: str, servers: tuple[str, str]) -> None:
    assert alone([sys.executable, "-m", name], name, surroundings(servers)) == WELL


@pytest.mark.node
def test_node_service_starts_alone_and_ends_in_order(servers: tuple[str, str]) -> None:
    assert alone([node(), "server.js"], "reviews", surroundings(servers)) == WELL


@pytest.mark.parametrize("name", ["orders", "fulfilment"])
def test_says_what_it_needs(name: str) -> None:
    done = run([sys.executable, "-B", "-m", name], name, {})
    assert done.returncode == 1
    assert "NATS_URL" in done.stderr
    assert "Traceback" not in done.stderr


WELL = ("ok", BUILD, BUILD, True)


def alone(command: list[str], name: str, environ: dict[str, str]) -> tuple[str, str, str, bool]:
    """Start a service and end it; return its health, its build, asked twice, and whether it ended by itself."""
    port = free_port()
    with subprocess.Popen(
        command,
        cwd=SERVICES / name,
        env=environ | {"PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            connection, health = first_health(port, process)
            # The connection stays open between requests, and does not hold up the end.
            again = get(connection, "/health")
            process.send_signal(signal.SIGTERM)
            ended = process.wait(timeout=5) in (0, -signal.SIGTERM)
            connection.close()
            return str(health["status"]), str(health["build"]), str(again["build"]), ended
        finally:
            process.kill()


def first_health(port: int, process: subprocess.Popen[bytes]) -> tuple[HTTPConnection, dict[str, Any]]:
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, process.stdout and process.stdout.read().decode()
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            health = get(connection, "/health")
        except OSError:
            health = {}
        if health.get("status") == "ok" or time.monotonic() > give_up_at:
            return connection, health
        connection.close()
        time.sleep(0.05)


def get(connection: HTTPConnection, path: str) -> dict[str, Any]:
    connection.request("GET", path)
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    return found


def run(command: list[str], name: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=SERVICES / name, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def surroundings(servers: tuple[str, str]) -> dict[str, str]:
    database, broker = servers
    nowhere = f"http://127.0.0.1:{free_port()}"
    return {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOST": "127.0.0.1",
        "CHITTYOPS_BUILD_ID": BUILD,
        "DATABASE_URL": database,
        "NATS_URL": broker,
        "RECEIPT_KEY": "only for tests",
        "CATALOG_URL": nowhere,
        "ORDERS_URL": nowhere,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def node() -> str:
    return shutil.which("node") or "node"
