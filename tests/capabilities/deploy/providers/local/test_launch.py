"""How command lines, Procfiles and package scripts become programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from chittyops.capabilities.deploy.providers.local.environment import machine_environment, with_interpreter
from chittyops.capabilities.deploy.providers.local.launch import command_of
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.service import Launch


def argv(kind: str, value: str, folder: Path, *, secret: tuple[str, ...] = ()) -> tuple[str, ...]:
    return command_of(Launch(kind, value), folder, {"PORT": "81", "API_KEY": "planted"}, secret).argv


def test_a_command_is_split_as_a_shell_would_but_run_without_one(tmp_path: Path) -> None:
    assert argv("command", "run 'a b' --port $PORT ${PORT}x $(id) $OTHER", tmp_path) == (
        "run", "a b", "--port", "81", "81x", "$(id)", "$OTHER",
    )  # fmt: skip


def test_a_secret_is_not_put_into_arguments(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="API_KEY") as caught:
        argv("command", "run --key $API_KEY", tmp_path, secret=("API_KEY",))
    assert "planted" not in str(caught.value)


def test_a_module_is_run_by_python(tmp_path: Path) -> None:
    assert argv("module", "catalog", tmp_path) == ("python", "-m", "catalog")


def test_a_process_type_of_the_procfile(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("# processes\nweb: serve -p $PORT\nworker: work\n")
    assert argv("procfile", "web", tmp_path) == ("serve", "-p", "81")
    with pytest.raises(Misconfigured, match="no process type clock") as caught:
        argv("procfile", "clock", tmp_path)
    assert caught.value.hint == "it has: web, worker"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("node server.js", ("node", "server.js")),
        ("node 'a b.js'", ("node", "a b.js")),
        ("A=1 node x.js", ("sh", "-c", "A=1 node x.js")),
        ("node x.js | tee log", ("sh", "-c", "node x.js | tee log")),
        ("node x.js --port $PORT", ("sh", "-c", "node x.js --port $PORT")),
    ],
)
def test_a_package_script_needs_a_shell_only_for_what_a_shell_does(
    tmp_path: Path, line: str, expected: tuple[str, ...]
) -> None:
    (tmp_path / "package.json").write_text(json.dumps({"name": "n", "version": "1.2.3", "scripts": {"start": line}}))
    command = command_of(Launch("script", "start"), tmp_path, {}, ())
    assert command.argv == expected
    assert command.environ["npm_package_version"] == "1.2.3"


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("", "", "does not say how"),
        ("command", "", "empty"),
        ("command", "run 'a", "cannot be read"),
        ("procfile", "web", "no readable Procfile"),
        ("script", "start", "no readable package.json"),
    ],
)
def test_what_cannot_be_started_is_explained(tmp_path: Path, kind: str, value: str, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        argv(kind, value, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"scripts": []}', "cannot be read"),
        ('{"scripts": {}}', "no script"),
        ('{"scripts": {"start": 1}}', "no script"),
    ],
)
def test_a_broken_package_json_is_explained(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "package.json").write_text(text)
    with pytest.raises(Misconfigured, match=message):
        argv("script", "start", tmp_path)


def test_a_service_finds_its_own_python_and_packages_first(tmp_path: Path) -> None:
    for folder in (tmp_path / ".venv" / "bin", tmp_path / "node_modules" / ".bin"):
        folder.mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    environ = machine_environment({"PATH": "/bin", "CHITTYOPS_HOME": "/x", "TOKEN": "t"}, tmp_path)
    assert environ["PATH"] == f"{tmp_path}/node_modules/.bin:{tmp_path}/.venv/bin:/bin"
    assert environ["VIRTUAL_ENV"] == f"{tmp_path}/.venv"
    assert not {"CHITTYOPS_HOME", "TOKEN"} & environ.keys()
    assert with_interpreter(("python3", "x"), tmp_path) == (f"{tmp_path}/.venv/bin/python", "x")
    assert with_interpreter(("python", "x")) == (sys.executable, "x")
    assert with_interpreter(("node", "x"), tmp_path) == ("node", "x")
