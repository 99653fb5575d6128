"""The command line against a whole centre: a small fleet is planned, deployed, broken, watched and rolled back."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path

import psutil
import pytest

CHITTYOPS = [sys.executable, "-m", "chittyops"]
PATIENCE_SECONDS = 60.0

APP = """\
import json, os, time
from http.server import BaseHTTPRequestHandler, HTTPServer

print("warming up", flush=True)
time.sleep(float(os.environ["WAIT"]))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"build": os.environ["CHITTYOPS_BUILD_ID"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
"""
BROKEN = 'import sys\nprint("the flux is low", flush=True)\nsys.exit(3)\n'

FLEET = """\
fleet: {name}
environments:
  local: {{provider: local}}
  guarded: {{provider: local, protected: true}}
defaults:
  deploy: {{command: "{python} app.py"}}
  config: {{WAIT: "{wait}"}}
services:
  base: {{path: base}}
  middle: {{path: middle, depends_on: [base]}}
  top: {{path: top, depends_on: [middle]}}
groups:
  lower: [base, middle]
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, object]:
        loaded = json.loads(self.out)
        assert isinstance(loaded, dict)
        return loaded


@dataclass(frozen=True, slots=True)
class Shop:
    """A fleet in a folder of its own, and a command line to handle it with."""

    folder: Path
    environ: dict[str, str]

    def write(self, *, wait: float = 0) -> None:
        text = FLEET.format(name=self.folder.name, python=shlex.quote(sys.executable), wait=wait)
        (self.folder / "chittyops.yaml").write_text(text)

    def run(self, *arguments: str) -> Ran:
        done = subprocess.run(
            [*CHITTYOPS, *arguments],
            check=False, cwd=self.folder, env=self.environ, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def does(self, *arguments: str) -> Ran:
        ran = self.run(*arguments)
        assert ran.code == 0, ran.err
        return ran

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*CHITTYOPS, *arguments],
            cwd=self.folder, env=self.environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start a centre for all tests of this module, and stop it afterwards."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHITTYOPS_")}
    environ = kept | {"CHITTYOPS_HOME": str(tmp_path_factory.mktemp("home")), "NO_COLOR": "1"}
    up = subprocess.run([*CHITTYOPS, "up"], check=False, env=environ, capture_output=True, text=True)
    assert up.returncode == 0, up.stderr
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", up.stdout)
    yield environ
    subprocess.run([*CHITTYOPS, "down"], check=True, env=environ, capture_output=True)


@pytest.fixture
def shop(environ: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))[:40].strip("-")
    folder = tmp_path / name
    for service in ("base", "middle", "top"):
        (folder / service).mkdir(parents=True)
        # What no other test has deployed: the centre knows files by their content.
        (folder / service / "app.py").write_text(f"# {name} {service}\n{APP}")
    made = Shop(folder, environ)
    made.write()
    return made


