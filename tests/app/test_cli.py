"""The root of the command line: what it loads, what it says, and how it ends."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from chittyops import __version__
from chittyops.app import cli
from chittyops.app.cli import COMMANDS, PROCESSES, root, run
from chittyops.kernel.errors import Misconfigured, NotFound, Refused, Unavailable

DRIVERS = (
    "alembic", "dbos", "fastapi", "httpx", "nats", "psutil", "psycopg", "pydantic", "rich", "ruamel", "sqlalchemy",
    "yaml",
)  # fmt: skip
SLOW = (*DRIVERS, "asyncio", "http.client", "importlib.metadata", "chittyops.runtime", "chittyops.workflows")


def loaded(*arguments: str, **environ: str) -> set[str]:
    """Return the modules that a command line loads."""
    code = (
        "import sys, runpy\n"
        "sys.argv = ['chittyops', *sys.argv[1:]]\n"
        "try: runpy.run_module('chittyops', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "sys.stderr.write('\\n'.join(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True, env=os.environ | environ
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "environ", "banned"),
    [
        (["--version"], {}, SLOW),
        (["--help"], {}, SLOW),
        (["completion", "bash"], {}, SLOW),
        ([], {"_CHITTYOPS_COMPLETE": "bash_complete", "COMP_WORDS": "chittyops de", "COMP_CWORD": "1"}, SLOW),
        (["deploy", "--help"], {}, DRIVERS),
        (["status", "--help"], {}, DRIVERS),
        (["up", "--help"], {}, DRIVERS),
    ],
    ids=["version", "help", "completion", "complete", "deploy-help", "status-help", "up-help"],
)
def test_what_answers_at_once_loads_nothing_heavy(
    arguments: list[str], environ: dict[str, str], banned: tuple[str, ...]
) -> None:
    modules = loaded(*arguments, **environ)
    assert "chittyops" in modules
    assert not {name for name in modules for each in banned if name == each or name.startswith(f"{each}.")}


def test_the_version_is_told_before_click_is_loaded() -> None:
    assert not loaded("--version") & {"click", "typing", "dataclasses", "chittyops.app"}


def test_help_loads_no_command() -> None:
    assert not {name for name in loaded("--help") if name.startswith("chittyops.app.commands")}


@pytest.mark.bench
def test_it_starts_within_its_budget() -> None:
    def milliseconds(*arguments: str) -> float:
        times = []
        for _ in range(15):
            began = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - began)
        return statistics.median(times) * 1000

    bare = milliseconds("-c", "pass")
    assert milliseconds("-m", "chittyops", "--version") <= 6 * bare
    assert milliseconds("-m", "chittyops", "--help") <= 12 * bare


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_of_each_command_what_the_command_says(name: str) -> None:
    context = click.Context(root)
    command = root.get_command(context, name)
    assert command is not None
    assert command.name == name
    assert not command.hidden
    assert command.get_short_help_str(limit=200).rstrip(".") == COMMANDS[name].help.rstrip(".")


def test_processes_are_commands_that_no_help_shows(capsys: pytest.CaptureFixture[str]) -> None:
    for name in PROCESSES:
        command = root.get_command(click.Context(root), name)
        assert command is not None
        assert command.hidden
    assert run(["--help"]) == 0
    assert "supervise" not in capsys.readouterr().out


@pytest.mark.parametrize("flag", [["--version"], ["-V"], ["--json", "--version"]], ids=" ".join)
def test_the_version(flag: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "chittyops", *flag], check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"chittyops {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["deplyo"], "no such command 'deplyo'", "did you mean deploy"),
        (["xyzzy"], "no such command 'xyzzy'", "`chittyops --help` shows how"),
        (["deploy", "--chnged"], "no such option '--chnged'", "did you mean --changed?"),
        (["completion", "tcsh"], "'tcsh' is not one of 'bash', 'zsh', 'fish'", "`chittyops completion --help`"),
        (["token", "creat"], "no such command 'creat'", "did you mean create?"),
    ],
    ids=["command", "far", "option", "choice", "verb"],
)
def test_a_wrong_word_gets_one_error_and_a_hint(
    arguments: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("error:") == 1
    assert message in said.err
    assert hint in said.err


def test_a_group_without_a_verb_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "create" in said.err


def test_global_options_work_before_and_after_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--json", "completion", "bash"]) == 0
    before = capsys.readouterr().out
    assert run(["completion", "bash", "--json"]) == 0
    assert capsys.readouterr().out == before
    assert json.loads(before)["shell"] == "bash"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_CHITTYOPS_COMPLETE" in capsys.readouterr().out


def test_commands_are_completed_from_the_table() -> None:
    environ = {"_CHITTYOPS_COMPLETE": "bash_complete", "COMP_WORDS": "chittyops de", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "chittyops"], check=True, capture_output=True, text=True, env=os.environ | environ
    )
    assert set(done.stdout.split()) == {f"plain,{name}" for name in COMMANDS if name.startswith("de")}


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (Misconfigured("bad file", hint="mend it"), 2, "error: bad file\nhint: mend it\n"),
        (NotFound("not there"), 3, "error: not there\n"),
        (Refused("not allowed"), 3, "error: not allowed\n"),
        (Unavailable("away"), 1, "error: away\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "error: cannot use /x: Permission denied\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
    ids=["misconfigured", "not-found", "refused", "unavailable", "os", "interrupt"],
)
def test_each_error_ends_with_its_code(
    error: BaseException,
    code: int,
    shown: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fail_with(error, monkeypatch)
    assert run(["plan"]) == code
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", shown)


def test_a_mistake_of_ours_is_one_line_and_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path / "home"))
    fail_with(ZeroDivisionError("oh"), monkeypatch)
    assert run(["plan"]) == 1
    said = capsys.readouterr().err
    log = tmp_path / "home" / "logs" / "cli.log"
    assert said.startswith("error: a mistake of ChittyOps, not yours: ZeroDivisionError: oh\nhint: ")
    assert str(log) in said
    assert "Traceback" not in said
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("CHITTYOPS_DEBUG", "1")
    assert run(["plan"]) == 1
    assert "Traceback" in capsys.readouterr().err


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> click.Command:
        raise error

    monkeypatch.setattr(cli.Root, "get_command", fail)


@pytest.mark.parametrize("bytes_read", [0, 1])
def test_a_reader_that_has_enough_is_no_error(bytes_read: int) -> None:
    command = [sys.executable, "-m", "chittyops", "completion", "zsh"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert len(process.stdout.read(bytes_read)) == bytes_read
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode in ((0, 141) if bytes_read else (141,))


def test_what_the_encoding_lacks_is_escaped() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chittyops", "日本"],
        check=False, capture_output=True, text=True, env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: no such command '\\u65e5\\u672c'")
