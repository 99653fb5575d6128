"""The embedded PostgreSQL: made whole or not at all, private, and hard to kill."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import stat
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.runtime import postgres_binaries
from chittyops.runtime.embedded_postgres import EmbeddedPostgres
from chittyops.runtime.filelock import try_lock
from chittyops.runtime.home import Home
from chittyops.runtime.postgres_binaries import binaries_for
from chittyops.runtime.process import Account, Command, run

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="about the account root gives to the server")


@pytest.fixture
async def server(home: Home) -> AsyncIterator[EmbeddedPostgres]:
    """Return a running server."""
    started = EmbeddedPostgres(home)
    await started.start()
    yield started
    await started.stop()


def postmaster(server: EmbeddedPostgres) -> psutil.Process:
    assert server._child
    return psutil.Process(server._child.identity.pid)


def ask(server: EmbeddedPostgres, sql: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_has_no_address_before_it_ever_ran(home: Home) -> None:
    with pytest.raises(Unavailable, match="postgres has not been started") as caught:
        _ = EmbeddedPostgres(home).url
    assert "chittyops up" in caught.value.hint


async def test_durable_on_loopback_only_and_current(server: EmbeddedPostgres) -> None:
    settings = {
        name: ask(server, f"SHOW {name}")
        for name in ("server_version", "fsync", "full_page_writes", "synchronous_commit", "unix_socket_directories")
    }
    assert str(settings.pop("server_version")).startswith("18.")
    assert settings == {
        "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "unix_socket_directories": "",
    }  # fmt: skip
    listening = [c.laddr for c in postmaster(server).net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == [("127.0.0.1", server.port)]


async def test_nobody_enters_without_the_password(server: EmbeddedPostgres) -> None:
    wrong = server.url.replace(server.home.credential("postgres").reveal(), "wrong")
    for url in (wrong, f"postgresql://chittyops@127.0.0.1:{server.port}/chittyops"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url).close()
    assert "SCRAM-SHA-256" in str(ask(server, "SELECT rolpassword FROM pg_authid WHERE rolname = 'chittyops'"))
    methods = str(ask(server, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"))
    assert set(methods.split(",")) <= {"scram-sha-256", "reject"}


def told_of(process: psutil.Process) -> str:
    """Return the command line and the environment of ``process``; "" for one that has ended.

    Of one that is ending, the kernel shows an ordinary user no environment any more.
    """
    for _ in range(100):
        try:
            return f"{process.cmdline()} {process.environ()}"
        except psutil.NoSuchProcess:
            return ""
        except psutil.AccessDenied:
            time.sleep(0.05)
    return f"{process.cmdline()} {process.environ()}"


async def test_files_are_private_and_the_password_is_in_no_command_line_environment_or_log(
    server: EmbeddedPostgres,
) -> None:
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert server.data.parent == server.home.path
    password = server.home.credential("postgres").reveal()
    main = postmaster(server)
    for process in [main, *main.children(recursive=True)]:
        assert password not in told_of(process)
    for path in server.home.path.rglob("*"):
        if path.is_file() and path.name != "credentials.json":
            assert password.encode() not in path.read_bytes(), path


async def test_a_failing_statement_is_not_in_the_log(home: Home) -> None:
    log = os.open(home.file("logs", "postgres.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    server = EmbeddedPostgres(home)
    await server.start(log)
    os.close(log)
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(server, "CREATE TABLE t (a text UNIQUE); INSERT INTO t VALUES ('planted'), ('planted')")
    await server.stop()
    text = (home.path / "logs" / "postgres.log").read_text()
    assert "duplicate key" in text
    assert "planted" not in text


async def test_keeps_its_port_and_data_over_restarts(server: EmbeddedPostgres) -> None:
    ask(server, "CREATE TABLE kept AS SELECT 42 AS n")
    url = server.url
    await server.stop()
    again = EmbeddedPostgres(server.home)
    assert await again.start() == url
    assert ask(again, "SELECT n FROM kept") == 42
    await again.stop()


async def test_takes_another_port_when_somebody_else_has_its_own(server: EmbeddedPostgres) -> None:
    port = server.port
    await server.stop()
    with socket.create_server(("127.0.0.1", port)):
        again = EmbeddedPostgres(server.home)
        await again.start()
        assert again.port != port
        assert EmbeddedPostgres(server.home).url == again.url
        await again.stop()


async def test_two_never_run_on_one_cluster(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chittyops.runtime.embedded.LEAVE_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(Unavailable, match="still locked"):
        await EmbeddedPostgres(server.home).start()
    assert ask(server, "SELECT 1") == 1


async def test_survives_the_kill_of_its_main_process_with_sessions_at_work(server: EmbeddedPostgres) -> None:
    ask(server, "CREATE TABLE kept AS SELECT 42 AS n")
    with psycopg.connect(server.url, autocommit=True) as busy:
        busy.execute("SET statement_timeout = '1500ms'")
        working = asyncio.create_task(asyncio.to_thread(work, busy))
        await asyncio.sleep(0.1)
        main = postmaster(server)
        orphans = main.children(recursive=True)
        main.send_signal(signal.SIGKILL)
        assert server._child
        await server._child.wait()
        assert any(orphan.is_running() for orphan in orphans), "the test must meet an orphan at work"
        assert try_lock(server.home.file("run", "postgres.lock")) is None
        started_at = time.monotonic()
        await server.start()
        assert time.monotonic() - started_at > 0.5, "it waited for the orphan to leave"
        await working
    assert ask(server, "SELECT n FROM kept") == 42


def work(connection: psycopg.Connection) -> None:
    """Keep a backend so busy that it does not see its parent die, until its own time limit ends it."""
    with pytest.raises(psycopg.Error):
        connection.execute("DO $$ DECLARE n bigint := 0; BEGIN LOOP n := n + 1; EXIT WHEN n < 0; END LOOP; END $$")


@pytest.mark.parametrize("moment", ["initdb", "single"])
async def test_a_start_that_is_killed_in_the_middle_leaves_no_half_made_cluster(home: Home, moment: str) -> None:
    server = EmbeddedPostgres(home)
    starting = asyncio.create_task(server.start())
    while not any(moment in line for line in command_lines()):
        await asyncio.sleep(0.001)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not server.data.exists()
    await server.start()
    assert ask(server, "SELECT 1") == 1
    await server.stop()
    assert not list(home.path.glob(".postgres.*"))


def command_lines() -> list[str]:
    """Return the command line of each process below this one; those that end meanwhile have none."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            found.append(" ".join(child.cmdline()))
    return found


