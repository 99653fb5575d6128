"""``chittyops init``: a first fleet file from the services that are found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chittyops.app.commands.adopt import init
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.kernel.errors import Misconfigured, Refused

EXAMPLE = Path(__file__).parents[3] / "examples" / "fleet"


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path_factory.mktemp("state") / "home"))


def _init(*arguments: str | Path) -> Result:
    return CliRunner().invoke(init, [str(each) for each in arguments])


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


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
        assert found.secrets == service.secrets, name
        assert [(each.name, each.engine, each.env) for each in found.databases] == [
            (each.name, each.engine, each.env) for each in service.databases
        ], name


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


def test_init_writes_what_fleet_check_accepts_whatever_was_found(tmp_path: Path) -> None:
    root = _write(tmp_path / "shop", {
        "alpha/package.json": NODE % "Web_App",
        "alpha/server.js": "fetch(env.BETA_URL)\nprocess.env.PG_URL\n",
        "beta/package.json": NODE % "web-app",
        "beta/server.js": "fetch(env.ALPHA_URL)\n",
        "~odd, [name]: #1/Procfile": "clock: x\n",
        "~odd, [name]: #1/.env.example": "PORT_KEY=\nCHITTYOPS_TOKEN=\nDATABASE_URL=\nPOSTGRES_URL=\n",
        "no/my-app.py": 'from flask import Flask\napp = Flask(__name__)\nif __name__ == "__main__":\n    app.run()\n',
        "no/requirements.txt": "flask\npytest\n",
        "123/Procfile": "web: x",
        "back\\slash/Procfile": "web: x",
        "new\nline/Procfile": "web: x",
        "rail/railway.json": '{"deploy": {"startCommand": "run: \\"it\\" # now", "healthcheckPath": "/{x}"}}',
        "archive/a/Procfile": "web: x",
    })  # fmt: skip
    assert _init(root).exit_code == 0
    fleet = read_fleet(root)
    assert {each.path for each in fleet.services.values()} == {"alpha", "beta", "~odd, [name]: #1", "no", "123", "rail"}
    assert set(fleet.services) == {"web-app", "beta", "odd-name-1", "no", "123", "rail"}
    assert fleet.services["rail"].deploy.launch.value == 'run: "it" # now'
    assert fleet.services["no"].deploy.launch.value == "python my-app.py"
    assert "would close a circle" in (root / "chittyops.yaml").read_text()
    assert "# archive/a is left out: legacy" in (root / "chittyops.yaml").read_text()
