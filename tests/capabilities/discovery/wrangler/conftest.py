"""The real wrangler, installed once for all runs of the tests on this machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json")
PLENTY_SECONDS = 300

Run = Callable[..., subprocess.CompletedProcess[str]]


def cache() -> Path:
    """Return a folder of this user's own, outside of the project and of the user's home."""
    owner = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    folder = Path(tempfile.gettempdir()) / f"chittyops-tests-{owner}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        pytest.skip(f"{folder} belongs to someone else")
    return folder


@pytest.fixture(scope="session")
def wrangler_folder() -> Path:
    """Return the folder with wrangler in its node_modules; skip where it cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js with npm, which run wrangler, are not installed")
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    folder = cache() / f"wrangler-{digest}"
    if not folder.exists():
        install(folder)
    return folder


def install(folder: Path) -> None:
    """Install into a folder of its own and move it into place, so that there is all of it or nothing."""
    new = Path(tempfile.mkdtemp(dir=folder.parent, prefix="new-"))
    try:
        for name in FILES:
            shutil.copy(HERE / name, new)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
        given = {**os.environ, "npm_config_cache": str(new / "cache")}
        done = subprocess.run(
            command, cwd=new, env=given, capture_output=True, text=True, timeout=PLENTY_SECONDS, check=False
        )
        if done.returncode:
            pytest.skip(f"npm cannot install wrangler: {done.stderr.strip().splitlines()[:1]}")
        shutil.rmtree(new / "cache", ignore_errors=True)
        if not folder.exists():
            new.replace(folder)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install wrangler in time")
    finally:
        shutil.rmtree(new, ignore_errors=True)


@pytest.fixture(scope="session")
def node(wrangler_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return what runs Node.js in a folder, with a home of its own and no account."""
    home = tmp_path_factory.mktemp("home")
    given = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CI": "1",
        "NO_COLOR": "1",
        "WRANGLER_SEND_METRICS": "false",
        "WRANGLER_LOG_PATH": str(home / "logs"),
        "COLUMNS": "250",
        "WRANGLER_FOLDER": str(wrangler_folder),
    }

    def run(*arguments: str, folder: Path, given_text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["node", *arguments],
            cwd=folder,
            env=given,
            input=given_text,
            capture_output=True,
            text=True,
            timeout=PLENTY_SECONDS,
            check=False,
        )

    return run
