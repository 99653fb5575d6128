"""The parts of the demo: the copy it works on, the customers it sends, what it makes of a claim that fails."""

from __future__ import annotations

import io
import runpy
import stat
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from chittyops.app.demo import performance
from chittyops.app.demo.crowd import Crowd
from chittyops.app.demo.play import Play
from chittyops.app.demo.stage import Stage
from chittyops.app.demo.workspace import CATALOG, DELIVERY, MEND, SALE, Workspace, example
from chittyops.interface.terminal import Terminal
from chittyops.kernel.errors import Conflict, Unavailable


def charged(workspace: Workspace) -> int:
    """Return what the copy's catalogue charges for something listed at 1,000 cents."""
    module = runpy.run_path(str(workspace.root / CATALOG))
    return int(module["price"](1000))


def test_copy_has_a_random_secret_nobody_else_can_read(tmp_path: Path) -> None:
    values = set()
    for number in (1, 2):
        workspace = Workspace.copy(example(), tmp_path / str(number))
        made = workspace.root / "services/orders/.dev.vars"
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        key, _, value = made.read_text().splitlines()[-1].partition("=")
        assert key == "RECEIPT_KEY"
        assert len(value) > 40
        values.add(value)
    assert len(values) == 2
    assert not (example() / "services/orders/.dev.vars").exists()


def test_copy_leaves_private_files_and_installed_packages_behind(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for left_out in (".env", ".dev.vars", "node_modules/x/index.js", "a/__pycache__/m.pyc", "kept.txt"):
        file = source / left_out
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    copy = Workspace.copy(source, tmp_path / "copy")
    assert [file.name for file in copy.root.rglob("*") if file.is_file()] == ["kept.txt"]


def test_the_sale_gives_everything_away_and_the_mend_does_not(tmp_path: Path) -> None:
    workspace = Workspace.copy(example(), tmp_path / "shop")
    assert charged(workspace) == 1000
    workspace.apply(DELIVERY, *SALE)
    assert charged(workspace) == 0
    workspace.apply(MEND)
    assert charged(workspace) == 800


def test_edit_of_a_file_that_is_not_what_it_was_made_for_is_refused(tmp_path: Path) -> None:
    workspace = Workspace.copy(example(), tmp_path / "shop")
    workspace.apply(DELIVERY)
    with pytest.raises(Conflict, match=r"stock\.json"):
        workspace.apply(DELIVERY)


class Moody(BaseHTTPRequestHandler):
    """Answers every tenth request with an error."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[int] = 0

    def do_GET(self) -> None:
        Moody.asked += 1
        body = b'{"build": "b1"}'
        self.send_response(500 if Moody.asked % 10 == 0 else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet."""


def test_customers_notice_failures_and_builds() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Moody) as server:
        Thread(target=server.serve_forever).start()
        with Crowd({"moody": f"http://127.0.0.1:{server.server_port}"}) as crowd:
            while crowd.made < 25:
                pass
        server.shutdown()
    assert crowd.made == Moody.asked
    assert len(crowd.failures) == Moody.asked // 10
    assert crowd.failures[0] == "moody answered 500"
    assert crowd.builds["moody"]["b1"] == crowd.made - len(crowd.failures)


def test_customers_notice_a_service_that_is_away() -> None:
    with Crowd({"gone": "http://127.0.0.1:1"}) as crowd:
        while not crowd.made:
            pass
    assert crowd.made == len(crowd.failures)


def test_claim_that_does_not_hold_makes_the_demo_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def overpromise(play: Play) -> None:
        play.stage.claim("pigs fly", holds=False, instead="they walk")

    monkeypatch.setattr(performance, "ACTS", {"Watch pigs": overpromise})
    told, data = io.StringIO(), io.StringIO()
    terminal = Terminal(json=True, out=data, err=told, environ={"CHITTYOPS_HOME": str(tmp_path)})
    assert performance.perform(terminal, once=True, port=0) == 1
    assert "pigs fly: they walk" in told.getvalue()
    assert '"succeeded": false' in data.getvalue()
    (kept,) = (tmp_path / "demo").iterdir()
    assert f"the logs are in {kept}" in told.getvalue()
    monkeypatch.setattr(performance, "ACTS", {})
    assert performance.perform(terminal, once=True, port=0) == 0
    assert not list((tmp_path / "demo").iterdir())


def test_demo_that_waits_for_ever_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performance, "ACTS", {"Wait": lambda _play: time.sleep(60)})
    monkeypatch.setattr(performance, "LONGEST_SECONDS", 1)
    terminal = Terminal(err=io.StringIO(), environ={"CHITTYOPS_HOME": str(tmp_path)})
    with pytest.raises(Unavailable, match="not done after 1 s"):
        performance.perform(terminal, once=True, port=0)


def test_plain_terminals_get_plain_text() -> None:
    told = io.StringIO()
    stage = Stage(Terminal(err=told, environ={}))
    with stage.act("An act"):
        stage.claim("it holds", seconds=1.25)
        stage.below.note("a\nb")
    assert told.getvalue().splitlines()[1:] == ["1  An act", f"   + it holds{' ' * 58}  1.2 s", "     a", "     b"]
