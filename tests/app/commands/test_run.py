"""``chittyops run``: the command gets what the service declares, exactly, by the short way as by the long one."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.app.injection.workspace import FILED, FLEET, TOKEN, VALUES, Workspace

DUMP = "import json, os; print(json.dumps(dict(os.environ)))"
DECLARED = {
    "MODE": "plain",
    "URL": f"postgres://api:{TOKEN}@db/${{x",
    "TOKEN": TOKEN,
    "FLAG": "planted-flag",
    "FILED": FILED,
    "CI": "planted-ci",
}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs files in memory, which Linux has")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "shop", tmp_path / "home")


def environment(workspace: Workspace, *options: str, **more: str) -> dict[str, str]:
    done = workspace.run("run", "api", *options, "--", sys.executable, "-c", DUMP, **more)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def kept(workspace: Workspace) -> list[Path]:
    return list(workspace.home.glob("kept/*.json"))


def test_the_command_gets_what_is_declared_over_the_callers_environment(workspace: Workspace) -> None:
    found = environment(workspace, MINE="1", TOKEN="the caller's")
    assert {name: found[name] for name in DECLARED} == DECLARED
    assert found["MINE"] == "1"


def test_the_short_way_gives_the_same_and_keeps_no_value(workspace: Workspace) -> None:
    workspace.settle()
    long = environment(workspace)
    [file] = kept(workspace)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text("utf-8")
    assert "planted" not in text
    assert "AGE-SECRET-KEY" not in text

    # Only the short way has this variable to look at: the long one reads the fleet file.
    file.write_text(text.replace('"MODE": "plain"', '"MODE": "kept"'), "utf-8")
    short = environment(workspace)
    assert short == long | {"MODE": "kept"}


def test_each_change_of_a_file_holds_from_the_next_run_on(workspace: Workspace) -> None:
    workspace.settle()
    environment(workspace)
    workspace.seal("local", {("services", "api", "TOKEN"): "planted-anew"})
    assert environment(workspace)["TOKEN"] == "planted-anew"
    workspace.write("api/.env", "FILED=again\n")
    assert environment(workspace)["FILED"] == "again"
    workspace.write("chittyops.local.yaml", "services: {api: {config: {MODE: local}}}\n")
    assert environment(workspace)["MODE"] == "local"
    assert environment(workspace, CHITTYOPS_NO_LOCAL="1")["MODE"] == "plain"
    workspace.write("api/chittyops.yaml", "config: {MODE: part}\n")
    assert environment(workspace, CHITTYOPS_NO_LOCAL="1")["MODE"] == "part"
    (workspace.root / "secrets/local.sops.yaml").unlink()
    assert environment(workspace)["TOKEN"] == VALUES["all"]["fleet", "TOKEN"]


def test_what_has_just_changed_is_not_kept(workspace: Workspace) -> None:
    environment(workspace)
    assert kept(workspace) == []


def test_a_file_that_others_can_write_is_not_believed(workspace: Workspace) -> None:
    workspace.settle()
    environment(workspace)
    [file] = kept(workspace)
    file.write_text(file.read_text("utf-8").replace('"MODE": "plain"', '"MODE": "forged"'), "utf-8")
    file.chmod(0o620)
    assert environment(workspace)["MODE"] == "plain"


def test_an_environment_has_its_own_values(workspace: Workspace) -> None:
    found = environment(workspace, "--env", "production")
    assert (found["MODE"], found["TOKEN"]) == ("live", "planted-of-the-fleet")


@pytest.mark.parametrize("settled", [False, True], ids=["long", "short"])
def test_a_clean_environment_has_what_any_program_needs(workspace: Workspace, settled: bool) -> None:
    if settled:
        workspace.settle()
        environment(workspace)
        assert kept(workspace)
    found = environment(workspace, "--clean-env", MINE="1", LANG="C.UTF-8")
    assert {name: found[name] for name in DECLARED} == DECLARED
    assert found.keys() - DECLARED.keys() <= {"PATH", "HOME", "LANG", "TMPDIR", "LC_CTYPE"}


def test_all_that_is_missing_is_told_and_nothing_runs(workspace: Workspace) -> None:
    workspace.write("chittyops.yaml", FLEET.replace("sops:FLAG", "sops:NOWHERE"))
    (workspace.root / "api/.env").unlink()
    done = workspace.run("run", "api", "--", "sh", "-c", "echo ran")
    assert (done.returncode, done.stdout) == (3, "")
    assert "sops:NOWHERE" in done.stderr
    assert "file:.env#FILED" in done.stderr
    assert "planted" not in done.stderr


def test_without_a_key_nothing_runs(workspace: Workspace) -> None:
    workspace.settle()
    environment(workspace)
    workspace.key.unlink()
    done = workspace.run("run", "api", "--", "sh", "-c", "echo ran")
    assert (done.returncode, done.stdout) == (3, "")
    key = str(workspace.identity)
    assert workspace.run("run", "api", "--", "true", SOPS_AGE_KEY=key).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "nothing", "--", "true"], 3, "there is no service nothing"),
        (["run", "api", "--env", "nowhere", "--", "true"], 2, "nowhere"),
        (["run", "api"], 2, "COMMAND"),
        (["run", "api", "--", "no-such-program"], 127, "there is no command no-such-program"),
        (["run", "api", "--", "/"], 126, "cannot run /"),
        (["run", "api", "--mask", "--", "no-such-program"], 127, "there is no command no-such-program"),
        (["run", "api", "--file", "TOKNE", "--", "true"], 2, "TOKEN"),
        (["run", "api", "--file", "TOKEN==x", "--", "true"], 2, "no variable of that name"),
        (["run", "api", "--template", "chittyops.yaml:\udcff", "--", "true"], 2, "no variable of that name"),
        (["run", "api", "--template", "none", "--", "cat", "none"], 2, "cannot be read"),
        (["run", "api", "--template", "chittyops.yaml", "--", "true"], 2, "does not name that file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_told(workspace: Workspace, arguments: list[str], code: int, message: str) -> None:
    done = workspace.run(*arguments)
    assert done.returncode == code
    assert message in done.stderr


@pytest.mark.parametrize("mask", [[], ["--mask"]], ids=["exec", "mask"])
def test_exit_code_and_signals_are_the_commands(workspace: Workspace, mask: list[str]) -> None:
    assert workspace.run("run", "api", *mask, "--", "sh", "-c", "exit 42").returncode == 42
    command = workspace.argv(
        "run", "api", *mask, "--", "sh", "-c", "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done"
    )
    with subprocess.Popen(command, cwd=workspace.root, env=workspace.environ(), stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGUSR1)
        assert process.wait(10) == 9


def test_without_mask_there_is_no_process_between(workspace: Workspace) -> None:
    command = workspace.argv("run", "api", "--", "sh", "-c", "echo $$")
    with subprocess.Popen(command, cwd=workspace.root, env=workspace.environ(), stdout=subprocess.PIPE) as process:
        assert int(process.communicate()[0]) == process.pid


@LINUX
def test_one_secret_can_be_two_files(workspace: Workspace) -> None:
    script = 'test "$TOKEN_FILE" != "$PLACE" && cmp "$TOKEN_FILE" "$PLACE" && test -z "$TOKEN"'
    done = workspace.run("run", "api", "--file", "TOKEN", "--file", "TOKEN=PLACE", "--", "sh", "-c", script)
    assert done.returncode == 0, done.stderr


def test_a_file_in_memory_has_the_value_for_children_too(workspace: Workspace) -> None:
    other = f"{sys.executable} -c \"print(open('$PLACE').read())\""
    script = f'echo "$TOKEN_FILE $PLACE ${{TOKEN-none}}"; cat $TOKEN_FILE; {other}; :'
    done = workspace.run("run", "api", "--file", "TOKEN", "--file", "FLAG=PLACE", "--", "sh", "-c", script)
    first, rest = done.stdout.split("\n", 1)
    assert rest == f"{TOKEN}planted-flag\n"
    assert all(path.startswith("/proc/") for path in first.split()[:2])
    assert first.endswith(" none")
    changed = workspace.run("run", "api", "--file", "TOKEN", "--", "sh", "-c", "echo more >> $TOKEN_FILE")
    assert changed.returncode != 0


@LINUX
@pytest.mark.parametrize("mask", [[], ["--mask"]], ids=["exec", "mask"])
def test_a_template_is_filled_where_the_command_names_it(workspace: Workspace, mask: list[str]) -> None:
    workspace.write(
        "a.conf", "host ${host} mode=${service.MODE} ${secret:FLAG} ${env.name} ${fleet.name} $${secret:FLAG}\n"
    )
    done = workspace.run("run", "api", *mask, "--template", "a.conf", "--", "cat", "a.conf")
    flag = "[redacted]" if mask else "planted-flag"
    assert done.stdout == f"host ${{host}} mode=plain {flag} local shop ${{secret:FLAG}}\n"
    named = workspace.run("run", "api", "--template", "a.conf:CONF", "--", "sh", "-c", "cat $CONF")
    assert "planted-flag" in named.stdout


def test_each_unknown_reference_of_a_template_has_its_place(workspace: Workspace) -> None:
    workspace.write("a.conf", "fine\nx ${secret:FLAGG}\n  ${service.MOD}\n")
    done = workspace.run("run", "api", "--template", "a.conf", "--", "cat", "a.conf")
    assert done.returncode == 2
    assert "a.conf:2:3" in done.stderr
    assert "a.conf:3:3" in done.stderr
    assert 'did you mean "secret:FLAG"?' in done.stderr


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="needs a memory file system at /dev/shm")
def test_a_filled_template_is_written_to_memory_alone(workspace: Workspace, tmp_path: Path) -> None:
    workspace.write("a.conf", "${secret:FLAG}")
    refused = workspace.run("run", "api", "--template", f"a.conf:{tmp_path}/out", "--", "true")
    if refused.returncode:  # the folder of the test may be in memory itself
        assert "memory file system" in refused.stderr
        assert not (tmp_path / "out").exists()
    out = Path("/dev/shm", f"chittyops-test-{os.getpid()}")
    try:
        done = workspace.run("run", "api", "--template", f"a.conf:{out}", "--", "cat", str(out))
        assert done.stdout == "planted-flag"
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    finally:
        out.unlink(missing_ok=True)


def test_verbose_names_what_is_overridden_and_no_value(workspace: Workspace) -> None:
    done = workspace.run("run", "api", "-v", "--", "true", TOKEN="planted-mine", MODE="plain")
    assert "stands over your environment: TOKEN" in done.stderr
    assert "MODE" not in done.stderr
    assert "planted" not in done.stderr
    assert workspace.run("run", "api", "--", "true", TOKEN="planted-mine").stderr == ""


def test_what_only_a_deployed_service_has_comes_from_the_caller(workspace: Workspace) -> None:
    workspace.write("chittyops.yaml", FLEET.replace("sops:FLAG", "broker:events"))
    assert workspace.run("run", "api", "--", "true").returncode == 3
    assert environment(workspace, FLAG="mine")["FLAG"] == "mine"


@LINUX
def test_the_command_dumps_no_core(workspace: Workspace) -> None:
    done = workspace.run("run", "api", "--", "cat", "/proc/self/limits")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("Max core file size")]
    assert line.split()[4] == "0"
