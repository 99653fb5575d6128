"""``chittyops discover`` and ``chittyops init``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.capabilities.discovery.conftest import Write

from chittyops.capabilities.discovery.commands import discover, init
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.kernel.errors import Misconfigured, Refused

EXAMPLE = Path(__file__).parents[3] / "examples" / "fleet"


def _discover(*arguments: str | Path) -> Result:
    return CliRunner().invoke(discover, [str(each) for each in arguments])


def _init(*arguments: str | Path) -> Result:
    return CliRunner().invoke(init, [str(each) for each in arguments])


@pytest.fixture
def example(tmp_path: Path) -> Path:
    copy = tmp_path / "shop"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("chittyops.yaml", "node_modules"))
    return copy


def test_init_finds_the_example_fleet_as_people_wrote_it(example: Path) -> None:
    assert _init(example, "--yes").exit_code == 0
    written, expected = read_fleet(example), read_fleet(EXAMPLE)
    assert written.name == expected.name
    assert set(written.services) == set(expected.services)
    for name, service in expected.services.items():
        found = written.services[name]
        assert set(found.depends_on) == set(service.depends_on), name
        assert (found.path, found.platform, found.health.path) == (service.path, service.platform, service.health.path)
        assert (found.secrets, found.databases) == (service.secrets, service.databases), name


def test_init_names_the_evidence(example: Path) -> None:
    text = _init(example, "--dry-run").stdout
    assert "+      - catalog  # services/storefront/wrangler.jsonc:9 (service-binding)" in text
    assert not (example / "chittyops.yaml").exists()


def test_init_twice_changes_nothing(example: Path) -> None:
    _init(example)
    before = (example / "chittyops.yaml").read_text()
    result = _init(example)
    assert (result.exit_code, "nothing to do" in result.stdout) == (0, True)
    assert (example / "chittyops.yaml").read_text() == before
    assert sorted(path.name for path in example.iterdir() if path.name.startswith(".chittyops")) == []


def test_init_never_overwrites(example: Path) -> None:
    (example / "chittyops.yaml").write_text("fleet: mine\n")
    result = _init(example, "--yes")
    assert isinstance(result.exception, Refused)
    assert (example / "chittyops.yaml").read_text() == "fleet: mine\n"
    assert "-fleet: mine" in _init(example, "--dry-run").stdout


def test_init_of_an_empty_folder(tmp_path: Path) -> None:
    assert isinstance(_init(tmp_path).exception, Misconfigured)
    assert list(tmp_path.iterdir()) == []


NODE = '{"name": "%s", "scripts": {"start": "node x.js"}}'


def test_init_writes_what_fleet_check_accepts_whatever_was_found(write: Write) -> None:
    root = write({
        "a/package.json": NODE % "Web_App",
        "a/server.js": "fetch(env.B_URL)\nprocess.env.PG_URL\n",
        "b/package.json": NODE % "web-app",
        "b/server.js": "fetch(env.A_URL)\n",
        "~odd, [name]: #1/Procfile": "clock: x\n",
        "~odd, [name]: #1/.env.example": "PORT_KEY=\nCHITTYOPS_TOKEN=\nDATABASE_URL=\nPOSTGRES_URL=\n",
        "no/my-app.py": 'import flask\nif __name__ == "__main__":\n    pass\n',
        "no/requirements.txt": "flask\npytest\n",
        "123/Procfile": "web: x",
        "back\\slash/Procfile": "web: x",
        "new\nline/Procfile": "web: x",
        "rail/railway.json": '{"deploy": {"startCommand": "run: \\"it\\" # now", "healthcheckPath": "/{x}"}}',
        "archive/a/Procfile": "web: x",
    })  # fmt: skip
    assert _init(root).exit_code == 0
    fleet = read_fleet(root)
    assert {each.path for each in fleet.services.values()} == {"a", "b", "~odd, [name]: #1", "no", "123", "rail"}
    assert set(fleet.services) == {"web-app", "b", "odd-name-1", "no", "123", "rail"}
    assert fleet.services["rail"].deploy.launch.value == 'run: "it" # now'
    assert fleet.services["no"].deploy.launch.value == "python my-app.py"
    assert "would close a circle" in (root / "chittyops.yaml").read_text()
    assert "# Left out: archive/a (legacy)" in (root / "chittyops.yaml").read_text()


def test_discover_prints_json_of_the_promised_shape(example: Path) -> None:
    data = json.loads(_discover(example, "--json").stdout)
    assert set(data) == {"services", "problems", "stats"}
    storefront = next(each for each in data["services"] if each["name"] == "storefront")
    assert storefront["bindings"]["services"][0] == {"binding": "CATALOG", "service": "catalog"}
    assert storefront["depends_on"][0] == {
        "target": "catalog",
        "kind": "service-binding",
        "evidence": [{"path": "services/storefront/wrangler.jsonc", "line": 9}],
    }


def test_discover_shows_services_and_problems(write: Write) -> None:
    root = write({"web/Procfile": "web: x", "web/package.json": "{"})
    result = _discover(root)
    assert result.exit_code == 0
    assert "web/package.json:1" in result.stdout
    assert "1 services, 0 dependencies, 1 problems" in result.stderr


def test_discover_takes_several_folders(write: Write) -> None:
    root = write({"a/Procfile": "web: x", "b/Procfile": "web: x"})
    assert len(json.loads(_discover(root / "a", root / "b", "--json").stdout)["workspaces"]) == 2
    assert _discover(root / "none").exit_code == 2
