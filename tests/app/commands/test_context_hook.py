"""The hooks, run by the real shells (those that are there)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.needs import BASH

from chittyops.app.commands.context import KINDS, context, program
from chittyops.capabilities.awareness.providers.memory import Prompts
from chittyops.capabilities.awareness.service.hooks import AGENTS, CACHE_NAME, SHELLS
from chittyops.runtime.home import Home

START = {"bash": ("bash", "--norc", "-c"), "zsh": ("zsh", "-f", "-c"), "fish": ("fish", "--no-config", "-c")}
SHOW = {
    "bash": '__chittyops_hook; printf "%s|%s\\n" "$CHITTYOPS_CONTEXT" "${PS1@P}"',
    "zsh": '__chittyops_hook; printf "%s|%s\\n" "$CHITTYOPS_CONTEXT" "$(print -P -- "$PROMPT")"',
    "fish": '__chittyops_hook; printf "%s|%s\\n" "$CHITTYOPS_CONTEXT" (fish_prompt | string collect)',
}
HOSTILE = (
    "$(touch sprung)",
    "`touch sprung`",
    "%{$(touch sprung)%}",
    "\\$(touch sprung)",
    "\x1b]0;x\x07",
    "%F{red}",
    "a\\nb",
    "!x",
    "'; touch sprung; '",
)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    if not shutil.which(request.param):
        pytest.skip(f"needs {request.param}, which is not installed")
    return str(request.param)


def _hook(kind: str) -> str:
    result = CliRunner().invoke(context, ["hook", kind], standalone_mode=False)
    assert result.exception is None, result.exception
    return result.stdout


def _run(shell: str, folder: Path, script: str, hook: str = "") -> str:
    """Return what ``script`` prints after the hook; the program it refreshes with is one that does nothing."""
    first = {"bash": "PS1='$ '\n", "zsh": "PROMPT='$ '\n", "fish": ""}[shell]
    text = first + (hook or _quiet(shell)) + "\n" + script
    done = subprocess.run([*START[shell], text], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return done.stdout


def _quiet(shell: str) -> str:
    quiet = " ".join([shutil.which("true") or "true"] * len(program()))
    return _hook(shell).replace(" ".join(program()), quiet, 1)


@pytest.fixture
def kept(home: Home, tmp_path: Path) -> Path:
    """Return a folder whose prompt is known."""
    folder = tmp_path / "my shop"
    folder.mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    _keep(home, folder, "shop/cart@staging +2")
    return folder


def _keep(home: Home, folder: Path, line: str) -> None:
    Prompts(home, CACHE_NAME).keep(str(folder), [line, str(folder / "HEAD"), "ref: refs/heads/main"])


def test_the_line_of_the_folder_is_in_the_prompt(shell: str, kept: Path) -> None:
    said = _run(shell, kept, SHOW[shell])
    assert said.startswith("shop/cart@staging +2|[shop/cart@staging +2] ")


def test_after_a_change_of_the_branch_the_environment_is_left_out(shell: str, kept: Path) -> None:
    (kept / "HEAD").write_text("ref: refs/heads/other\n")
    assert _run(shell, kept, SHOW[shell]).startswith("shop/cart|[shop/cart] ")


def test_a_folder_that_is_not_known_shows_nothing(shell: str, kept: Path, tmp_path: Path) -> None:
    script = f"{SHOW[shell]}; cd ..; {SHOW[shell]}"
    shown = [line for line in _run(shell, kept, script).splitlines() if "|" in line]
    assert [line.partition("|")[0] for line in shown] == ["shop/cart@staging +2", ""]


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_a_line_that_means_something_to_a_shell_is_never_shown(shell: str, kept: Path, home: Home, line: str) -> None:
    _keep(home, kept, line)
    said = _run(shell, kept, SHOW[shell] + "\n" + SHOW[shell])
    assert said.startswith("|")
    assert not (kept / "sprung").exists()


@pytest.mark.timeout(30)
def test_a_pipe_in_the_place_of_head_does_not_hold_the_prompt(shell: str, kept: Path) -> None:
    (kept / "HEAD").unlink()
    os.mkfifo(kept / "HEAD")
    assert _run(shell, kept, SHOW[shell]).startswith("shop/cart|")


def test_the_exit_code_of_the_command_before_stays(shell: str, kept: Path) -> None:
    code = "$status" if shell == "fish" else "$?"
    assert _run(shell, kept, f'sh -c "exit 7"; __chittyops_hook; echo "code {code}"').splitlines()[-1] == "code 7"


def test_reading_it_twice_changes_nothing(shell: str, kept: Path) -> None:
    twice = _quiet(shell) + "\n" + _quiet(shell)
    assert _run(shell, kept, SHOW[shell], twice).count("[shop/cart@staging +2]") == 1


@pytest.mark.parametrize("name", ["shop", "a'b $(touch sprung) `x`;\\"], ids=["plain", "hostile"])
def test_a_folder_s_real_state_arrives_in_the_prompt(shell: str, tmp_path: Path, name: str) -> None:
    """Nothing is stood in for here: the hook starts the program, which reads the folder, and shows what it wrote."""
    folder = tmp_path / name
    folder.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=folder, check=True, capture_output=True)
    service = json.dumps(
        {"name": "$(touch sprung)%{", "main": "index.js", "env": {"`touch sprung`$(touch sprung)": {}}}
    )
    (folder / "wrangler.json").write_text(service)
    (folder / "index.js").write_text("export default { fetch() { return new Response('ok'); } };\n")
    hook = _hook(shell)
    _run(shell, folder, "__chittyops_hook", hook)
    cache = Path(os.environ["CHITTYOPS_HOME"]) / "awareness/prompts" / str(folder).lstrip("/") / CACHE_NAME
    deadline = time.monotonic() + 30
    while not (cache.exists() and "/" in cache.read_text().partition("@")[0]) and time.monotonic() < deadline:
        time.sleep(0.1)
    said = _run(shell, folder, SHOW[shell], hook)
    shown = said.partition("|")[0]
    assert shown.partition("@")[2].startswith("_touch sprung___touch sprung_")
    assert not set(shown) & set("$()`%{}\\'")
    assert not list(tmp_path.rglob("sprung"))


@BASH
def test_the_hook_starts_no_process_at_a_prompt(kept: Path) -> None:
    script = """
        __chittyops_last=$SECONDS __chittyops_folder=$PWD PATH=/nowhere
        trap 'started=$BASH_COMMAND' CHLD
        set -m; __chittyops_hook; echo "$CHITTYOPS_CONTEXT|$started|$!"
    """
    assert _run("bash", kept, script) == "shop/cart@staging +2||\n", "no program, no subshell, no job"


def test_settings_for_coding_agents_are_json_that_names_this_program() -> None:
    assert set(KINDS) == {*SHELLS, *AGENTS}
    for kind in AGENTS:
        text = json.dumps(json.loads(_hook(kind)))
        assert "context --brief" in text
        assert "context --guard" in text
        assert program()[0] in text


def test_this_program_is_run_without_anything_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "chittyops").mkdir()
    (tmp_path / "chittyops/__init__.py").write_text("raise SystemExit('sprung')")
    done = subprocess.run([*program(), "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("chittyops "), done.stderr
    assert program() == (sys.executable, "-P", "-m", "chittyops")
