"""Dockerfiles: what the last stage of a build runs (https://docs.docker.com/reference/dockerfile/)."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from typing import Final

from chittyops.capabilities.discovery.model.facts import Deployment, Facts, StageFacts
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.facts.environment import needs

RANK: Final = 30
_INSTRUCTION: Final = re.compile(r"\s*([A-Za-z]+)\s+(\S.*)", re.DOTALL)
_HEREDOC: Final = re.compile(r"<<-?[\"']?(\w+)[\"']?")
_FROM: Final = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+[Aa][Ss]\s+(\S+))?")
_SETTING: Final = re.compile(r"([A-Za-z_]\w*)(?:=|\s)")
_STATIC: Final = re.compile(r"(?:.*/)?(?:nginx|httpd|caddy|nginx-unprivileged|static-web-server)(?:[:@].*)?")
_SHELVES: Final = re.compile(
    r"\.?(?:docker(?:files?|[-_].*)?|deploy(?:ments?)?|build|infra(?:structure)?|ops|ci|containers?|compose)"
)
_CABINETS: Final = re.compile(r"\.?(?:docker(?:files?)?|containers)")
_DEVELOPING: Final = re.compile(r"(^|/)\.devcontainer(/|$)")


@dataclass(slots=True)
class Build:
    """One stage of a build, with what it has from the stage it starts from."""

    base: str = ""
    entrypoint: str = ""
    command: str = ""
    line: int = 1
    health: str = ""
    health_line: int = 0
    check: str = ""
    copies: tuple[str, ...] = ()
    settings: tuple[tuple[str, str, int], ...] = ()
    stages: dict[str, Build] = field(default_factory=dict)


def read(path: str, text: str) -> Facts:
    """Return what a Dockerfile tells: its folder is a service, when its last stage says what to run."""
    last = build(text)
    static = _STATIC.fullmatch(last.base) is not None
    runs = " ".join(filter(None, (last.entrypoint, last.command)))
    if _DEVELOPING.search(path) or not (runs or static) or launch.is_idle(runs):
        return Facts(path, kind="config")
    asked = needs(last.settings)
    source, context = launch.entrypoint(runs), folder(posixpath.dirname(path))
    deployment = Deployment(
        "docker",
        line=last.line,
        folder=context,
        kind="static" if static and not runs else "",
        entrypoint=posixpath.normpath(posixpath.join(context, source)) if _is_copied(source, last.copies) else "",
        entrypoint_line=last.line,
        rank=RANK,
        stages={"": StageFacts(vars=asked.vars)},
        references=asked.references,
        secrets=asked.secrets,
        health=last.health,
        health_line=last.health_line,
        standard=posixpath.basename(path) in {"Dockerfile", "Containerfile"},
    )
    checks = tuple(launch.unhealthy(path, "the image", last.check, last.health_line))
    return Facts(path, kind="config", deployments=(deployment,), problems=checks)


def folder(directory: str) -> str:
    """Return the way from a Dockerfile's folder to what it builds: out of folders that only keep Dockerfiles.

    ``docker/api`` is one of those too: what is kept in a folder called docker is sorted by what it builds.
    """
    up = 0
    for depth, part in enumerate(reversed(directory.split("/") if directory else []), 1):
        if _CABINETS.fullmatch(part) or (_SHELVES.fullmatch(part) and up == depth - 1):
            up = depth
        elif depth > 1:
            break
    return "/".join([".."] * up)


def build(text: str) -> Build:
    """Return the last stage of a Dockerfile."""
    stages: dict[str, Build] = {}
    now = Build()
    for number, name, rest in _instructions(text):
        if name == "FROM":
            found = _FROM.match(rest)
            parent = stages.get(found[1].lower(), Build(base=found[1])) if found else Build()
            now = Build(parent.base, parent.entrypoint, parent.command, parent.line, parent.health, parent.health_line)
            now.copies, now.settings, now.check = parent.copies, parent.settings, parent.check
            stages[(found[2] if found and found[2] else str(len(stages))).lower()] = now
        else:
            _apply(now, number, name, rest)
    return now


def _apply(stage: Build, number: int, name: str, rest: str) -> None:
    if name == "CMD":
        stage.command, stage.line = _words(rest), number
    elif name == "ENTRYPOINT":
        stage.entrypoint, stage.command, stage.line = _words(rest), "", number
    elif name == "HEALTHCHECK":
        stage.health, stage.health_line = launch.health_path(rest), number
        stage.check = _words(rest.partition("CMD")[2])
    elif name in {"COPY", "ADD"} and "--from=" not in rest:
        stage.copies = (*stage.copies, *(word for word in rest.split()[:-1] if not word.startswith("--")))
    elif name in {"ENV", "ARG"} and (setting := _SETTING.match(rest + " ")):
        stage.settings = (*stage.settings, (setting[1], rest[setting.end() :].strip(), number))


def _words(rest: str) -> str:
    """Return a command in either of its two forms as one line."""
    if rest.lstrip().startswith("["):
        try:
            return launch.line(json.loads(rest))
        except ValueError:
            pass
    return rest.strip()


def _is_copied(source: str, copies: tuple[str, ...]) -> bool:
    """Return whether ``source`` has the same path in the image as in its folder, as far as can be told."""
    top = source.partition("/")[0]
    whole = any(posixpath.normpath(each) == "." for each in copies)
    return bool(source) and (whole or any(posixpath.normpath(each) in {top, source} for each in copies))


def _instructions(text: str) -> list[tuple[int, str, str]]:
    """Return the instructions with their first lines: continued lines joined, comments and here-documents left out."""
    found: list[tuple[int, str, str]] = []
    start, held, until = 0, "", ""
    for number, line in enumerate(text.splitlines(), 1):
        if until:
            until = "" if line.strip() == until else until
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        start = start if held else number
        if line.rstrip().endswith("\\"):
            held += line.rstrip()[:-1] + " "
            continue
        if instruction := _INSTRUCTION.match(held + line):
            found.append((start, instruction[1].upper(), instruction[2].strip()))
            heredoc = _HEREDOC.search(instruction[2]) if instruction[1].upper() in {"RUN", "COPY", "ADD"} else None
            until = heredoc[1] if heredoc else ""
        held = ""
    return found
