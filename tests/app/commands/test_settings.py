"""The command that shows the settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

RUN = "import sys; from chittyops.app.commands.settings import settings; settings(sys.argv[1:])"


def run(home: Path, *arguments: str, **environ: str) -> str:
    surroundings = {**os.environ, **environ, "CHITTYOPS_HOME": str(home)}
    command = [sys.executable, "-c", RUN, *arguments]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True).stdout


def test_each_setting_is_shown_with_its_value_and_where_it_comes_from(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    home.joinpath("settings.toml").write_text("[worker]\nlease_seconds = 30\n", "utf-8")
    lines = {line.split()[0]: line for line in run(home, CHITTYOPS_PORT="8123").splitlines()}
    assert lines["api.port"].split()[1:4] == ["8123", "environment", "CHITTYOPS_PORT"]
    assert f"file {home}/settings.toml:2" in lines["worker.lease_seconds"]
    assert lines["releases.max_parallel"].split()[1:3] == ["8", "default"]


def test_json_has_every_field_and_no_credentials(tmp_path: Path) -> None:
    out = run(tmp_path / "home", "--json", CHITTYOPS_DATABASE_URL="postgresql://me:hunter2@db/x")
    items = {item["name"]: item for item in json.loads(out)["items"]}
    assert items["centre.database_url"]["origin"] == {"kind": "environment", "name": "CHITTYOPS_DATABASE_URL"}
    assert set(items["api.port"]) == {"name", "value", "default", "origin", "env", "help"}
    assert "hunter2" not in out
