"""What every test stands on: nothing leaves the machine, nobody's home is touched, no process stays behind."""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import psutil
import pytest

if TYPE_CHECKING:  # the drivers are loaded by the fixtures that need them: most tests do not
    from chittyops.runtime.broker import Broker
    from chittyops.runtime.home import Home
    from chittyops.runtime.postgres import Database

# Machines that run tests are busy: how long an example takes says nothing. CI tries the same examples each time.
hypothesis.settings.register_profile(
    "chittyops",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("chittyops")

LEFT_BEHIND_GRACE_SECONDS = 5.0
OWN_VARIABLES = "CHITTYOPS_"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--long``: chaos and bench tests run in full instead of in their short form."""
    parser.addoption("--long", action="store_true", help="run chaos and bench tests in full")


@pytest.fixture(scope="session")
def long_form(request: pytest.FixtureRequest) -> bool:
    """Return whether chaos and bench tests are to run in full."""
    return bool(request.config.getoption("--long"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, with the reason, what needs a program that is not here."""
    if item.get_closest_marker("node") and not shutil.which("node"):
        pytest.skip("needs Node, which is not installed")
    if item.get_closest_marker("browser") and not chromium():
        pytest.skip("needs Chromium, which is not installed")


def chromium() -> str | None:
    """Return the path of the browser, or None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _is_local(host: object) -> bool:
    if host is None or host in {"", "localhost", b"", b"localhost"}:
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook (https://docs.python.org/3/library/audit_events.html): only this machine may be spoken to."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not _is_local(host):
        message = f"a test tried to reach {host!r}: tests speak to this machine only"
        raise PermissionError(message)


def pytest_sessionstart() -> None:
    """Shut the network before the first test module is imported."""
    sys.addaudithook(_refuse_the_network)


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test a state directory of its own, and none of the settings of who runs it."""
    for name in [name for name in os.environ if name.startswith(OWN_VARIABLES)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True, scope="session")
def _nothing_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the session when a process that it started, directly or not, outlives it."""
    scratch = str(tmp_path_factory.getbasetemp())
    before = {process.pid for process in psutil.process_iter()}
    yield
    left = [process for process in psutil.process_iter() if process.pid not in before and _is_ours(process, scratch)]
    _, alive = psutil.wait_procs(left, timeout=LEFT_BEHIND_GRACE_SECONDS)
    described = [_describe(process) for process in alive]
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    assert not described, f"left behind: {described}"


def _is_ours(process: psutil.Process, scratch: str) -> bool:
    """Return whether ``process`` descends from this one, or works in the folders of this session."""
    try:
        if any(parent.pid == os.getpid() for parent in process.parents()):
            return True
        traces = [process.cwd(), *process.cmdline(), *process.environ().values()]
    except psutil.Error:
        return False
    return any(f"{scratch}{os.sep}" in f"{trace}{os.sep}" for trace in traces)


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.pid}: {' '.join(process.cmdline())[:200]}"
    except psutil.Error:
        return str(process.pid)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return the test's own state directory, empty."""
    from chittyops.runtime.home import Home

    return Home.locate({"CHITTYOPS_HOME": str(tmp_path / "home")})


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start PostgreSQL once for all tests, and return the URL of a migrated database that nobody opens.

    It is the template of the databases that tests get.
    """
    from chittyops.runtime.embedded_postgres import EmbeddedPostgres
    from chittyops.runtime.home import Home
    from chittyops.runtime.migrate import upgrade

    server = EmbeddedPostgres(Home.locate({"CHITTYOPS_HOME": str(tmp_path_factory.mktemp("postgres"))}))
    url = asyncio.run(server.start())
    try:
        upgrade(url)
        yield url
    finally:
        asyncio.run(server.stop())


_numbers = itertools.count(1)


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """Return the URL of a database of the test's own, migrated and empty."""
    import psycopg
    from psycopg.sql import SQL, Identifier
    from sqlalchemy import make_url

    template = make_url(postgres_url)
    name = f"test_{next(_numbers)}"

    def run(statement: str) -> None:
        administration = template.set(database="postgres").render_as_string(hide_password=False)
        with psycopg.connect(administration, autocommit=True) as connection:
            names = {"name": Identifier(name), "template": Identifier(str(template.database))}
            connection.execute(SQL(statement).format(**names))

    run("CREATE DATABASE {name} TEMPLATE {template}")
    yield template.set(database=name).render_as_string(hide_password=False)
    run("DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Return the test's own database, opened."""
    from chittyops.runtime.postgres import Database

    opened = Database.connect(database_url, application_name="test")
    yield opened
    await opened.close()


@pytest.fixture
async def nats_url(tmp_path: Path) -> AsyncIterator[str]:
    """Start a NATS server of the test's own, which takes a few hundredths of a second; return its URL."""
    from chittyops.runtime.embedded_nats import EmbeddedNats
    from chittyops.runtime.home import Home

    server = EmbeddedNats(Home.locate({"CHITTYOPS_HOME": str(tmp_path / "nats")}))
    yield await server.start()
    await server.stop()


@pytest.fixture
async def broker(nats_url: str) -> AsyncIterator[Broker]:
    """Return a connection to the test's own NATS server."""
    from chittyops.runtime.broker import Broker

    connected = await Broker.connect(nats_url, name="test")
    yield connected
    await connected.close()
