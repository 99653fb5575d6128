"""Railway: railway.json and railway.toml (one service), nixpacks.toml (how it is built).

https://docs.railway.com/config-as-code/reference . The project's own .railway/railway.ts is read in railway_project.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Final

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, StageFacts
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.facts.reading import document
from chittyops.kernel.inventory import Finding

RANK: Final = 70
CODES: Final[Mapping[str, tuple[str, str]]] = {
    "deprecated-config": ("info", "The platform stops reading this kind of configuration file on a date it has named."),
}
_END: Final = "2026-12-01"


def read(path: str, text: str) -> Facts:
    """Return what a railway.json or railway.toml tells; its environments override its other settings."""
    config, problems = document(path, text)
    if config.data:
        message = f"Railway stops reading {posixpath.basename(path)} on {_END}"
        hint = "run `railway config pull` and keep the project in .railway/railway.ts"
        problems = (*problems, Finding("deprecated-config", "info", path, message, 1, 1, hint))
    stages = {"": _stage(config)} | {name: _stage(config, name) for name in config.table("environments")}
    command = _command(config)
    name = posixpath.basename(path)
    deployment = Deployment(
        "railway",
        rank=RANK,
        entrypoint=launch.entrypoint(command),
        entrypoint_line=config.line("deploy", "startCommand"),
        stages=stages,
        start=command,
        build=config.text("build", "buildCommand"),
        health=config.text("deploy", "healthcheckPath"),
        health_line=config.line("deploy", "healthcheckPath"),
        standard=name in {"railway.json", "railway.toml"},
    )
    return Facts(path, kind="config", deployments=(deployment,) if config.data else (), problems=problems)


def nixpacks(path: str, text: str) -> Facts:
    """Return what a nixpacks.toml tells (https://nixpacks.com/docs/configuration/file): how to start and build.

    It deploys nothing itself: its rank is below that of any platform that reads it.
    """
    config, problems = document(path, text)
    command = config.text("start", "cmd")
    commands = config.at("phases", "build", "cmds")
    build = " && ".join(map(str, commands)) if isinstance(commands, list) else ""
    if not command:
        return Facts(path, kind="config", problems=problems)
    deployment = Deployment("railway", rank=28, entrypoint=launch.entrypoint(command), start=command, build=build)
    return Facts(path, kind="config", deployments=(deployment,), problems=problems)


def _command(config: Document) -> str:
    return config.text("deploy", "startCommand")


def _stage(config: Document, environment: str = "") -> StageFacts:
    cron = config.text("environments", environment, "deploy", "cronSchedule") if environment else ""
    cron = cron or config.text("deploy", "cronSchedule")
    return StageFacts(crons=(cron,) if cron else ())
