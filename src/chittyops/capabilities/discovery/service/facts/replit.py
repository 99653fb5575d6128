"""Replit: .replit (https://docs.replit.com/replit-app/configuration)."""

from __future__ import annotations

from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, parse_toml
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, StageFacts
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.facts.environment import needs, port, store, table
from chittyops.capabilities.discovery.service.facts.reading import document

RANK: Final = 35
_COMMANDS: Final = (("run",), ("deployment", "build"), ("deployment", "run"))
_SHELL: Final = ("sh", "-c")


def read(path: str, text: str) -> Facts:
    """Return what a .replit tells: one service, run as deployed where a deployment is set up."""
    config, problems = document(path, text, parse_toml)
    asked = needs((*table(config, "env"), *table(config, "run", "env"), *table(config, "userenv", "shared")))
    command = _command(config, "deployment", "run") or _command(config, "run")
    source = config.text("entrypoint")
    kinds = {"static": "static", "scheduled": "job"}
    deployment = Deployment(
        "replit",
        kind=kinds.get(config.text("deployment", "deploymentTarget"), ""),
        entrypoint=launch.entrypoint(command) or ("" if source.endswith((".html", ".md")) else source),
        entrypoint_line=config.line("deployment", "run") if config.at("deployment", "run") else config.line("run"),
        rank=RANK,
        stages={"": StageFacts(bindings=_modules(config), vars=asked.vars)},
        references=asked.references,
        secrets=asked.secrets,
        start=command,
        build=_command(config, "deployment", "build"),
        commands=tuple((_command(config, *keys), config.line(*keys)) for keys in _COMMANDS if config.at(*keys)),
        ports=tuple(each for _, row in config.rows("ports") for each in port(row.get("localPort"))),
        output=config.text("deployment", "publicDir"),
    )
    runs = command or config.table("deployment") or config.at("modules")
    return Facts(path, kind="config", deployments=(deployment,) if runs else (), problems=problems)


def _command(config: Document, *keys: str) -> str:
    value = config.at(*keys)
    if isinstance(value, dict):
        value = value.get("args") or value.get("command")
    if isinstance(value, list) and tuple(value[:2]) == _SHELL and len(value) > len(_SHELL):
        value = value[len(_SHELL)]
    return launch.line(value)


def _modules(config: Document) -> dict[str, tuple[dict[str, Any], ...]]:
    """Return the database that comes with a workspace that asks for one."""
    modules = config.at("modules")
    has = any(str(each).startswith("postgresql") for each in (modules if isinstance(modules, list) else ()))
    return {"databases": (store("postgres", variable="DATABASE_URL"),)} if has else {}
