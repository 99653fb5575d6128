"""The targets of the Makefile need nothing but Python, pip, make and git, and those the documents name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = dict(re.findall(r"^([a-z][a-z-]*):(.*)$", MAKEFILE, re.MULTILINE))
WITHOUT_AN_ENVIRONMENT = {"clean", "setup-runtime", "setup-dev"}


def test_recipes_run_python_and_nothing_else() -> None:
    recipes = re.findall(r"^\t@?(\S+)", MAKEFILE, re.MULTILINE)
    assert recipes
    assert set(recipes) <= {"$(PYTHON)", "$(VENV)", ".venv/bin/lint-imports"}


@pytest.mark.parametrize("target", sorted(TARGETS.keys() - WITHOUT_AN_ENVIRONMENT))
def test_each_target_sets_up_its_environment_by_itself(target: str) -> None:
    needed = TARGETS[target].split()
    assert needed
    assert all("setup-" in name or "setup-" in TARGETS[name] for name in needed)


def test_every_target_is_phony() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == TARGETS.keys()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_targets_that_a_page_names_exist(page: str) -> None:
    named = re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / page).read_text(), re.MULTILINE)
    assert named
    assert set(named) <= TARGETS.keys()