def eventually(what: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def statuses(shop: Shop, release: str) -> dict[str, str]:
    services = shop.does("history", release, "--json").data["services"]
    assert isinstance(services, list)
    return {service["name"]: service["status"] for service in services}


def test_a_fleet_is_planned_deployed_changed_and_rolled_back(shop: Shop) -> None:
    plan = shop.does("plan")
    assert [line.split() for line in plan.out.splitlines()] == [
        ["SERVICE", "ACTION", "WHY"],
        ["base", "deploy", "new"],
        ["middle", "deploy", "new"],
        ["top", "deploy", "new"],
    ]
    assert "3 to deploy" in plan.err

    first = shop.does("deploy")
    assert first.out.count("succeeded") == 3
    assert "base  succeeded after" in first.err
    again = shop.does("deploy")
    assert again.out == ""
    assert "0 to deploy, 3 to skip" in again.err

    (shop.folder / "middle" / "app.py").write_text(APP + "# more\n")
    assert "file app.py changed" in shop.does("plan").out
    assert "dependency middle changed" in shop.does("plan", "--changed").out
    assert "base" not in shop.does("plan", "middle").out
    second = shop.does("deploy", "--json")
    assert second.data["status"] == "succeeded"

    back = shop.does("rollback", "--to", "1", "--yes", "--json").data
    assert (back["kind"], back["status"]) == ("rollback", "succeeded")
    history = shop.does("history", "--json").data["items"]
    assert isinstance(history, list)
    assert [each["kind"] for each in history] == ["rollback", "deploy", "deploy"]
    assert "back to" in shop.does("history", str(back["id"])).out
    assert len(shop.does("history", "-n", "1").out.splitlines()) == 2


def test_status_and_logs_tell_what_runs(shop: Shop) -> None:
    shop.does("deploy", "lower")
    items = shop.does("status", "--json").data["items"]
    assert isinstance(items, list)
    assert {item["service"]: bool(item["build"]) for item in items} == {"base": True, "middle": True, "top": False}
    table = shop.does("status").out
    assert re.search(r"^base +deployed +r1-\w+ +build", table, re.MULTILINE)
    assert re.search(r"^top +not deployed", table, re.MULTILINE)
    assert "warming up" in shop.does("logs", "base", "-n", "50").out
    release = f"{shop.folder.name}-1"
    assert "middle | " in shop.does("logs", "--release", release).out
    assert "middle | " not in shop.does("logs", "--release", release, "base").out
    elsewhere = Shop(shop.folder.parent, shop.environ)
    assert elsewhere.does("status", "--fleet", shop.folder.name).out.splitlines()[1].split()[:2] == ["base", "deployed"]
    assert shop.run("logs", "top").code == 3


@pytest.mark.slow
def test_a_log_is_followed(shop: Shop) -> None:
    shop.does("deploy", "base")
    following = shop.start("logs", "base", "-f", "-n", "1")
    try:
        assert following.stdout is not None
        assert following.stdout.readline()
        # The probes of its health are written as they come.
        assert following.stdout.readline()
    finally:
        following.send_signal(signal.SIGINT)
        assert following.wait(PATIENCE_SECONDS) == 130
        following.communicate()


@pytest.mark.slow
def test_a_dry_run_changes_nothing(shop: Shop) -> None:
    data = shop.does("deploy", "--dry-run", "--json").data
    assert [service["action"] for service in data["services"]] == ["deploy"] * 3  # type: ignore[attr-defined]
    assert shop.does("history", "--json").data == {"items": []}
    applied = shop.does("deploy", "--plan", str(data["id"]), "--json").data
    assert applied["status"] == "succeeded"
    stale = shop.run("deploy", "--plan", str(data["id"]))
    assert stale.code == 3
    assert stale.err.count("error:") == 1


@pytest.mark.slow
def test_a_plan_whose_files_have_changed_is_refused(shop: Shop) -> None:
    plan = str(shop.does("plan", "--json").data["id"])
    (shop.folder / "base" / "app.py").write_text(APP + "# later\n")
    refused = shop.run("deploy", "--plan", plan)
    assert refused.code == 3
    assert "changed since plan" in refused.err
    assert shop.does("history", "--json").data == {"items": []}


@pytest.mark.slow
def test_a_failure_is_reverted_and_shows_its_log(shop: Shop) -> None:
    shop.does("deploy")
    (shop.folder / "base" / "app.py").write_text(APP + "# newer\n")
    (shop.folder / "middle" / "app.py").write_text(BROKEN)
    failed = shop.run("deploy", "--changed")
    assert failed.code == 1
    assert "the flux is low" in failed.err
    assert "rolled back" in failed.err
    assert statuses(shop, f"{shop.folder.name}-2") == {"base": "reverted", "middle": "failed", "top": "blocked"}


@pytest.mark.slow
def test_what_stopped_is_resumed_without_repeating_what_was_said(shop: Shop) -> None:
    (shop.folder / "middle" / "app.py").write_text(
        "import os, sys\nif not os.path.exists(os.environ['GATE']): sys.exit('shut')\n" + APP
    )
    gate = shop.folder / "gate"
    text = (shop.folder / "chittyops.yaml").read_text()
    (shop.folder / "chittyops.yaml").write_text(text.replace("config: {", f'config: {{GATE: "{gate}", '))
    stopped = shop.run("deploy", "--on-failure", "stop")
    assert stopped.code == 1
    assert "base  succeeded" in stopped.err
    gate.touch()
    resumed = shop.does("resume")
    assert "middle  succeeded" in resumed.err
    assert "base  " not in resumed.err
    assert "failed" not in resumed.err
    assert shop.run("resume").code == 3


@pytest.mark.slow
def test_a_detached_release_is_cancelled(shop: Shop) -> None:
    shop.write(wait=30)
    release = shop.does("deploy", "--detach").out.strip()
    assert release == f"{shop.folder.name}-1"
    busy = shop.run("deploy", "--force")
    assert busy.code == 3
    assert release in busy.err
    shop.does("cancel")
    eventually(lambda: shop.does("history", release, "--json").data["status"] not in ("queued", "running", "reverting"))
    assert shop.run("cancel").code == 3


def test_interrupting_leaves_the_release_running(shop: Shop) -> None:
    shop.write(wait=1.5)
    deploying = shop.start("deploy", "base")
    assert deploying.stderr is not None
    said = ""
    while "base  running" not in said:
        said += deploying.stderr.readline()
    deploying.send_signal(signal.SIGINT)
    out, err = deploying.communicate(timeout=PATIENCE_SECONDS)
    assert deploying.returncode == 130
    assert out == ""
    assert f"chittyops cancel {shop.folder.name}-1" in err
    eventually(lambda: shop.does("history", f"{shop.folder.name}-1", "--json").data["status"] == "succeeded")


@pytest.mark.slow
def test_a_deploy_is_followed_through_the_death_of_the_api(shop: Shop) -> None:
    shop.write(wait=1.5)
    deploying = shop.start("deploy")
    assert deploying.stderr is not None
    said = ""
    while "preparing" not in said:
        said += deploying.stderr.readline()
    record = json.loads((Path(shop.environ["CHITTYOPS_HOME"]) / "run" / "api.json").read_text())
    psutil.Process(record["pid"]).kill()
    out, err = deploying.communicate(timeout=PATIENCE_SECONDS)
    assert deploying.returncode == 0, err
    assert out.count("succeeded") == 3
    said += err
    assert "connected again" in said
    for service in ("base", "middle", "top"):
        assert said.count(f"{service}  succeeded") == 1


@pytest.mark.slow
def test_a_protected_environment_asks_first(shop: Shop) -> None:
    refused = shop.run("deploy", "--env", "guarded")
    assert refused.code == 3
    assert "hint: pass --yes" in refused.err
    assert shop.does("history", "--env", "guarded", "--json").data == {"items": []}
    assert shop.run("rollback").code == 3
    assert shop.does("deploy", "base", "--env", "guarded", "--yes", "--json").data["status"] == "succeeded"


@pytest.mark.slow
def test_tokens_open_the_api_and_are_revoked(shop: Shop, environ: dict[str, str]) -> None:
    address = json.loads((Path(environ["CHITTYOPS_HOME"]) / "run" / "api.json").read_text())["port"]
    made = shop.does("token", "create", "ci-runner", "--role", "viewer", "--json").data
    remote = Shop(
        shop.folder,
        environ | {"CHITTYOPS_URL": f"http://127.0.0.1:{address}", "CHITTYOPS_TOKEN": str(made["token"])},
    )
    shop.does("plan")
    remote.does("history")
    assert remote.run("deploy").code == 3
    assert remote.run("token", "list").code == 3
    listed = shop.does("token", "list")
    assert "ci-runner" in listed.out
    assert str(made["token"]) not in listed.out
    shop.does("token", "revoke", str(made["id"]))
    refused = remote.run("history")
    assert refused.code == 3
    assert "hint:" in refused.err
    assert str(made["token"]) not in refused.err


def test_a_link_opens_the_page_once(shop: Shop) -> None:
    assert re.fullmatch(r"http://localhost:\d+/login\?code=[\w-]{20,}\n", shop.does("open").out)


def test_up_finds_the_centre_that_runs(shop: Shop) -> None:
    first = shop.does("up", "--json").data
    assert shop.does("up", "-q", "--json").data == first


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("history", "nothing-9"), 3),
        (("history", "../../etc"), 2),
        (("history", "A B\nC"), 2),
        (("cancel", "nothing-9"), 3),
        (("resume", "nothing-9"), 3),
        (("logs", "nobody"), 3),
        (("logs", "--release", "nothing-9"), 3),
        (("deploy", "--plan", "nothing"), 3),
        (("deploy", "nobody"), 3),
        (("rollback", "--to", "7", "-y"), 3),
        (("status", "--fleet", "nowhere"), 3),
        (("token", "revoke", "nothing"), 3),
        (("token", "create", "\x1b[2J"), 2),
        (("token", "create", ""), 2),
    ],
    ids=lambda value: " ".join(value).encode("unicode_escape").decode() if isinstance(value, tuple) else "",
)
def test_what_the_centre_refuses_is_one_error(shop: Shop, arguments: Sequence[str], code: int) -> None:
    refused = shop.run(*arguments)
    assert refused.code == code, refused.err
    assert refused.out == ""
    assert refused.err.count("error:") == 1
    assert "\x1b" not in refused.err


