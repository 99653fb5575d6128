"""``chittyops context`` at the command line: real repositories, the real program, a real terminal, a real centre."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.app.seeding import Seed, Step
from tests.app.serving import Centre

from chittyops.app.cli import COMMANDS
from chittyops.app.commands.context import context
from chittyops.capabilities.deploy.model import ReleaseStatus

FLEET = """\
fleet: shop
environments: {local: {provider: local}}
services:
  cart: {path: services/cart, health: none, depends_on: [catalog], deploy: {command: python app.py}}
  catalog: {path: services/catalog, health: none, deploy: {command: python app.py}}
"""
Run = Callable[..., None]


@pytest.fixture
def git() -> Run:
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")

    def run(folder: Path, *words: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", *who, *words], cwd=folder, env=environ, check=True, capture_output=True)

    return run


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Run) -> Path:
    """Return a fleet of two services in one repository; the folder is the current one."""
    root = tmp_path / "shop"
    for name in ("cart", "catalog"):
        (root / "services" / name).mkdir(parents=True)
        (root / "services" / name / "app.py").write_text("print('hello')\n")
    (root / "chittyops.yaml").write_text(FLEET)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    monkeypatch.chdir(root)
    return root


def _context(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(context, list(arguments), input=given, standalone_mode=False)


def _data(*arguments: str) -> Any:
    result = _context(*arguments, "--json")
    assert result.exception is None, result.exception
    return json.loads(result.stdout)


def test_in_a_service_s_folder_everything_is_told(shop: Path) -> None:
    found = _data("services/cart")
    assert (found["fleet"], found["service"]["name"], found["service"]["by"]) == ("shop", "cart", "path")
    assert found["where"] == {
        "name": "cart", "path": "services/cart", "platform": "local", "status": "canonical", "in_fleet": True,
    }  # fmt: skip
    assert (found["environment"]["name"], found["environments"]) == ("local", ["local"])
    assert [each["name"] for each in found["depends_on"]] == ["catalog"]
    assert _data("services/catalog")["dependents"] == ["cart"]
    assert found["centre"] == {"state": "not running", "remark": "centre not running", "deployments": []}
    assert [each["command"] for each in found["next"]] == ["chittyops up"]


def test_the_fields_of_json_are_those_that_the_guide_names(shop: Path) -> None:
    guide = (Path(__file__).parents[3] / "docs/guides/context.md").read_text()
    assert [name for name in _data() if f"`{name}`" not in guide] == []


def test_suggestions_are_commands_that_exist(shop: Path) -> None:
    (shop / "services/cart/new.py").write_text("x")
    named = [
        each["command"].split()[1] for each in _data("services/cart")["next"] if each["command"].startswith("chittyops")
    ]
    assert named
    assert set(named) <= set(COMMANDS)


def test_outside_of_any_project_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nothing").mkdir()
    monkeypatch.chdir(tmp_path / "nothing")
    assert _context().stdout == f"no project in {tmp_path}/nothing or above it\n"
    assert _context("--brief").stdout.startswith("chittyops: no project in ")
    assert _data()["workspace"] == ""


def test_a_folder_without_git_is_told_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "plain/api").mkdir(parents=True)
    (tmp_path / "plain/chittyops.yaml").write_text("fleet: plain\nservices: {api: {path: api, health: none}}\n")
    found = _data(str(tmp_path / "plain/api"))
    assert (found["fleet"], found["service"]["name"], found["head"]["state"]) == ("plain", "api", "none")


def test_a_bare_repository_and_a_home_kept_in_git_are_not_read(
    tmp_path: Path, git: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path / "bare", "init", "-q", "--bare")
    assert "main (bare)" in _context(str(tmp_path / "bare")).stdout
    git(tmp_path / "ada", "init", "-q")
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    assert _data(str(tmp_path / "ada"))["problems"] is None


def test_a_fleet_file_that_is_wrong_is_a_problem_and_no_failure(shop: Path) -> None:
    (shop / "chittyops.yaml").write_text(FLEET + "  cart2: {paht: x}\n")
    found = _data("services/cart")
    assert found["problems"]["items"][0]["code"] == "fleet-file"
    assert found["next"][0]["command"] == "chittyops fleet check"


def test_off_a_terminal_the_likeliest_is_taken_and_how_sure_that_is_said(shop: Path) -> None:
    assert _data()["service"]["by"] == "none"
    _context("--service", "catalog")
    found = _data()
    assert (found["service"]["name"], found["service"]["by"]) == ("catalog", "use")
    assert 0.5 < found["service"]["sure"] < 1
    assert {each["name"] for each in found["service"]["candidates"]} == {"cart", "catalog"}


def test_what_a_branch_was_said_to_stand_for_is_remembered(shop: Path, git: Run) -> None:
    assert _data("--env", "staging")["environment"]["by"] == "option"
    assert _data()["environment"] == {"name": "staging", "by": "use", "sure": 0.95, "candidates": []}
    git(shop, "switch", "-qc", "other")
    assert _data()["environment"]["name"] == "local"


def test_a_service_that_is_not_there_is_refused(shop: Path) -> None:
    result = _context("--service", "nope")
    assert str(result.exception) == "there is no service nope here"


def test_modes_exclude_each_other(shop: Path) -> None:
    assert "exclude each other" in str(_context("--brief", "--refresh").exception)


def test_the_brief_tells_at_once_and_reads_in_the_background(shop: Path) -> None:
    first = _context("--brief").stdout
    assert "problems: not known yet" in first
    deadline = time.monotonic() + 20
    while "not known yet" in (text := _context("--brief").stdout) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "fleet: shop" in text
    assert len(text.splitlines()) <= 25
    assert json.loads(_context("--brief", "--json").stdout)["additional_context"].startswith("service")


def test_no_secret_is_told_or_kept(shop: Path, git: Run) -> None:
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    (shop / "services/cart/app.py").write_text(f'KEY = "{secret}"\n')
    (shop / "services/cart/.env").write_text(f"STRIPE_SECRET_KEY={secret}\n")
    git(shop, "add", "-A")
    said = "".join(_context(*words).output for words in ([], ["--json"], ["--brief"], ["services/cart", "--json"]))
    assert "committed" in said or "credential" in said
    assert secret not in said
    home = Path(os.environ["CHITTYOPS_HOME"])
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert secret.encode() not in kept


def _typed(answer: str, folder: Path) -> str:
    """Return what the program says at a real terminal, where ``answer`` is typed."""
    main, other = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "chittyops", "context"], cwd=folder, stdin=other, stdout=other, stderr=other
        )
        os.write(main, answer.encode())
        process.wait(30)
        os.set_blocking(main, False)
        return os.read(main, 1 << 16).decode()
    finally:
        os.close(main)
        os.close(other)


def test_at_a_terminal_it_asks_once_and_learns_the_answer(shop: Path) -> None:
    _data()
    said = _typed("2\n", shop)
    assert "Which service is meant?" in said
    assert "catalog in services/catalog" in said
    assert "Which service" not in _typed("", shop)
    assert _data()["service"]["name"] == "catalog"


def test_all_of_them_is_an_answer_too_and_nonsense_is_refused(shop: Path) -> None:
    _data()
    assert "none of them" in _typed("7\n", shop)
    assert "none chosen" in _typed("0\n", shop)
    assert "Which service" not in _typed("", shop)


def test_above_several_projects_it_asks_which(shop: Path, git: Run) -> None:
    git(shop.parent / "blog", "init", "-q")
    assert "projects" in _context(str(shop.parent)).stdout
    said = _typed("2\n0\n", shop.parent)
    assert "Which project is meant?" in said
    assert "shop" in said
    assert _data(str(shop.parent))["workspace"] == str(shop)


@pytest.fixture
def running(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Centre:
    monkeypatch.setenv("CHITTYOPS_URL", centre.url)
    monkeypatch.setenv("CHITTYOPS_TOKEN", centre.admin_token)
    return centre


async def _asked(folder: str) -> Any:
    """Return what is told, once the centre answered in time: machines that run tests are busy."""
    for _ in range(20):
        found = await asyncio.to_thread(_data, folder)
        if found["centre"]["remark"] != "the centre does not answer within 0.3 s":
            break
    return found


async def test_what_is_deployed_and_ill_is_asked_of_the_centre(
    running: Centre, seed: Seed, shop: Path, git: Run
) -> None:
    graph = {"catalog": (), "cart": ("catalog",)}
    await seed.fleet(graph)
    await seed.release(3, ReleaseStatus.SUCCEEDED, dict.fromkeys(graph, Step()), graph=graph)
    await seed.deployed(3, ["cart", "catalog"], graph=graph)
    await seed.healthy(["cart", "catalog"], {"catalog": ("unhealthy", "503")})
    (shop / "services/cart/new.py").write_text("x")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "cart grows")
    found = await _asked("services/cart")
    assert found["centre"]["state"] == "running"
    mine = next(each for each in found["centre"]["deployments"] if each["service"] == "cart")
    assert (mine["environment"], mine["release"], mine["health"]) == ("local", "shop-3", "healthy")
    assert found["changes"]["since"]["kind"] == "deployment"
    assert found["changes"]["commits"][0]["subject"] == "cart grows"
    assert [(each["service"], each["detail"]) for each in found["alerts"]] == [("catalog", "503")]
    assert [each["command"] for each in found["next"]] == [
        "chittyops logs catalog --env local",
        "chittyops deploy cart --env local",
    ]


async def test_a_fleet_that_the_centre_does_not_know_is_said_to_be_so(running: Centre, shop: Path) -> None:
    found = await _asked("services/cart")
    assert found["centre"]["remark"] == "the centre does not know the fleet shop"


async def test_a_token_that_is_not_valid_is_said_and_does_no_harm(
    running: Centre, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHITTYOPS_TOKEN", "nope")
    found = await _asked("services/cart")
    assert found["centre"]["state"] == "unknown"
    assert found["centre"]["remark"].startswith("the centre does not tell: ")


def test_a_centre_that_says_nothing_is_not_waited_for(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _data()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("CHITTYOPS_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("CHITTYOPS_TOKEN", "t")
        began = time.monotonic()
        found = _data("services/cart")
        assert time.monotonic() - began < 3
    assert found["centre"]["remark"] == "the centre does not answer within 0.3 s"
