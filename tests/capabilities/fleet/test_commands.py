"""The commands of the fleet file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.capabilities.fleet.conftest import Write

from chittyops.capabilities.fleet.commands import fleet
from chittyops.kernel.errors import Misconfigured

SHOP = """\
fleet: shop
environments: {local: {provider: local}, staging: {}}
services:
  catalog: {path: catalog, depends_on: [stock]}
  stock: {path: stock, environments: {staging: {health: none}}}
"""


@pytest.fixture
def shop(write: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = write({"chittyops.yaml": SHOP, "catalog/app.py": "", "stock/README.md": ""})
    monkeypatch.chdir(root)
    return root


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(fleet, arguments)


def test_schema_is_json() -> None:
    assert "services" in json.loads(_run("schema").stdout)["properties"]
    assert "services" not in json.loads(_run("schema", "--part").stdout)["properties"]


@pytest.mark.usefixtures("shop")
def test_check_says_what_it_checked_and_warns_about_what_cannot_start() -> None:
    result = _run("check")
    assert (result.exit_code, result.stdout) == (0, "shop: 2 services, no problem\n")
    assert "how to start stock" in result.stderr


def test_check_lists_problems_as_json_and_exits_with_2(shop: Path) -> None:
    (shop / "chittyops.yaml").write_text(SHOP + "  x: {path: x}\n  y: {pat: catalog}\n")
    result = _run("check", "--json")
    assert result.exit_code == 2
    problems = json.loads(result.stdout)["problems"]
    assert problems[0] == {
        "message": "services.x.path does not exist",
        "path": "chittyops.yaml",
        "line": 6,
        "column": 13,
        "hint": "paths are relative to the fleet file",
    }
    assert len(problems) == 3


def test_check_raises_what_the_terminal_reports(shop: Path) -> None:
    (shop / "chittyops.yaml").write_text("")
    assert isinstance(_run("check").exception, Misconfigured)


@pytest.mark.usefixtures("shop")
def test_show_merges_the_environment() -> None:
    local = json.loads(_run("show", "--json").stdout)
    staging = json.loads(_run("show", "--env", "staging", "--json").stdout)
    assert local["services"]["stock"]["health"]["path"] == "/health"
    assert staging["services"]["stock"]["health"]["path"] == ""
    assert local["services"]["catalog"]["deploy"]["launch"] == {"kind": "command", "value": "python app.py"}
    assert "command: python app.py" in _run("show").stdout


@pytest.mark.usefixtures("shop")
def test_graph_is_in_order_of_dependencies() -> None:
    data = json.loads(_run("graph", "--json").stdout)
    assert data == {"layers": [["stock"], ["catalog"]], "edges": [{"from": "catalog", "to": "stock"}]}
    lines = _run("graph").stdout.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["stock", "catalog"]
