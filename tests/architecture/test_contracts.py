"""Each contract of the import linter, broken on purpose in a copy of the tree, is seen to be broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")
SLICE = "src/chittyops/capabilities/deploy"


@dataclass(frozen=True, slots=True)
class Violation:
    """A module that breaks a contract; ``said`` are words that the linter must use of it."""

    contract: str
    path: str
    text: str
    said: str


VIOLATIONS = {
    "a lower layer imports a higher one": Violation(
        "direction",
        "src/chittyops/runtime/stray.py",
        "from chittyops.interface import terminal\n",
        "chittyops.runtime.stray -> chittyops.interface",
    ),
    "a lower layer imports a higher one inside a function": Violation(
        "direction",
        "src/chittyops/kernel/stray.py",
        "def late():\n    import chittyops.runtime.http\n",
        "chittyops.kernel.stray -> chittyops.runtime.http",
    ),
    "a package that is no layer": Violation("direction", "src/chittyops/shared.py", "", "chittyops.shared"),
    "a slice imports a slice": Violation(
        "slices",
        "src/chittyops/capabilities/fleet/ports.py",
        "import chittyops.capabilities.deploy.model\n",
        "chittyops.capabilities.fleet.ports -> chittyops.capabilities.deploy.model",
    ),
    "a junk drawer in a slice": Violation("shape", f"{SLICE}/utils.py", "", "chittyops.capabilities.deploy.utils"),
    "a model imports its service": Violation(
        "shape",
        f"{SLICE}/model.py",
        "import chittyops.capabilities.deploy.service\n",
        "chittyops.capabilities.deploy.model -> chittyops.capabilities.deploy.service",
    ),
    "a service does I/O": Violation(
        "pure", f"{SLICE}/service.py", "import httpx\n", "chittyops.capabilities.deploy.service -> httpx"
    ),
    "the kernel does I/O through another module": Violation(
        "pure",
        "src/chittyops/kernel/clock.py",
        "import chittyops.runtime.http\n",
        "chittyops.kernel.clock -> chittyops.runtime.http",
    ),
    "a route chooses a provider": Violation(
        "wiring",
        f"{SLICE}/routes.py",
        "import chittyops.capabilities.deploy.providers.local\n",
        "chittyops.capabilities.deploy.routes -> chittyops.capabilities.deploy.providers.local",
    ),
    "a workflow chooses a provider": Violation(
        "wiring",
        "src/chittyops/workflows/stray.py",
        "import chittyops.capabilities.deploy.providers.local\n",
        "chittyops.workflows.stray -> chittyops.capabilities.deploy.providers.local",
    ),
    "a provider knows another": Violation(
        "strangers",
        f"{SLICE}/providers/postgres/stray.py",
        "import chittyops.capabilities.deploy.providers.local\n",
        "deploy.providers.postgres.stray -> chittyops.capabilities.deploy.providers.local",
    ),
    "a second door to PostgreSQL": Violation(
        "drivers", "src/chittyops/runtime/stray.py", "import psycopg\n", "chittyops.runtime.stray -> psycopg"
    ),
    "a second door to NATS": Violation(
        "drivers", "src/chittyops/app/stray.py", "import nats\n", "chittyops.app.stray -> nats"
    ),
    "a second door to DBOS": Violation(
        "drivers", "src/chittyops/workflows/stray.py", "import dbos\n", "chittyops.workflows.stray -> dbos"
    ),
    "a process started elsewhere": Violation(
        "processes", "src/chittyops/app/stray.py", "import subprocess\n", "chittyops.app.stray -> subprocess"
    ),
    "two siblings import each other": Violation(
        "acyclic",
        "src/chittyops/kernel/errors.py",
        "import chittyops.kernel.graph\n",
        "No cycles are allowed in chittyops.kernel",
    ),
}


def lint(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the linter on the package that ``tree`` holds."""
    return subprocess.run(
        [str(LINTER), "--no-logo", "--no-cache", *options],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "250", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the package and of its contracts."""
    copy = tmp_path / "tree"
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def test_the_tree_keeps_every_contract() -> None:
    linted = lint(ROOT)
    assert linted.returncode == 0, linted.stdout
    assert "0 broken" in linted.stdout


@pytest.mark.parametrize("violation", VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_violation_is_caught(tree: Path, violation: Violation) -> None:
    module = tree / violation.path
    module.parent.mkdir(parents=True, exist_ok=True)
    before = module.read_text() if module.exists() else "from __future__ import annotations\n"
    module.write_text(before + violation.text)
    linted = lint(tree, "--contract", violation.contract)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "1 broken" in linted.stdout
    assert violation.said in " ".join(linted.stdout.split()), linted.stdout


def test_every_contract_is_broken_by_some_violation() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == {violation.contract for violation in VIOLATIONS.values()}
