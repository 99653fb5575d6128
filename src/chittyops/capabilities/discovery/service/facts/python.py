"""Python packages: pyproject.toml, requirements files, setup.py, setup.cfg, Pipfile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, Keys, parse_toml
from chittyops.capabilities.discovery.model.facts import Facts, Package
from chittyops.capabilities.discovery.service.facts.reading import document

_REQUIREMENT: Final = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;#]*)")
_NAME: Final = re.compile(r"^\s*name\s*=\s*[\"']?([\w.-]+)", re.MULTILINE)
_OBJECT: Final = re.compile(r"\s*([A-Za-z_]\w*(?:\.\w+)*)\s*(?::\s*[\w.]+)?\s*(?:\[[^\]]*\])?\s*")
_MCP: Final = frozenset({"mcp", "fastmcp"})
_MANAGERS: Final = ("uv", "poetry", "pdm", "hatch", "rye")
_TESTS: Final = ("pytest", "python -m pytest")

Requirement = tuple[str, str, int]


def pyproject(path: str, text: str) -> Facts:
    """Return what a pyproject.toml tells (https://packaging.python.org/specifications/pyproject-toml/)."""
    config, problems = document(path, text)
    dependencies = tuple(_dependencies(config))
    names = {name.lower() for name, _, _ in dependencies}
    scripts = config.table("project", "scripts") | config.table("tool", "poetry", "scripts")
    name = config.text("project", "name") or config.text("tool", "poetry", "name")
    manager = next((each for each in _MANAGERS if config.table("tool", each)), "")
    package = Package(
        "python",
        name=name,
        bin=tuple(dict.fromkeys(_modules(scripts.values()))),
        dependencies=dependencies,
        workspaces=tuple(map(str, config.at("tool", "uv", "workspace", "members") or ())),
        manager=manager,
        library="classifiers" in config.table("project") and not scripts,
        tests=_TESTS if "pytest" in names or "pytest" in config.table("tool") else ("", ""),
        mcp=bool(names & _MCP),
    )
    return Facts(
        path,
        kind="config",
        package=package if config.data.keys() & {"project", "tool", "build-system"} else None,
        manager=manager,
        problems=problems,
    )


def _modules(scripts: Iterable[object]) -> Iterator[str]:
    """Yield the modules that programs start from, ``package.module:function``, as paths without suffix."""
    for each in scripts:
        found = _OBJECT.fullmatch(each) if isinstance(each, str) else None
        if found:
            yield found[1].replace(".", "/")


def requirements(path: str, text: str) -> Facts:
    """Return what a requirements file tells: what the code of its folder needs."""
    found: list[Requirement] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith(("#", "-")) and (needed := _REQUIREMENT.match(line)):
            found.append((needed[1], needed[2].strip(), number))
    return Facts(path, kind="config", package=_package("", tuple(found)), manager="pip")


def pipfile(path: str, text: str) -> Facts:
    """Return what a Pipfile tells."""
    config, problems = document(path, text, parse_toml)
    found = tuple(
        (name, str(spec), config.line(key, name))
        for key in ("packages", "dev-packages")
        for name, spec in config.table(key).items()
    )
    return Facts(path, kind="config", package=_package("", found), manager="pipenv", problems=problems)


def setup(path: str, text: str) -> Facts:
    """Return the name that a setup.py or setup.cfg gives; the code is not run."""
    found = _NAME.search(text)
    return Facts(path, kind="config", package=_package(found[1] if found else "", ()), manager="pip")


def _package(name: str, dependencies: tuple[Requirement, ...]) -> Package:
    names = {each.lower() for each, _, _ in dependencies}
    tests = _TESTS if "pytest" in names else ("", "")
    return Package("python", name=name, dependencies=dependencies, tests=tests, mcp=bool(names & _MCP))


def _dependencies(config: Document) -> Iterator[Requirement]:
    lists: list[Keys] = [("project", "dependencies"), ("tool", "uv", "dev-dependencies")]
    for table in (("project", "optional-dependencies"), ("dependency-groups",)):
        lists += [(*table, group) for group in config.table(*table)]
    linked = {name for name, spec in config.table("tool", "uv", "sources").items() if _is_linked(spec)}
    for name, version, line in (each for keys in lists for each in _listed(config, keys)):
        yield name, "workspace:*" if name in linked else version, line
    tables: list[Keys] = [("tool", "poetry", "dependencies"), ("tool", "poetry", "dev-dependencies")]
    tables += [("tool", "poetry", "group", each, "dependencies") for each in config.table("tool", "poetry", "group")]
    for keys in tables:
        for name, spec in config.table(*keys).items():
            if name != "python":
                yield name, spec if isinstance(spec, str) else "", config.line(*keys, name)


def _is_linked(spec: object) -> bool:
    """Return whether uv takes a package from a folder, and not from a registry."""
    return isinstance(spec, dict) and bool(spec.get("path") or spec.get("workspace"))


def _listed(config: Document, keys: Keys) -> Iterator[Requirement]:
    rows: Any = config.at(*keys)
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, str) and (needed := _REQUIREMENT.match(row)):
            yield needed[1], needed[2].strip(), config.line(*keys, index)
