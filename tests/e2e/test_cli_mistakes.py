"""Wrong command lines: one clear error each, the right exit code, no traceback, nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chittyops.app.cli import COMMANDS, run

FLEET = """\
fleet: shop
environments:
  staging: {provider: local}
  production: {provider: local, protected: true}
services:
  catalog: {path: catalog, deploy: {command: python app.py}}
groups:
  core: [catalog]
"""

IN_A_FLEET = {
    # words that are none
    "unknown-command": (["frobnicate"], 2),
    "misspelt-command": (["deplyo"], 2),
    "unknown-verb": (["token", "make"], 2),
    "unknown-option": (["deploy", "--chagned"], 2),
    "unknown-root-option": (["--verbose"], 2),
    "unknown-short-option": (["status", "-z"], 2),
    "option-of-another-command": (["status", "--force"], 2),
    "no-verb": (["token"], 2),
    # values that do not fit
    "bad-choice": (["deploy", "--on-failure", "explode"], 2),
    "bad-role": (["token", "create", "bob", "--role", "god"], 2),
    "bad-shell": (["completion", "tcsh"], 2),
    "not-a-number": (["deploy", "--max-parallel", "many"], 2),
    "too-few-parallel": (["deploy", "--max-parallel", "0"], 2),
    "too-many-parallel": (["deploy", "--max-parallel", "257"], 2),
    "negative-release": (["rollback", "--to", "-1"], 2),
    "huge-release": (["rollback", "--to", "99999999999"], 2),
    "release-not-a-number": (["rollback", "--to", "shop-1"], 2),
    "too-many-lines": (["logs", "catalog", "-n", "10001"], 2),
    "negative-limit": (["history", "-n", "-5"], 2),
    # what is missing, or too much
    "option-without-value": (["deploy", "--env"], 2),
    "flag-with-value": (["deploy", "--force=yes"], 2),
    "missing-argument": (["token", "create"], 2),
    "missing-shell": (["completion"], 2),
    "extra-argument": (["status", "catalog"], 2),
    "extra-release": (["cancel", "shop-1", "shop-2"], 2),
    "logs-of-nothing": (["logs"], 2),
    "logs-of-two-things": (["logs", "catalog", "--centre", "api"], 2),
    "plan-and-services": (["deploy", "catalog", "--plan", "abc"], 2),
    "plan-and-force": (["deploy", "--plan", "abc", "--force"], 2),
    # what the fleet file does not have
    "no-environment-chosen": (["plan"], 2),
    "deploy-no-environment-chosen": (["deploy", "--yes"], 2),
    "unknown-environment": (["deploy", "--env", "prod"], 2),
    "empty-environment": (["plan", "--env", "a b"], 2),
    "status-of-unknown-environment": (["status", "--env", "prod"], 2),
    "name-that-is-a-path": (["status", "--fleet", "../../etc"], 2),
    "name-with-a-newline": (["history", "--fleet", "a\nb"], 2),
    "environment-that-is-a-path": (["logs", "catalog", "--env", "../x"], 2),
    "escape-sequence": (["\x1b[2J"], 2),
    "unknown-process": (["logs", "--centre", "nobody"], 3),
    "process-that-is-a-path": (["logs", "--centre", "../credentials"], 3),
}

NOWHERE = {
    "plan-nowhere": (["plan"], 3),
    "deploy-nowhere": (["deploy"], 3),
    "status-nowhere": (["status"], 3),
    "rollback-nowhere": (["rollback"], 3),
    "history-nowhere": (["history"], 3),
    "cancel-nowhere": (["cancel"], 3),
    "logs-nowhere": (["logs", "catalog"], 3),
}

REMOTE = {
    "remote-without-token": ({"CHITTYOPS_URL": "https://127.0.0.1:9"}, 2),
    "remote-unencrypted": ({"CHITTYOPS_URL": "http://ops.example.com", "CHITTYOPS_TOKEN": "t"}, 2),
    "remote-not-an-address": ({"CHITTYOPS_URL": "ops", "CHITTYOPS_TOKEN": "t"}, 2),
    "remote-away": ({"CHITTYOPS_URL": "http://127.0.0.1:9", "CHITTYOPS_TOKEN": "t"}, 1),
}


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "fleet"
    (folder / "catalog").mkdir(parents=True)
    (folder / "catalog" / "app.py").write_text("print('catalog')\n")
    (folder / "chittyops.yaml").write_text(FLEET)
    monkeypatch.chdir(folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refuses(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a wrong command line; return what it said."""
    assert run(arguments) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err
    assert said.err.count("error:") == 1 or said.err.startswith("Usage:")
    return said.err


def started_nothing(tmp_path: Path) -> bool:
    """Return whether no process was started: each would have a record and a log."""
    home = tmp_path / "home"
    return not any((home / "run").glob("*")) and not any((home / "logs").glob("*"))


@pytest.mark.parametrize(("arguments", "code"), IN_A_FLEET.values(), ids=IN_A_FLEET)
def test_a_wrong_command_line_is_refused(
    arguments: list[str], code: int, fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(fleet)
    refuses(arguments, code, capsys)
    assert contents(fleet) == before
    assert started_nothing(tmp_path)


@pytest.mark.parametrize(("arguments", "code"), NOWHERE.values(), ids=NOWHERE)
def test_without_a_fleet_there_is_nothing_to_do(
    arguments: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    said = refuses(arguments, code, capsys)
    assert "chittyops.yaml" in said
    assert "chittyops init" in said
    assert started_nothing(tmp_path)


@pytest.mark.parametrize(("environ", "code"), REMOTE.values(), ids=REMOTE)
@pytest.mark.usefixtures("fleet")
def test_a_remote_centre_is_never_started_here(
    environ: dict[str, str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    refuses(["status", "--env", "staging"], code, capsys)
    assert started_nothing(tmp_path)


def test_a_broken_fleet_file_is_shown_where_it_is_broken(
    fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fleet / "chittyops.yaml").write_text(FLEET.replace("command:", "commnad:"))
    for arguments in (["plan"], ["deploy"], ["status"]):
        said = refuses(arguments, 2, capsys)
        assert "--> chittyops.yaml:6:37\n" in said
        assert "commnad: python app.py" in said
        assert "did you mean" in said
    assert started_nothing(tmp_path)


def test_an_environment_that_does_not_exist_is_told_with_those_that_do(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refuses(["plan"], 2, capsys)
    assert "--env" in said
    assert "staging, production" in said


def test_a_service_that_does_not_exist_is_told_with_the_nearest(
    fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refuses(["deploy", "catlog", "--env", "staging"], 3, capsys)
    assert 'did you mean "catalog"?' in said
    assert started_nothing(tmp_path)


words = st.lists(
    st.one_of(
        st.sampled_from([*COMMANDS, "--env", "--json", "-q", "--fleet", "--to", "--plan", "-n", "--", "-", ""]),
        st.text(max_size=12),
    ),
    max_size=5,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(line=words)
def test_whatever_is_typed_there_is_no_traceback(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    # An option that no command has makes sure that nothing is ever begun.
    code = run([*line[:1], "--no-such-option", *line[1:]])
    said = capsys.readouterr()
    assert "mistake of ChittyOps" not in said.err
    assert "Traceback" not in said.err
    assert code in (0, 2)
