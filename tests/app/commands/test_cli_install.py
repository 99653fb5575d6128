"""``chittyops cli install`` in a home of its own, with real shells."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chittyops.app.commands.cli_install import cli
from chittyops.app.installation import ALIASES
from chittyops.kernel.errors import Misconfigured, Refused

Snapshot = dict[str, tuple[bytes, int] | None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user"
    folder.mkdir()
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("SHELL", "/bin/bash")
    monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path / "state"))
    return folder


def _cli(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def _snapshot(root: Path) -> Snapshot:
    return {
        str(path.relative_to(root)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) if path.is_file() else None
        for path in root.rglob("*")
    }


def _shell(home: Path, *argv: str) -> str:
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "CHITTYOPS_HOME": os.environ["CHITTYOPS_HOME"]}
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False, start_new_session=True)
    return done.stdout


@pytest.mark.parametrize(
    "rc", [None, b"", b"mine=1\n", b"mine=1", b"mine=1\r\n\n\n", b"\xff\xfe mine\n"],
    ids=["none", "empty", "line", "no end", "windows", "bytes"],
)  # fmt: skip
def test_uninstall_leaves_everything_as_it_was(home: Path, rc: bytes | None) -> None:
    if rc is not None:
        (home / ".bashrc").write_bytes(rc)
        (home / ".bashrc").chmod(0o600)
    before = _snapshot(home)
    assert _cli("install", "--yes", "--shell", "bash", "--shell", "zsh", "--shell", "fish").exit_code == 0
    assert set(before) < set(_snapshot(home))
    assert _cli("uninstall", "--yes").exit_code == 0
    assert _snapshot(home) == before
    assert "nothing is installed" in _cli("uninstall").stdout


def test_it_shows_what_it_will_write_and_asks(home: Path) -> None:
    shown = _cli("install", "--dry-run").stdout
    assert str(home / ".bashrc") in shown
    assert "alias chos='chittyops status'" in shown
    assert all(f"alias {name}=" in shown for name in ALIASES)
    assert isinstance(_cli("install").exception, Refused)
    assert _snapshot(home) == {}


def test_a_second_time_there_is_nothing_to_do(home: Path) -> None:
    _cli("install", "--yes")
    before = _snapshot(home)
    assert "nothing to do" in _cli("install").stdout
    assert _snapshot(home) == before


def test_other_aliases_take_the_place_of_the_first(home: Path) -> None:
    (home / ".bashrc").write_text("mine=1\n")
    _cli("install", "--yes")
    _cli("install", "--yes", "--alias", "choq=status -q")
    text = (home / ".bashrc").read_text()
    assert text.startswith("mine=1\n")
    assert text.count("# >>> chittyops >>>") == 1
    assert "alias choq='chittyops status -q'" in text
    assert "alias chos" not in text


def test_what_people_changed_is_never_touched(home: Path) -> None:
    _cli("install", "--yes")
    rc = home / ".bashrc"
    rc.write_text(rc.read_text().replace("alias chos", "alias mine"))
    before = _snapshot(home)
    for verb in ("install", "uninstall"):
        assert isinstance(_cli(verb, "--yes").exception, Refused)
    assert _snapshot(home) == before


def test_what_people_added_around_it_stays(home: Path) -> None:
    _cli("install", "--yes")
    rc = home / ".bashrc"
    rc.write_text(f"first=1\n{rc.read_text()}last=1\n")
    _cli("uninstall", "--yes")
    assert rc.read_text() == "first=1\nlast=1\n"


def test_a_command_that_something_else_installed_stays(home: Path) -> None:
    command = home / ".local/bin/chittyops"
    command.parent.mkdir(parents=True)
    command.write_text("#!/usr/bin/python3\nfrom chittyops.__main__ import main\n")
    _cli("install", "--yes")
    _cli("uninstall", "--yes")
    assert "from chittyops" in command.read_text()


def test_a_file_that_is_there_is_not_overwritten(home: Path) -> None:
    mine = home / ".local/share/bash-completion/completions/chittyops"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine\n")
    before = _snapshot(home)
    assert isinstance(_cli("install", "--yes").exception, Refused)
    assert _snapshot(home) == before


def test_a_linked_file_of_a_shell_stays_a_link(home: Path) -> None:
    (home / "dotfiles").mkdir()
    (home / "dotfiles/bashrc").write_text("mine=1\n")
    (home / ".bashrc").symlink_to("dotfiles/bashrc")
    _cli("install", "--yes")
    assert (home / ".bashrc").is_symlink()
    _cli("uninstall", "--yes")
    assert (home / "dotfiles/bashrc").read_text() == "mine=1\n"


def test_a_short_name_that_is_a_program_is_refused_or_left_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = home / "bin"
    programs.mkdir()
    (programs / "chos").write_text("#!/bin/sh\n")
    (programs / "chos").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    assert isinstance(_cli("install", "--yes", "--alias", "chos=status").exception, Refused)
    result = _cli("install", "--yes")
    assert "chos is left out" in result.stderr
    assert "alias chos" not in (home / ".bashrc").read_text()
    assert "alias chod" in (home / ".bashrc").read_text()


@pytest.mark.parametrize("alias", ["x", "=status", "a b=status", "x=it's", "x=a\nb"])
def test_an_alias_that_is_none_is_refused(home: Path, alias: str) -> None:
    assert isinstance(_cli("install", "--yes", "--alias", alias).exception, Misconfigured)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_has_the_command_the_short_names_and_the_completion(home: Path) -> None:
    _cli("install", "--yes", "--shell", "bash")
    assert _shell(home, "bash", "-ic", "cho --version").startswith("chittyops ")
    complete = "COMP_WORDS=(cho rollb); COMP_CWORD=1; _chittyops_alias cho rollb cho; echo ${COMPREPLY[@]}"
    assert _shell(home, "bash", "-ic", complete).strip() == "rollback"
    assert "-F _chittyops_completion chittyops" in _shell(home, "bash", "-ic", "complete -p chittyops")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_has_the_command_and_the_completion(home: Path) -> None:
    (home / ".zshrc").write_text("autoload -Uz compinit && compinit -u\n")
    _cli("install", "--yes", "--shell", "zsh")
    assert _shell(home, "zsh", "-ic", "cho --version").startswith("chittyops ")
    assert "_chittyops_completion" in _shell(home, "zsh", "-ic", "echo $_comps[chittyops]")


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_has_the_command_and_the_completion(home: Path) -> None:
    _cli("install", "--yes", "--shell", "fish")
    assert _shell(home, "fish", "-c", "cho --version").startswith("chittyops ")
    assert "rollback" in _shell(home, "fish", "-c", "complete -C 'chittyops rollb'")


def test_json_says_what_was_written(home: Path) -> None:
    data = json.loads(_cli("install", "--yes", "--json").stdout)
    assert {Path(each["path"]).name for each in data["installed"]} == {"chittyops", ".bashrc"}
    assert data["written"]
