"""``chittyops task`` at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.needs import BASH

from chittyops.app.commands.task import task
from chittyops.kernel.errors import Misconfigured, NotFound

FLEET = """\
fleet: shop
services:
  cart:
    path: cart
    health: none
    tasks:
      seed: {file: seed.sh, description: Seed it., inputs: {TOKEN: required}, arguments: 1}
tasks:
  fine: {command: echo fine, schedule: "* * * * *"}
  broken: {command: no-such-program-here, schedule: "* * * * *"}
"""


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "shop"
    (root / "cart").mkdir(parents=True)
    (root / "chittyops.yaml").write_text(FLEET)
    (root / "cart/seed.sh").write_text('echo "seeds $*"; exit 5\n')
    monkeypatch.chdir(root / "cart")
    monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOKEN", "t0ken-value")
    return root


def _task(*arguments: str) -> Result:
    return CliRunner().invoke(task, list(arguments), standalone_mode=False)


def _data(*arguments: str) -> Any:
    return json.loads(_task(*arguments, "--json").stdout)


@BASH
def test_run_passes_arguments_and_the_exit_code(workspace: Path) -> None:
    result = _task("run", "seed", "--force", "-x", "b c")
    assert (result.stdout, result.return_value) == ("seeds --force -x b c\n", 5)
    assert _task("run", "cart/seed", "--", "a").stdout == "seeds a\n"


@BASH
def test_json_is_the_record_of_the_run_alone() -> None:
    result = _task("run", "--json", "seed", "a")
    record = json.loads(result.stdout)
    assert (record["task"], record["result"], record["exit_code"]) == ("cart/seed", "failed", 5)
    assert "seeds a" in result.stderr


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN")
    error = _task("run", "seed").exception
    assert isinstance(error, Misconfigured)
    assert "TOKEN" in error.message
    assert isinstance(_task("run", "sed").exception, NotFound)


def test_list_shows_what_is_next_and_what_was_last() -> None:
    _task("run", "seed", "a")
    items = {item["title"]: item for item in _data("list")["items"]}
    assert items["cart/seed"]["last"]["result"] == "failed"
    assert items["fine"]["next"]
    assert "Seed it." in _task("list").stdout


def test_show_says_what_it_reads() -> None:
    shown = _task("show", "seed").stdout
    assert "TOKEN" in shown
    assert "t0ken-value" not in shown
    assert _data("show", "seed")["inputs"] == {"TOKEN": True}


@BASH
def test_history_and_the_log_of_a_run() -> None:
    _task("run", "fine")
    _task("run", "seed", "a")
    runs = _data("history")["items"]
    assert [run["task"] for run in runs] == ["cart/seed", "fine"]
    assert [run["task"] for run in _data("history", "fine")["items"]] == ["fine"]
    assert _task("history", "seed", "--log", runs[0]["id"]).stdout == "seeds a\n"
    assert isinstance(_task("history", "seed", "--log", "none").exception, NotFound)
    assert _task("history", "--log", runs[0]["id"]).exception is not None


@BASH
def test_due_runs_what_is_due_whatever_fails(tmp_path: Path) -> None:
    assert _data("due")["items"] == []
    seen = tmp_path / "home/tasks/shop/scheduled.json"
    seen.write_text(json.dumps(dict.fromkeys(json.loads(seen.read_text()), "2026-01-01T00:00:00+00:00")))
    assert {item["title"] for item in _data("due")["items"]} == {"fine", "broken"}
    result = _task("due", "--run")
    assert result.return_value == 1
    assert "fine\n" in result.stdout
    assert "no-such-program-here" in result.stderr
    assert _data("due")["items"] == []
