"""Credentials are planted all over a workspace; then all that is printed, stored and written of it is searched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.capabilities.discovery.service.test_credentials import ALL, Planted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PROGRAM = str(Path(sys.executable).with_name("chittyops"))
COMMANDS = [
    ("discover",),
    ("discover", "--problems"),
    ("discover", "--json"),
    ("discover", "--service", "api"),
    *(("audit", "--format", form) for form in ("terminal", "md", "html", "json", "sarif")),
    ("adopt", "--dry-run"),
    ("adopt", "--dry-run", "--json"),
    ("adopt", "--yes"),
    ("context",),
    ("context", "--json"),
    ("context", "--brief"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state") / "home"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("planted") / "workspace"
    for number, case in enumerate(ALL):
        path = root / f"svc{number:03}" / case.path
        path.parent.mkdir(parents=True)
        path.write_text(case.text)
    return root


def pieces(case: Planted) -> list[str]:
    """Return what gives a value away: each line of it, as it stands in the file and as it is read."""
    return [piece for piece in case.value.replace("\\n", "\n").split("\n") if len(piece) > 8]


def given_away(text: str) -> list[str]:
    return [f"{case.kind} of {case.path}" for case in ALL if any(piece in text for piece in pieces(case))]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_nothing_that_is_printed_holds_a_value(command: tuple[str, ...], workspace: Path, home: Path) -> None:
    environ = {**os.environ, "CHITTYOPS_HOME": str(home)}
    done = subprocess.run([PROGRAM, *command], cwd=workspace, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    assert done.stdout
    assert given_away(done.stdout + done.stderr) == []


def test_nothing_that_is_kept_or_written_holds_a_value(workspace: Path, home: Path) -> None:
    planted = {str(workspace / f"svc{number:03}" / case.path) for number, case in enumerate(ALL)}
    kept = [path for root in (home, workspace) for path in root.rglob("*") if path.is_file()]
    written = [path for path in kept if str(path) not in planted]
    assert any(path.suffix == ".facts" for path in written)
    assert workspace / "chittyops.yaml" in written
    for path in written:
        assert given_away(path.read_bytes().decode("utf-8", "replace")) == [], path


def test_the_search_would_find_a_value() -> None:
    assert given_away(ALL[0].text) != []
