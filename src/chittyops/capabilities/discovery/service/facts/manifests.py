"""Packages: package.json, pyproject.toml, requirements.txt, and the examples of dotenv files."""

from __future__ import annotations

import re
from typing import Any, Final

from chittyops.capabilities.discovery.model.facts import Facts, Reference
from chittyops.capabilities.discovery.model.findings import Suite
from chittyops.capabilities.discovery.service.facts.code import DATABASE_VARIABLE, URL_VARIABLE
from chittyops.capabilities.discovery.service.facts.reading import document

_NO_TESTS: Final = re.compile(r"no test specified|^\s*(echo|true|exit)\b")
_RUNNERS: Final = ("vitest", "jest", "mocha", "ava", "playwright", "node --test", "bun test", "tap", "cypress")
_SECRET: Final = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|(^|_)KEY($|_)|API_?KEY")
_SETTING: Final = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=")


def package_json(path: str, text: str) -> Facts:
    """Return what a package.json tells: it makes a service when it has a script ``start``."""
    package, problems = document(path, text)
    scripts = package.table("scripts")
    start = scripts.get("start")
    return Facts(
        path,
        platform="node",
        rank=20,
        deployable=isinstance(start, str) and bool(start.strip()),
        config=True,
        name=package.text("name").rpartition("/")[2],
        entrypoint=package.text("main"),
        manifest="node",
        tests=_node_tests(scripts),
        package_manager=package.text("packageManager").partition("@")[0],
        problems=problems,
    )


def _node_tests(scripts: dict[str, Any]) -> Suite | None:
    command = scripts.get("test")
    if not isinstance(command, str) or not command.strip() or _NO_TESTS.search(command):
        return None
    runner = next((runner for runner in _RUNNERS if runner in command), "npm")
    return Suite(runner, "npm test")


def pyproject(path: str, text: str) -> Facts:
    """Return what a pyproject.toml tells."""
    project, problems = document(path, text)
    pytest = "pytest" in text
    return Facts(
        path,
        platform="python",
        rank=15,
        config=True,
        name=project.text("project", "name") or project.text("tool", "poetry", "name"),
        manifest="python",
        tests=Suite("pytest", "python -m pytest") if pytest else None,
        problems=problems,
    )


def requirements(path: str, text: str) -> Facts:
    """Return what a requirements.txt tells: that its folder holds Python, and perhaps pytest."""
    pytest = re.search(r"^pytest\b", text, re.MULTILINE)
    tests = Suite("pytest", "python -m pytest") if pytest else None
    return Facts(path, platform="python", rank=5, manifest="python", tests=tests)


def env_example(path: str, text: str) -> Facts:
    """Return the variables that an example of a dotenv file asks for. Values are not read."""
    secrets, databases, references = [], [], []
    for number, line in enumerate(text.splitlines(), 1):
        setting = _SETTING.match(line)
        if setting is None:
            continue
        name = setting[1]
        if DATABASE_VARIABLE.fullmatch(name):
            databases.append((name, number))
        elif URL_VARIABLE.fullmatch(name):
            references.append(Reference("variable-url", name, number))
        elif _SECRET.search(name.upper()):
            secrets.append((name, number))
    return Facts(path, secrets=tuple(secrets), databases=tuple(databases), references=tuple(references))
