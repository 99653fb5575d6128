"""``chittyops discover``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result
from tests.capabilities.discovery.conftest import Write

from chittyops.capabilities.discovery.commands import discover
from chittyops.kernel.errors import NotFound

EXAMPLE = Path(__file__).parents[3] / "examples" / "fleet"


def _discover(*arguments: str | Path) -> Result:
    return CliRunner().invoke(discover, [str(each) for each in arguments])


@pytest.fixture
def example(tmp_path: Path) -> Path:
    copy = tmp_path / "shop"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("chittyops.yaml", "node_modules"))
    return copy


def test_the_json_output_is_what_its_schema_says(example: Path) -> None:
    schema = json.loads(_discover("--schema").stdout)
    data = json.loads(_discover(example, "--json").stdout)
    jsonschema_rs.validator_for(schema).validate(data)
    assert data["version"] == 1
    storefront = next(each for each in data["services"] if each["name"] == "storefront")
    assert storefront["bindings"]["services"][0] == {"binding": "CATALOG", "service": "catalog"}
    edge = next(each for each in storefront["depends_on"] if each["target"] == "catalog")
    assert (edge["kind"], edge["reachable"]) == ("service-binding", True)
    assert {"path": "services/storefront/wrangler.jsonc", "line": 9} in edge["evidence"]


def test_services_and_kinds_of_problems_are_shown(write: Write) -> None:
    root = write({"web/Procfile": "web: x", "web/package.json": "{"})
    result = _discover(root)
    assert result.exit_code == 0
    assert "web/package.json:1" in result.stdout
    assert "1 service, 0 dependencies, 0 scripts, 1 problem in 2 files" in result.stderr


def test_each_problem_is_listed_with_what_to_do(write: Write) -> None:
    root = write({"web/wrangler.toml": 'name = "web"\nmain = "src/none.ts"\ncompatibility_date = "2026-01-01"\n'})
    listed = _discover(root, "--problems").stdout
    assert "missing-entrypoint" in listed
    assert "web/wrangler.toml:2" in listed


def test_one_service_is_shown_with_its_evidence(example: Path) -> None:
    shown = _discover(example, "--service", "storefront").stdout
    assert "services/storefront/wrangler.jsonc:9" in shown
    assert "catalog (service-binding)" in shown
    assert "inventory.py" not in shown
    refused = _discover(example, "--service", "storefrnt")
    assert isinstance(refused.exception, NotFound)
    assert refused.exception.hint == 'did you mean "storefront"?'


def test_several_folders_are_several_workspaces(write: Write) -> None:
    root = write({"a/Procfile": "web: x", "b/Procfile": "web: x"})
    assert len(json.loads(_discover(root / "a", root / "b", "--json").stdout)["workspaces"]) == 2
    assert _discover(root / "none").exit_code == 2
