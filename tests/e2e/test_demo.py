"""``chittyops demo`` as a user runs it: it holds what it claims, and leaves nothing behind, however it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, build_opener

import psutil
import pytest

PLENTY_SECONDS = 200.0
INTERRUPTED = 130
PROGRAM = (sys.executable, "-m", "chittyops")
ONCE = ("demo", "--once", "--json")


@pytest.fixture(autouse=True)
def one_copy_of_miniflare(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all tests share what is big and takes long to install."""
    monkeypatch.setenv("CHITTYOPS_NODE_HOME", str(tmp_path_factory.getbasetemp() / "node"))


def environment(home: Path, **others: str) -> dict[str, str]:
    """Return what a user has, with a home of the test's own."""
    return {**os.environ, "CHITTYOPS_HOME": str(home), **others}


def running_in(home: Path) -> list[str]:
    """Return the processes that have to do with ``home``."""
    found = []
    for process in psutil.process_iter():
        try:
            traces = [process.cwd(), *process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if any(str(home) in trace for trace in traces) and process.status() != psutil.STATUS_ZOMBIE:
            found.append(f"{process.pid}: {traces}")
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "programs", ["everything", pytest.param("python alone", id="without Node, and with nothing else")]
)
def test_all_claims_hold(tmp_path: Path, programs: str) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    alone = {"PATH": str(empty)} if programs == "python alone" else {}
    given = environment(tmp_path / "home", **alone)
    done = subprocess.run(
        [*PROGRAM, *ONCE], env=given, capture_output=True, text=True, timeout=PLENTY_SECONDS, check=False
    )
    if "npm cannot install Miniflare" in done.stderr:
        pytest.skip("Miniflare cannot be had: there is no network")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert [claim for claim in summary["claims"] if not claim["holds"]] == []
    assert [release["status"] for release in summary["releases"]] == ["succeeded", "rolled_back", "succeeded"]
    node = bool(not alone and shutil.which("node"))
    assert len(summary["releases"][0]["services"]) == (7 if node else 5)
    assert ("storefront is left out" in done.stderr) != node
    assert summary["requests"]["failed"] == 0
    assert summary["requests"]["made"] > 100
    assert running_in(tmp_path / "home") == []
    assert list((tmp_path / "home" / "demo").iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("starting the operations centre", signal.SIGINT),
        ("nats: ready", signal.SIGTERM),
        ("postgres: ready", signal.SIGINT),
        ("running: preparing", signal.SIGINT),
        ("running: activating", signal.SIGTERM),
        ("Use the shop", signal.SIGHUP),
    ],
)
def test_interrupted_at_any_moment_leaves_nothing(tmp_path: Path, moment: str, number: signal.Signals) -> None:
    with demo(tmp_path / "home") as process:
        said = hear(process, moment)
        process.send_signal(number)
        time.sleep(0.2)
        process.send_signal(number)  # an impatient user
        said += rest(process)
        # The second one may come when everything is done and Python itself is about to end.
        assert process.wait(timeout=PLENTY_SECONDS) in (INTERRUPTED, -number), said
    assert "Traceback" not in said
    assert running_in(tmp_path / "home") == []
    assert list((tmp_path / "home" / "demo").iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_stays_up_until_interrupted(tmp_path: Path) -> None:
    with demo(tmp_path / "home", "demo") as process:
        said = hear(process, "stays up until Ctrl-C")
        link = next(word for word in said.split() if "/login?code=" in word)
        with pytest.raises(
            HTTPError
        ) as signed_in:  # a redirect to a page, which urllib would follow without the cookie
            build_opener(Still).open(link)
        signed_in.value.close()
        assert signed_in.value.code == HTTPStatus.SEE_OTHER
        process.send_signal(signal.SIGINT)
        rest(process)
        assert process.wait(timeout=PLENTY_SECONDS) == 0
    assert running_in(tmp_path / "home") == []


class Still(HTTPRedirectHandler):
    """Stays where it is sent."""

    def redirect_request(self, *_arguments: object) -> None:
        """Follow nothing."""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_is_cleared_away_by_the_next(tmp_path: Path) -> None:
    with demo(tmp_path / "home") as process:
        hear(process, "running: preparing")
        process.kill()
    assert running_in(tmp_path / "home") != []
    with demo(tmp_path / "home") as process:
        hear(process, "starting the operations centre")
        assert len(list((tmp_path / "home" / "demo").iterdir())) == 1
        process.send_signal(signal.SIGINT)
        rest(process)
    assert running_in(tmp_path / "home") == []


@contextmanager
def demo(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start the demo; it is over at the end of the block."""
    command, given = [*PROGRAM, *(arguments or ONCE)], environment(home)
    with subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        except BaseException:
            process.terminate()
            raise


def hear(process: subprocess.Popen[str], awaited: str) -> str:
    """Return what the demo says, up to the line with ``awaited``."""
    said = ""
    for line in process.stderr or ():
        said += line
        if awaited in line:
            return said
    pytest.fail(f"the demo never said {awaited!r}: {said}")


def rest(process: subprocess.Popen[str]) -> str:
    """Return what the demo says from here to its end."""
    return process.stderr.read() if process.stderr else ""