async def test_a_cluster_of_another_version_is_refused_and_left_alone(server: EmbeddedPostgres) -> None:
    await server.stop()
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(Misconfigured, match="of PostgreSQL 17"):
        await EmbeddedPostgres(server.home).start()
    (server.data / "PG_VERSION").write_text("18\n")


@root_only
async def test_root_gives_it_an_account_that_cannot_reach_the_home(server: EmbeddedPostgres) -> None:
    account = Account.unprivileged()
    assert set(postmaster(server).uids()) == {account.uid}
    assert server.data.stat().st_uid == account.uid
    assert stat.S_IMODE(server.home.path.stat().st_mode) == 0o700
    assert server.home.path.stat().st_uid == 0
    listing = Command(("/bin/ls", str(server.home.path)), cwd=Path("/"), account=account)
    assert await run(listing) != 0


@root_only
async def test_binaries_that_the_account_cannot_reach_are_copied_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    for part in (postgres_binaries.INSTALLATION, postgres_binaries.LIBRARIES):
        shutil.copytree(postgres_binaries._site_packages() / part, hidden / part)
    hidden.chmod(0o700)
    monkeypatch.setattr(postgres_binaries, "_site_packages", lambda: hidden)
    # Not below tmp_path, which others cannot enter.
    cache = Path("/var/tmp") / f"chittyops-test-{os.getpid()}"
    monkeypatch.setattr(postgres_binaries, "CACHES", (Path("/proc/none"), cache))
    try:
        account = Account.unprivileged()
        found = await binaries_for(account)
        assert found.is_relative_to(cache)
        assert await binaries_for(account) == found
        assert len(list(cache.iterdir())) == 1
        cache.chmod(0o777)
        with pytest.raises(Misconfigured, match="cannot be run by the account"):
            await binaries_for(account)
    finally:
        shutil.rmtree(cache)
