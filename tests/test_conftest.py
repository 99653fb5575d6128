"""The ground the tests stand on holds: the guards refuse, the fixtures are apart."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chittyops.runtime.broker import Broker
    from chittyops.runtime.home import Home
    from chittyops.runtime.postgres import Database

CONFTEST = Path(__file__).with_name("conftest.py")


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("8.8.8.8", 53), ("2001:db8::1", 443)], ids=str)
def test_nothing_outside_this_machine_is_reached(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(PermissionError, match="tests speak to this machine only"):
        client.connect(address)


def test_no_name_outside_this_machine_is_looked_up() -> None:
    with pytest.raises(PermissionError, match="tests speak to this machine only"):
        socket.getaddrinfo("example.org", 443)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_this_machine_is_reached(name: str) -> None:
    assert socket.getaddrinfo(name, 80)


def test_the_state_directory_is_the_tests_own(home: Home, tmp_path: Path) -> None:
    assert home.path == Path(os.environ["CHITTYOPS_HOME"])
    assert home.path.is_relative_to(tmp_path)


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_each_test_has_a_migrated_database_of_its_own(database: Database, turn: str) -> None:
    async with database.transaction() as tx:
        before = await tx.rows("SELECT name FROM fleet")
        await tx.run("INSERT INTO fleet VALUES ('shop', '/', '{}', 0, now())")
    assert before == [], turn


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_each_test_has_a_broker_of_its_own(broker: Broker, turn: str) -> None:
    await broker.publish("chittyops.test", turn.encode(), message_id="the same")
    state = await broker._client.jetstream().stream_info("chittyops")
    assert state.state.messages == 1


SLOPPY = """
import subprocess, sys

SLEEP = "import time; time.sleep(60)"
START = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}])"

def test_child():
    subprocess.Popen([sys.executable, "-c", SLEEP])

def test_orphan(tmp_path):
    subprocess.run([sys.executable, "-c", START], cwd=tmp_path)

def test_tidy(tmp_path):
    subprocess.run([sys.executable, "-c", ""], cwd=tmp_path)
"""


@pytest.mark.parametrize(("test", "code"), [("test_child", 1), ("test_orphan", 1), ("test_tidy", 0)])
def test_a_process_left_behind_fails_the_session(tmp_path: Path, test: str, code: int) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text().replace("GRACE_SECONDS = 5.0", "GRACE_SECONDS = 0.2"))
    (tmp_path / "test_sloppy.py").write_text(SLOPPY)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", test, str(tmp_path)]
    session = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert session.returncode == code, session.stdout + session.stderr
    assert ("left behind" in session.stdout) is bool(code)
