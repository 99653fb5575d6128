"""``chittyops adopt`` over small workspaces: shown first, idempotent, retired and undone to the byte."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.needs import BASH

from chittyops.app.commands.adopt import adopt
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.kernel.errors import ChittyOpsError, NotFound, Refused

WRANGLER = """\
{
  "name": "cart",
  "main": "src/index.js",
  "compatibility_date": "2025-01-01",
  "kv_namespaces": [{"binding": "KEYS", "id": "0123456789abcdef0123456789abcdef"}],
  "env": {"production": {}}
}
"""
PACKAGE = """\
{
  "name": "cart",
  "scripts": {
    "deploy": "wrangler deploy --env production",
    "test": "vitest run"
  },
  "devDependencies": {"vitest": "1"}
}
"""
CODE = """\
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/health") return Response.json({ status: "ok" });
    if (request.method === "POST") {
      const cart = await request.json();
      cart.total = cart.items.reduce((sum, item) => sum + item.price * item.count, 0);
      await env.KEYS.put(cart.id, JSON.stringify(cart));
      return Response.json(cart, { status: 201 });
    }
    const found = await env.KEYS.get(url.pathname.slice(1), "json");
    return found ? Response.json(found) : new Response("no such cart", { status: 404 });
  },
};
"""
SEED = (
    '#!/usr/bin/env bash\n# Seed the keys.\nset -euo pipefail\nwrangler kv key put --binding KEYS "$1" "$SEED_VALUE"\n'
)
FILES = {
    "cart/wrangler.json": WRANGLER,
    "cart/src/index.js": CODE,
    "cart/package.json": PACKAGE,
    "cart/scripts/seed.sh": SEED,
    "cart/scripts/format.sh": "#!/bin/sh\nprettier --write .\n",
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "shop"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "cart/scripts/seed.sh").chmod(0o755)
    os.utime(root / "cart/scripts/seed.sh", ns=(10**18 + 7, 10**18 + 7))
    monkeypatch.chdir(root)
    monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path / "home"))
    return root


def _adopt(*arguments: str) -> Result:
    return CliRunner().invoke(adopt, list(arguments))


def _data(*arguments: str) -> dict[str, Any]:
    result = _adopt(*arguments, "--json")
    assert result.exit_code == 0, result.output
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def test_nothing_is_written_for_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path / "home"))
    assert _data("--yes")["files"] == []
    assert list(Path().iterdir()) == []


def _snapshot(root: Path) -> dict[str, tuple[bytes, int, int] | None]:
    found: dict[str, tuple[bytes, int, int] | None] = {}
    for path in root.rglob("*"):
        status = path.stat()
        name = str(path.relative_to(root))
        found[name] = (path.read_bytes(), stat.S_IMODE(status.st_mode), status.st_mtime_ns) if path.is_file() else None
    return found


def test_a_dry_run_shows_the_difference_and_writes_nothing(workspace: Path) -> None:
    before = _snapshot(workspace)
    result = _adopt("--dry-run")
    assert "+  cart:" in result.stdout
    assert "+      seed:" in result.stdout
    assert "chittyops task run cart/seed" in result.stdout
    assert _snapshot(workspace) == before


def test_it_asks_where_nobody_said_yes(workspace: Path) -> None:
    before = _snapshot(workspace)
    result = _adopt()
    assert isinstance(result.exception, Refused)
    assert _snapshot(workspace) == before


def test_services_settings_and_tasks_are_written(workspace: Path) -> None:
    data = _data("--yes")
    assert data["written"]
    fleet = read_fleet(workspace, "production")
    assert fleet.services["cart"].deploy.environment == "production"
    seed = fleet.tasks["cart/seed"]
    assert (seed.kind, seed.value, seed.folder) == ("file", "scripts/seed.sh", "cart")
    assert seed.inputs["SEED_VALUE"] is True
    assert seed.arguments == 1
    assert fleet.tasks["cart/deploy"].kind == "script"
    outcomes = {f"{each['path']}#{each['name']}": each["outcome"] for each in data["scripts"]}
    assert outcomes["cart/scripts/seed.sh#seed.sh"] == "wrapped"
    assert outcomes["cart/scripts/format.sh#format.sh"] == "left"
    assert outcomes["cart/package.json#test"] == "left"


@pytest.mark.parametrize("retire", [(), ("--retire",)], ids=["adopted", "retired"])
def test_a_second_time_there_is_no_difference(workspace: Path, retire: tuple[str, ...]) -> None:
    first = _data("--yes", *retire)
    before = _snapshot(workspace)
    again = _data("--yes", *retire)
    assert (again["difference"], again["files"], again["written"]) == ("", [], False)
    assert _snapshot(workspace) == before
    kept = {each["path"]: each["outcome"] for each in again["scripts"]}
    assert {each["path"]: each["outcome"] for each in first["scripts"]} == kept


def test_only_what_changed_in_the_repository_is_proposed(workspace: Path) -> None:
    _data("--yes", "--retire")
    (workspace / "cart/scripts/warm.sh").write_text("#!/bin/sh\nwrangler kv key put --binding KEYS a b\n")
    added = [
        line[1:].strip()
        for line in _data("--dry-run")["difference"].splitlines()
        if line.startswith("+") and line[1:2] == " "
    ]
    assert added[:2] == ["warm:", "file: scripts/warm.sh"]
    assert len(added) <= 3


def test_peoples_comments_and_values_stay(workspace: Path) -> None:
    text = "# ours\nfleet: mine   # yes\nservices:\n  basket:  # the cart\n    path: cart\n    tests: make test\n"
    (workspace / "chittyops.yaml").write_text(text)
    data = _data("--yes")
    after = (workspace / "chittyops.yaml").read_text()
    assert after.startswith(text)
    assert read_fleet(workspace).services["basket"].tests == "make test"
    assert [each["key"] for each in data["remarks"]] == ["services.basket.tests"]


def test_undo_restores_every_file(workspace: Path) -> None:
    before = _snapshot(workspace)
    assert _data("--yes", "--retire")["retired"] == ["cart/package.json#deploy", "cart/scripts/seed.sh"]
    assert _snapshot(workspace) != before
    assert "cart/scripts/seed.sh" in _data("--undo", "--yes")["restored"]
    assert _snapshot(workspace) == before
    assert isinstance(_adopt("--undo", "--yes").exception, NotFound)


def test_undo_refuses_for_files_that_changed_since(workspace: Path) -> None:
    _data("--yes", "--retire")
    (workspace / "cart/scripts/seed.sh").write_text("mine\n")
    refused = _adopt("--undo", "--yes").exception
    assert isinstance(refused, Refused)
    assert "cart/scripts/seed.sh" in refused.message
    _data("--undo", "--yes", "--keep-changed")
    assert (workspace / "cart/scripts/seed.sh").read_text() == "mine\n"
    assert (workspace / "cart/package.json").read_text() == PACKAGE
    assert not (workspace / "chittyops.yaml").exists()


@BASH
def test_a_shim_runs_the_original_through_its_task(workspace: Path, tmp_path: Path) -> None:
    _data("--yes", "--retire")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "wrangler").write_text('#!/bin/sh\necho wrangler "$@"; exit 4\n')
    run = "import sys; from chittyops.app.commands.task import task; task(sys.argv[2:])"
    (programs / "chittyops").write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{run}" "$@"\n')
    for path in programs.iterdir():
        path.chmod(0o755)
    environ = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "SEED_VALUE": "v"}
    shim = workspace / "cart/scripts/seed.sh"
    done = subprocess.run([shim, "a key"], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert "wrangler kv key put --binding KEYS a key v" in done.stdout
    assert shutil.which("bash")


def test_nothing_of_an_original_is_shown(workspace: Path, tmp_path: Path) -> None:
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    (workspace / "cart/scripts/seed.sh").write_text(
        f"{SEED}export STRIPE_KEY={secret}\ncurl -H 'x: {secret}' https://x.example\n"
    )
    shown = _adopt("--yes", "--retire", "--all").output + _adopt("--retire", "--json").output
    written = [path.read_text() for path in (workspace / "chittyops.yaml", workspace / ".chittyops/adoption.json")]
    assert secret not in shown + "".join(written)


@pytest.mark.parametrize(
    "arguments", [("nosuch",), ("--undo", "--retire"), ("--undo", "cart"), ("--keep-changed",)], ids=" ".join
)
def test_what_makes_no_sense_is_refused(workspace: Path, arguments: tuple[str, ...]) -> None:
    before = _snapshot(workspace)
    result = _adopt(*arguments)
    assert result.exit_code == 2 or isinstance(result.exception, ChittyOpsError)
    assert _snapshot(workspace) == before


def test_a_damaged_record_is_said(workspace: Path) -> None:
    _data("--yes")
    (workspace / ".chittyops/adoption.json").write_text("{")
    error = _adopt("--dry-run").exception
    assert isinstance(error, ChittyOpsError)
    assert "adoption.json is damaged" in error.message
