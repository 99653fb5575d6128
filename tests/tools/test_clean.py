"""Cleaning removes what can be made again, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "clean.py"


def test_only_what_can_be_made_again_is_removed(tmp_path: Path) -> None:
    kept = ["src/shop/cart.py", "tools/clean.py", "notes.txt", ".env"]
    made = [".venv/bin/python", ".mypy_cache/x", ".coverage", ".coverage.host.1", "src/shop/__pycache__/cart.pyc"]
    for name in [*kept, *made]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    shutil.copy(TOOL, tmp_path / "tools")
    for _ in range(2):
        subprocess.run([sys.executable, "tools/clean.py"], cwd=tmp_path, check=True)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(kept)
