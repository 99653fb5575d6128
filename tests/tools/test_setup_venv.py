"""The set-up makes .venv when it is missing or stale, once, and only from what the hashes name."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TOOL = Path(__file__).resolve().parents[2] / "tools" / "setup_venv.py"

# A project that builds without any package: the wheel it makes in place holds nothing but its name.
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import zipfile

def build_editable(directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(f"{directory}/shop-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("shop-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: shop\\nVersion: 1.0\\n")
        wheel.writestr("shop-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("shop-1.0.dist-info/RECORD", "")
    return "shop-1.0-py3-none-any.whl"
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A tree with the tool in it, and the folder that its pip takes packages from."""

    root: Path
    wheels: Path

    def offer(self, version: str) -> str:
        """Put a version of the package ``thing`` where pip finds it, and return its pinned requirement."""
        wheel = self.wheels / f"thing-{version}-py3-none-any.whl"
        info = f"thing-{version}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("thing.py", f"version = {version!r}\n")
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        return f"thing=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"

    def require(self, requirement: str) -> None:
        """Write both requirements files."""
        for name in ("runtime", "dev"):
            (self.root / "requirements" / f"{name}.txt").write_text(requirement)

    def start(self, wanted: str = "runtime") -> subprocess.Popen[str]:
        """Start the set-up, away from any index."""
        environ = {"PATH": os.defpath, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        command = [str(getattr(sys, "_base_executable", sys.executable)), "tools/setup_venv.py", wanted]
        return subprocess.Popen(command, cwd=self.root, env=environ, stderr=subprocess.PIPE, text=True)

    def set_up(self, wanted: str = "runtime") -> tuple[int, str]:
        """Run the set-up; return its exit code and what it said."""
        with self.start(wanted) as running:
            said = running.communicate()[1]
        return running.returncode, said

    def installed(self) -> str:
        """Return the version of ``thing`` that .venv has."""
        asked = [str(self.root / ".venv" / "bin" / "python"), "-c", "import thing; print(thing.version)"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root, wheels = tmp_path / "project", tmp_path / "wheels"
    for folder in (root / "tools", root / "requirements", wheels):
        folder.mkdir(parents=True)
    shutil.copy(TOOL, root / "tools")
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    made = Project(root, wheels)
    made.require(made.offer("1.0"))
    return made


def test_it_makes_what_is_missing_and_then_does_nothing(project: Project) -> None:
    code, said = project.set_up("dev")
    assert (code, project.installed()) == (0, "1.0"), said
    assert "setup: creating .venv" in said
    assert project.set_up("dev") == (0, "")
    assert project.set_up("runtime") == (0, ""), "the second set holds the first"


def test_changed_requirements_are_installed_into_what_is_there(project: Project) -> None:
    project.set_up()
    project.require(project.offer("2.0"))
    code, said = project.set_up()
    assert (code, project.installed()) == (0, "2.0"), said
    assert "setup: updating .venv" in said


def test_what_was_interrupted_is_made_anew(project: Project) -> None:
    project.set_up()
    (project.root / ".venv" / ".setup-stamp").unlink()
    (project.root / ".venv" / "rest").touch()
    code, said = project.set_up()
    assert (code, project.installed()) == (0, "1.0"), said
    assert not (project.root / ".venv" / "rest").exists()


def test_two_at_once_make_it_once(project: Project) -> None:
    with project.start() as first, project.start() as second:
        said = first.communicate()[1] + second.communicate()[1]
    assert (first.returncode, second.returncode, project.installed()) == (0, 0, "1.0"), said
    assert said.count("setup: creating .venv") == 1


def test_a_package_that_is_not_what_was_pinned_is_refused(project: Project) -> None:
    project.require("thing==1.0 --hash=sha256:" + "0" * 64 + "\n")
    code, said = project.set_up()
    assert code == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in said
    assert not (project.root / ".venv" / ".setup-stamp").exists()


def test_a_misspelt_set_is_a_usage_error(project: Project) -> None:
    assert project.set_up("develop") == (1, "usage: python3 tools/setup_venv.py runtime|dev\n")