class Window:
    """A terminal of 100 columns and 30 lines with a command in it; keeps everything that was drawn."""

    def __init__(self, shop: Shop, *arguments: str) -> None:
        self._end, inner = pty.openpty()
        ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        environ = shop.environ | {"TERM": "xterm-256color", "NO_COLOR": "", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [*CHITTYOPS, *arguments], cwd=shop.folder, env=environ, stdin=inner, stdout=inner, stderr=inner
        )
        os.close(inner)
        self.drawn = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while self.process.poll() is None or select.select([self._end], [], [], 0.2)[0]:
            if select.select([self._end], [], [], 0.1)[0]:
                try:
                    self.drawn += os.read(self._end, 65536).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    return

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def close(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join()
        os.close(self._end)
        return code


def test_a_deploy_is_drawn_live_on_a_terminal(shop: Shop) -> None:
    shop.write(wait=0.5)
    window = Window(shop, "deploy")
    assert window.close() == 0
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", window.drawn)
    assert re.search(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] base +0\.\ds  preparing", drawn)
    assert re.search(r"· middle +waits for base", drawn)
    assert re.search(r"· top +waits for middle", drawn)
    assert re.search(r"✓ base +\d\.\ds  succeeded", drawn)
    assert re.search(r"━+─+  1/3  \d\.\ds  running", drawn)
    assert "\x1b[1A\x1b[2K" in window.drawn
    # Nothing of the picture stays: the last that is written is the table and what it sums up to.
    assert drawn.rstrip().splitlines()[-1].startswith(f"{shop.folder.name}-1 succeeded after ")


def test_a_question_is_asked_and_answered_on_a_terminal(shop: Shop) -> None:
    window = Window(shop, "deploy", "base", "--env", "guarded")
    eventually(lambda: "[y/N]" in window.drawn)
    window.type("n\n")
    assert window.close() == 3
    assert "nothing was done" in window.drawn
    assert shop.does("history", "--env", "guarded", "--json").data == {"items": []}


def test_status_is_watched_on_a_terminal(shop: Shop) -> None:
    shop.does("deploy", "base")
    window = Window(shop, "status", "--watch")
    eventually(lambda: "healthy" in window.drawn)
    window.process.send_signal(signal.SIGINT)
    assert window.close() == 130
    assert "\x1b[?1049h" in window.drawn
    assert "\x1b[?1049l" in window.drawn
