"""Procfiles, Dockerfiles and compose files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, parse_yaml
from chittyops.capabilities.discovery.model.facts import Facts, Member, Reference
from chittyops.capabilities.discovery.service.facts.code import URL_VARIABLE
from chittyops.capabilities.discovery.service.facts.reading import document

_PROCESS: Final = re.compile(r"^([A-Za-z0-9_-]+)\s*:\s*\S", re.MULTILINE)


def procfile(path: str, text: str) -> Facts:
    """Return what a Procfile tells: its folder is a service, started by ``web`` or the first process."""
    types = _PROCESS.findall(text)
    start = "web" if "web" in types else next(iter(types), "")
    # `web` is found from the file; any other process has to be named.
    named = ("procfile", start) if start and start != "web" else ("", "")
    return Facts(path, platform="procfile", rank=40, deployable=bool(types), config=True, start=named)


def dockerfile(path: str, text: str) -> Facts:
    """Return what a Dockerfile tells: its folder is a service, when it says what to run."""
    runs = re.search(r"^\s*(CMD|ENTRYPOINT)\b", text, re.MULTILINE | re.IGNORECASE)
    return Facts(path, platform="docker", rank=30, deployable=bool(runs), config=True)


def compose(path: str, text: str) -> Facts:
    """Return what a compose file tells of the services it builds; images of others are no services of ours."""
    found, problems = document(path, text, parse_yaml)
    services = found.table("services")
    members = tuple(
        Member(name, _folder(path, value), tuple(_dependencies(found, name)))
        for name, value in services.items()
        if isinstance(value, dict) and _context(value) is not None
    )
    references = tuple(_variables(found, services))
    return Facts(path, platform="docker", config=True, members=members, references=references, problems=problems)


def _context(value: dict[str, Any]) -> str | None:
    build = value.get("build")
    if isinstance(build, dict):
        context = build.get("context", ".")
        return context if isinstance(context, str) else None
    return build if isinstance(build, str) else None


def _folder(path: str, value: dict[str, Any]) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), _context(value) or "."))


def _dependencies(found: Document, name: str) -> Iterator[tuple[str, int]]:
    needed = found.at("services", name, "depends_on")
    if isinstance(needed, dict):
        yield from ((str(key), found.line("services", name, "depends_on", key)) for key in needed)
    elif isinstance(needed, list):
        lines = (found.line("services", name, "depends_on", index) for index in range(len(needed)))
        yield from zip(map(str, needed), lines, strict=True)


def _variables(found: Document, services: dict[str, Any]) -> Iterator[Reference]:
    """Yield the variables that lead to other services. They count for the compose file's own folder alone."""
    for name in services:
        for variable in found.table("services", name, "environment"):
            if URL_VARIABLE.fullmatch(variable):
                yield Reference("variable-url", variable, found.line("services", name, "environment", variable))
