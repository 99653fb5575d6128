"""Clouds and servers: App Engine, Cloud Run, Serverless Framework, systemd, PM2."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, parse_yaml
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, StageFacts
from chittyops.capabilities.discovery.service.facts import docker, launch, literals
from chittyops.capabilities.discovery.service.facts.environment import Needs, needs, table
from chittyops.capabilities.discovery.service.facts.reading import document

RANK: Final = 45
_RUNTIME: Final = re.compile(r"(?:nodejs|python|go|php|ruby|java)\d*|custom")
_UNIT: Final = re.compile(r"^(ExecStart|Type)\s*=\s*[-@:+!]*(.*?)\s*$", re.MULTILINE)
_SHELVES: Final = re.compile(r"(?:systemd|units?|services?|scripts?|etc|system)")
_SCHEDULE: Final = re.compile(r"(?:rate|cron)\(.*\)")


def app_engine(path: str, text: str) -> Facts:
    """Return what an app.yaml of App Engine tells; other files of that name tell nothing."""
    if "runtime:" not in text or "{{" in text:
        return Facts(path)
    config, problems = document(path, text, parse_yaml)
    if not _RUNTIME.fullmatch(config.text("runtime")):
        return Facts(path, problems=problems)
    command = config.text("entrypoint")
    deployment = _deployment("app-engine", config.text("service"), command, needs(table(config, "env_variables")))
    return Facts(path, kind="config", deployments=(deployment,), problems=problems)


def cloud_run(path: str, text: str) -> Facts:
    """Return what the service.yaml of a Knative service, as Cloud Run takes it, tells."""
    if "serving.knative.dev" not in text or "{{" in text:
        return Facts(path)
    config, problems = document(path, text, parse_yaml)
    at = ("spec", "template", "spec", "containers", 0)
    probe = (*at, "livenessProbe", "httpGet", "path")
    deployment = Deployment(
        "cloud-run",
        line=config.line("metadata", "name"),
        name=config.text("metadata", "name"),
        rank=RANK,
        health=config.text(*probe),
        health_line=config.line(*probe),
        standard=False,
    )
    deployments = (deployment,) if config.text("kind") == "Service" else ()
    return Facts(path, kind="config", deployments=deployments, problems=problems)


def serverless(path: str, text: str) -> Facts:
    """Return what a serverless.yml tells (https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml)."""
    config, problems = document(path, text, parse_yaml)
    if not config.at("service"):
        return Facts(path, kind="config", problems=problems)
    asked = needs(table(config, "provider", "environment"))
    stage = StageFacts(crons=tuple(_schedules(config)), vars=asked.vars)
    deployment = Deployment(
        "serverless",
        line=config.line("service"),
        name=config.text("service") or config.text("service", "name"),
        rank=RANK,
        stages={"": stage},
        references=asked.references,
        secrets=asked.secrets,
    )
    return Facts(path, kind="config", deployments=(deployment,), problems=problems)


def _schedules(config: Document) -> Iterator[str]:
    for name in config.table("functions"):
        for _, event in config.rows("functions", name, "events"):
            schedule: Any = event.get("schedule")
            rates = schedule.get("rate") if isinstance(schedule, dict) else schedule
            for rate in rates if isinstance(rates, list) else [rates]:
                if isinstance(rate, str) and _SCHEDULE.fullmatch(rate):
                    yield rate


def systemd(path: str, text: str) -> Facts:
    """Return what a unit tells: a service, where it starts a program in a language of ours.

    The unit names files on the machine it is installed on, so its entry point is not looked for here.
    """
    keys = {found[1]: (found[2], text.count("\n", 0, found.start()) + 1) for found in _UNIT.finditer(text)}
    command, line = keys.get("ExecStart", ("", 1))
    if not launch.entrypoint(command.replace("/usr/bin/env ", "")) and not launch.source(command):
        return Facts(path, kind="config")
    folder = posixpath.dirname(path)
    shelf = _SHELVES.fullmatch(posixpath.basename(folder)) is not None
    away = posixpath.join("..", docker.folder(posixpath.dirname(folder))) if shelf else docker.folder(folder)
    deployment = Deployment(
        "systemd",
        line=line,
        name=posixpath.basename(path).removesuffix(".service").removesuffix("@"),
        folder=posixpath.normpath(away) if away else "",
        kind="job" if keys.get("Type", ("", 0))[0] == "oneshot" else "",
        rank=RANK - 12,
    )
    return Facts(path, kind="config", deployments=(deployment,))


def pm2(path: str, text: str) -> Facts:
    """Return what is literal in an ecosystem.config.js (https://pm2.keymetrics.io/docs/usage/application-declaration/)."""
    config = literals.exported(literals.parse(text))
    return Facts(path, kind="config", deployments=tuple(_processes(config)))


def _processes(config: Document) -> Iterator[Deployment]:
    for index, _ in config.rows("apps"):
        at = ("apps", index)
        asked = needs(table(config, *at, "env"))
        source, folder = config.text(*at, "script"), config.text(*at, "cwd")
        cron = config.text(*at, "cron_restart")
        away = posixpath.normpath(folder) if folder and not folder.startswith("/") else ""
        is_ours = bool(launch.source(source)) and not source.startswith("/")
        yield Deployment(
            "pm2",
            line=config.line(*at),
            name=config.text(*at, "name"),
            folder=away,
            entrypoint=posixpath.normpath(posixpath.join(away, source)) if is_ours else "",
            entrypoint_line=config.line(*at, "script"),
            rank=RANK - 7,
            stages={"": StageFacts(crons=(cron,) if cron else (), vars=asked.vars)},
            references=asked.references,
            secrets=asked.secrets,
        )


def _deployment(platform: str, name: str, command: str, asked: Needs) -> Deployment:
    return Deployment(
        platform,
        name="" if name == "default" else name,
        entrypoint=launch.entrypoint(command),
        rank=RANK,
        stages={"": StageFacts(vars=asked.vars)},
        references=asked.references,
        secrets=asked.secrets,
        start=command,
    )
