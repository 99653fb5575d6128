"""Heroku and its like: Procfile (https://devcenter.heroku.com/articles/procfile) and app.json."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, StageFacts
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.facts.environment import needs
from chittyops.capabilities.discovery.service.facts.reading import document

RANK: Final = 40
_PROCESS: Final = re.compile(r"^([A-Za-z0-9_-]+)[ \t]*:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_HEROKU: Final = frozenset({"buildpacks", "formation", "addons", "stack", "env", "environments", "success_url"})


def read(path: str, text: str) -> Facts:
    """Return what a Procfile tells: its folder is a service, started by ``web`` or the first process.

    ``start`` is the process's command line. A Procfile.dev starts what a developer needs and deploys nothing.
    """
    processes = {found[1]: (found[2], text.count("\n", 0, found.start()) + 1) for found in _PROCESS.finditer(text)}
    kinds = [kind for kind in processes if kind not in {"release", "console"}]
    if posixpath.basename(path) != "Procfile" or not kinds:
        return Facts(path, kind="config")
    command, line = processes["web" if "web" in processes else kinds[0]]
    deployment = Deployment(
        "procfile",
        line=line,
        kind="" if "web" in processes else "job",
        entrypoint=launch.entrypoint(command),
        entrypoint_line=line,
        rank=RANK,
        start=command,
    )
    return Facts(path, kind="config", deployments=(deployment,))


def app_json(path: str, text: str) -> Facts:
    """Return what a Heroku app.json tells (https://devcenter.heroku.com/articles/app-json-schema); Expo has one too."""
    config, problems = document(path, text)
    if not config.data.keys() & _HEROKU or "expo" in config.data:
        return Facts(path, kind="config", problems=problems)
    asked = needs(_settings(config))
    stages = {
        name: StageFacts(vars=tuple(config.table("environments", name, "env"))) for name in config.table("environments")
    }
    deployment = Deployment(
        "heroku",
        rank=RANK - 2,
        stages={"": StageFacts(vars=asked.vars), **stages},
        references=asked.references,
        secrets=asked.secrets,
        standard=False,
    )
    return Facts(path, kind="config", deployments=(deployment,), problems=problems)


def _settings(config: Document) -> Iterator[tuple[str, str, int]]:
    for name, value in config.table("env").items():
        given = value.get("value") if isinstance(value, dict) else value
        yield name, given if isinstance(given, str) else "", config.line("env", name)
