"""``chittyops context --guard``: tool calls as JSON on stdin, an exit code and a reason as the answer."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from chittyops.app.commands.context import context

PRODUCTION = "wrangler deploy --env production"


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """Return the folder of a service, in a repository on the branch feature/x."""
    folder = tmp_path / "shop/services/cart"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(
        json.dumps({"scripts": {"release": "npm run ship -- --minify", "ship": PRODUCTION, "loop": "npm run loop"}})
    )
    (folder / "wrangler.toml").write_text('name = "cart"\nmain = "src/index.js"\n[env.production]\n')
    (folder / "src").mkdir()
    (folder / "src/index.js").write_text("export default { async fetch() { return new Response('a cart'); } };\n")
    _git(folder, "init", "-q")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-qm", "x")
    _git(folder, "switch", "-qc", "feature/x")
    return folder


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *who, *words], cwd=folder, env=environ, check=True, capture_output=True)


def _guard(call: object, folder: Path) -> tuple[int, str, str]:
    given = call if isinstance(call, str) else json.dumps(call)
    result = CliRunner().invoke(context, ["--guard", str(folder)], input=given, standalone_mode=False)
    assert result.exception is None, result.exception
    return int(result.return_value), result.stdout, result.stderr


@pytest.mark.parametrize(
    "line",
    [
        PRODUCTION,
        f"npx --yes {PRODUCTION}",
        f"cd src && cd .. && CI=1 {PRODUCTION} | tee log",
        f"bash -c '{PRODUCTION}'",
        f"true; if true; then {PRODUCTION}; fi",
        "npm run ship",
        "pnpm release",
        "vercel --prod",
        "for stage in staging production; do wrangler deploy --env $stage; done",
    ],
)
def test_a_deploy_to_production_from_the_wrong_branch_is_blocked(service: Path, line: str) -> None:
    code, out, said = _guard({"tool_name": "Bash", "cwd": str(service), "tool_input": {"command": line}}, Path("/"))
    assert (code, out) == (2, "")
    assert "blocked" in said
    assert "feature/x" in said


@pytest.mark.parametrize(
    "line",
    ["", "ls -la", "wrangler deploy --env staging", "npm test", "npm run loop", "git push", f"echo '{PRODUCTION}'"],
)
def test_everything_else_runs_and_nothing_is_said(service: Path, line: str) -> None:
    assert _guard({"command": line, "cwd": str(service)}, Path("/")) == (0, "", "")


def test_on_the_right_branch_it_runs_and_what_is_not_committed_is_said(service: Path) -> None:
    _git(service, "switch", "-q", "main")
    assert _guard({"command": PRODUCTION}, service) == (0, "", "")
    (service / "new.js").write_text("x")
    code, out, said = _guard({"command": PRODUCTION}, service)
    assert (code, "not committed" in said) == (0, True)
    assert "not committed" in json.loads(out)["systemMessage"]


def test_a_branch_that_was_said_to_stand_for_production_runs(service: Path) -> None:
    CliRunner().invoke(context, [str(service), "--env", "production"], standalone_mode=False, catch_exceptions=False)
    assert _guard({"command": PRODUCTION}, service) == (0, "", "")


def test_the_folder_that_the_command_goes_to_counts(service: Path, tmp_path: Path) -> None:
    line = f"cd {service} && {PRODUCTION}"
    assert _guard({"command": line, "cwd": str(tmp_path)}, tmp_path)[0] == 2
    assert _guard({"command": PRODUCTION, "cwd": str(tmp_path)}, tmp_path) == (0, "", "")


@pytest.mark.parametrize(
    "call",
    ["", "no json", "[]", "7", "[" * 100_000, '{"command": 7}', '{"tool_input": {"file_path": "x"}}',
     '{"command": "wrangler deploy --env production", "cwd": 7}', '{"command": "wrangler deploy \\u0000 \'"}',
     '{"command": "wrangler deploy --env production", "cwd": "/no/such\\u0000folder"}'],
    ids=["empty", "text", "list", "number", "deep", "no line", "other tool", "no folder", "odd line", "odd folder"],
)  # fmt: skip
def test_what_is_no_call_lets_everything_run(tmp_path: Path, call: str) -> None:
    assert _guard(call, tmp_path)[0] == 0


def test_a_package_file_that_makes_no_sense_does_no_harm(service: Path) -> None:
    for text in ("{", '{"scripts": 7}', '{"scripts": {"ship": 7}}', "[" * 100_000):
        (service / "package.json").write_text(text)
        assert _guard({"command": "npm run ship"}, service) == (0, "", "")
