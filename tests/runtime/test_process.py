"""Processes: who they are, how they start, how they end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chittyops.kernel.errors import Misconfigured
from chittyops.runtime.process import Account, Command, ProcessIdentity, detach, marked, run, spawn

SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
)
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells children of their parent's death")


async def said(path: Path, text: str) -> str:
    """Return what is in a file once ``text`` is in it."""
    async with asyncio.timeout(10):
        while not path.exists() or text not in path.read_text():
            await asyncio.sleep(0.01)
    return path.read_text()


def test_this_process_is_alive_and_one_with_its_pid_from_another_time_is_not() -> None:
    own = ProcessIdentity.of(os.getpid())
    assert own.alive()
    assert own == ProcessIdentity.of(os.getpid())
    assert not replace(own, started=own.started + 1).alive()
    assert not replace(own, started=own.started + 1).signal(signal.SIGKILL)
    assert not replace(own, started=0.0).alive()


def test_a_process_that_ended_and_was_not_waited_for_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.DEVNULL)
    identity = ProcessIdentity.of(process.pid)
    deadline = time.monotonic() + 10
    while identity.alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not identity.alive()
    assert not identity.signal(signal.SIGTERM)
    process.wait()
    assert not ProcessIdentity.of(process.pid).alive()


async def test_a_child_gets_the_environment_given_and_nothing_else(tmp_path: Path) -> None:
    output = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    code = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}), os.getcwd())"
    command = Command((sys.executable, "-c", code), {"A": "1"}, cwd=tmp_path)
    assert await run(command, output=output) == 0
    os.close(output)
    assert (tmp_path / "out").read_text() == f"['A'] {tmp_path}\n"


async def test_the_exit_code_comes_back() -> None:
    assert await run(Command((sys.executable, "-c", "raise SystemExit(7)"))) == 7


def test_a_program_that_is_not_there_is_a_clear_error() -> None:
    with pytest.raises(Misconfigured, match="cannot run /no/such/program"):
        spawn(Command(("/no/such/program",)))


async def test_stopping_asks_first() -> None:
    child = spawn(Command(SLEEP))
    assert await child.stop() == -signal.SIGTERM
    assert not child.identity.alive()
    assert child.exit_code == -signal.SIGTERM


async def test_stopping_kills_what_does_not_listen(tmp_path: Path) -> None:
    output = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    child = spawn(Command(STUBBORN), output=output)
    os.close(output)
    await said(tmp_path / "out", "up")
    assert await child.stop(grace_seconds=0.2) == -signal.SIGKILL


async def test_what_a_child_leaves_in_its_group_ends_with_it(tmp_path: Path) -> None:
    code = f"import subprocess; print(subprocess.Popen({list(SLEEP)!r}).pid, flush=True)"
    output = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    child = spawn(Command((sys.executable, "-c", code)), output=output)
    os.close(output)
    await child.wait()
    grandchild = ProcessIdentity.of(int((tmp_path / "out").read_text().split()[0]))
    assert await grandchild.ended(timeout_seconds=10)


async def test_a_cancelled_run_leaves_nothing(tmp_path: Path) -> None:
    output = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    code = "import os, time; print(os.getpid(), 'up', flush=True); time.sleep(60)"
    running = asyncio.create_task(run(Command((sys.executable, "-c", code)), output=output))
    identity = ProcessIdentity.of(int((await said(tmp_path / "out", "up")).split()[0]))
    os.close(output)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not identity.alive()


@linux_only
@pytest.mark.parametrize("death_signal", [signal.SIGTERM, signal.SIGINT])
async def test_a_child_dies_when_the_process_that_started_it_is_killed(tmp_path: Path, death_signal: int) -> None:
    code = (
        "import sys, time; from chittyops.runtime.process import Command, spawn\n"
        f"child = spawn(Command({SLEEP!r}, death_signal={int(death_signal)}), output=1)\n"
        "print(child.identity.pid, flush=True); time.sleep(60)"
    )
    output = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    parent = spawn(Command((sys.executable, "-c", code)), output=output)
    os.close(output)
    words = (await said(tmp_path / "out", "up")).split()
    grandchild = ProcessIdentity.of(int(next(word for word in words if word.isdecimal())))
    os.kill(parent.identity.pid, signal.SIGKILL)  # its group would go as well if we waited for it first
    assert await grandchild.ended(timeout_seconds=10)
    await parent.wait()


async def test_a_detached_process_outlives_who_started_it(tmp_path: Path) -> None:
    code = (
        "import os; from chittyops.runtime.process import Command, detach\n"
        f"print(detach(Command({SLEEP!r}), output=1).pid, flush=True)"
    )
    output = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    assert await run(Command((sys.executable, "-c", code)), output=output) == 0
    os.close(output)
    words = (await said(tmp_path / "out", "up")).split()
    identity = ProcessIdentity.of(int(next(word for word in words if word.isdecimal())))
    assert identity.alive()
    await identity.stop()
    assert not identity.alive()


async def test_marked_processes_are_found(tmp_path: Path) -> None:
    children = [spawn(Command(SLEEP, {"MARK": f"{tmp_path}/{name}"})) for name in "ab"]
    other = spawn(Command(SLEEP, {"MARK": "other"}))
    assert {identity.pid for identity in marked("MARK", f"{tmp_path}/")} == {c.identity.pid for c in children}
    for child in [*children, other]:
        await child.stop()
    assert marked("MARK", f"{tmp_path}/") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_a_child_of_root_runs_under_the_account_given_without_its_groups(tmp_path: Path) -> None:
    account = Account.unprivileged()
    output = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    assert await run(Command(("/usr/bin/id",), cwd=Path("/"), account=account), output=output) == 0
    os.close(output)
    text = (tmp_path / "out").read_text()
    assert f"uid={account.uid}(" in text
    assert "(root)" not in text


def test_detaching_a_program_that_is_not_there_is_a_clear_error() -> None:
    with pytest.raises(Misconfigured, match="cannot run /no/such/program"):
        detach(Command(("/no/such/program",)), output=subprocess.DEVNULL)
