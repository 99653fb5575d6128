"""Pipelines of GitLab, CircleCI, Bitbucket, Azure and Drone: the command lines of their jobs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, Keys, parse_yaml
from chittyops.capabilities.discovery.model.facts import Facts, ScriptFacts, WorkflowFacts
from chittyops.capabilities.discovery.service.facts import shell
from chittyops.capabilities.discovery.service.facts.reading import document

PATH: Final = (
    r"(?:.*/)?(?:\.gitlab-ci\.ya?ml|\.circleci/config\.ya?ml|bitbucket-pipelines\.ya?ml|azure-pipelines\.ya?ml"
    r"|\.drone\.ya?ml|\.travis\.yml|cloudbuild\.ya?ml)"
)

_VENDORS: Final = {
    ".gitlab-ci": "gitlab",
    "config": "circleci",
    "bitbucket-pipelines": "bitbucket",
    "azure-pipelines": "azure",
    ".drone": "drone",
    ".travis": "travis",
    "cloudbuild": "google",
}
_COMMANDS: Final = frozenset(
    {
        "script",
        "before_script",
        "after_script",
        "command",
        "run",
        "commands",
        "bash",
        "before_install",
        "install",
        "deploy",
    }
)
"""Keys whose value is a command line or a list of them, in one vendor's format or another."""
_PATHS: Final = {"circleci": ("jobs",), "bitbucket": ("pipelines",), "azure": (), "drone": ()}
_MAX_DEPTH: Final = 12


def read(path: str, text: str) -> Facts:
    """Return what a pipeline tells: its jobs, with their commands."""
    # GitLab and others have tags of their own (`!reference`): the reader takes them as plain values.
    found, problems = document(path, text, parse_yaml)
    vendor = _VENDORS.get(posixpath.basename(path).removesuffix(".yaml").removesuffix(".yml"), "other")
    lines = text.splitlines()
    jobs = tuple(job for keys in _jobs(found, vendor) if (job := _job(found, keys, lines)).commands)
    workflow = WorkflowFacts(posixpath.basename(path), ("push",), jobs, vendor=vendor)
    return Facts(path, kind="config", workflow=workflow if jobs else None, problems=problems)


def _jobs(found: Document, vendor: str) -> Iterator[Keys]:
    top = _PATHS.get(vendor, ())
    if top:
        yield from ((*top, name) for name in found.table(*top))
    elif vendor == "gitlab":
        yield from ((name,) for name, value in found.table().items() if isinstance(value, dict))
    else:
        yield ()


def _job(found: Document, keys: Keys, lines: list[str]) -> ScriptFacts:
    parts = [
        shell.Part(text, _first_line(found.line(*at), lines)) for at, text in _command_lines(found.at(*keys), keys, 0)
    ]
    return shell.assembled(str(keys[-1]) if keys else "pipeline", "job", found.line(*keys), parts)


def _first_line(line: int, lines: list[str]) -> int:
    """Return where text begins: below its key or dash where it is a block."""
    return line + 1 if line <= len(lines) and lines[line - 1].rstrip().endswith(("|", "|-", ">", ">-")) else line


def _command_lines(value: Any, keys: Keys, depth: int) -> Iterator[tuple[Keys, str]]:
    """Yield every command line below ``keys`` with its place."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            at = (*keys, name)
            if name in _COMMANDS and isinstance(inner, str):
                yield at, inner
            elif name in _COMMANDS and isinstance(inner, list):
                yield from (((*at, i), each) for i, each in enumerate(inner) if isinstance(each, str))
                yield from _command_lines([each for each in inner if isinstance(each, dict)], at, depth + 1)
            else:
                yield from _command_lines(inner, at, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict | list):
                yield from _command_lines(inner, (*keys, index), depth + 1)
