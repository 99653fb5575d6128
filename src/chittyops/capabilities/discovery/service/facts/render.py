"""Render: render.yaml (https://render.com/docs/blueprint-spec)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, Keys, parse_yaml
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Reference, StageFacts
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.facts.environment import Needs, bound, needs, store
from chittyops.capabilities.discovery.service.facts.reading import document

RANK: Final = 60
_STORES: Final = {"redis": "redis", "keyvalue": "redis"}
_KINDS: Final = {"cron": "job", "static": "static"}
_COMMANDS: Final = ("buildCommand", "startCommand", "preDeployCommand")


def read(path: str, text: str) -> Facts:
    """Return what a render.yaml tells: several services, with the databases and services they are given."""
    config, problems = document(path, text, parse_yaml)
    places: list[Keys] = [()]
    for index, _ in config.rows("projects"):
        places += [
            ("projects", index, "environments", each) for each, _ in config.rows("projects", index, "environments")
        ]
    rows = [((*at, "services", index), row) for at in places for index, row in config.rows(*at, "services")]
    stores = {str(row.get("name", "")): "postgres" for at in places for _, row in config.rows(*at, "databases")}
    stores |= {str(row.get("name", "")): _STORES[row["type"]] for _, row in rows if row.get("type") in _STORES}
    deployments = tuple(
        _deployment(config, keys, stores)
        for keys, row in rows
        if row.get("type") not in _STORES and not _is_foreign(row)
    )
    return Facts(path, kind="config", deployments=deployments, problems=problems)


def _is_foreign(row: dict[str, Any]) -> bool:
    """Return whether the service runs an image made elsewhere."""
    return "image" in row or row.get("runtime") == "image" or row.get("env") == "image"


def _deployment(config: Document, keys: Keys, stores: dict[str, str]) -> Deployment:
    command = config.text(*keys, "startCommand") or config.text(*keys, "dockerCommand")
    asked = _asked(config, keys)
    kind, folder = config.text(*keys, "type"), _folder(config, keys)
    static = "static" in {config.text(*keys, "runtime"), config.text(*keys, "env")}
    return Deployment(
        "render",
        line=config.line(*keys, "name"),
        name=config.text(*keys, "name"),
        folder=folder,
        kind="static" if static else _KINDS.get(kind, ""),
        entrypoint=launch.entrypoint(command, folder),
        entrypoint_line=config.line(*keys, "startCommand"),
        rank=RANK,
        stages={"": _stage(config, keys, stores, asked)},
        references=(*_references(config, keys, stores), *asked.references),
        secrets=asked.secrets,
        start=command,
        build=config.text(*keys, "buildCommand"),
        commands=tuple((config.text(*keys, key), config.line(*keys, key)) for key in _COMMANDS),
        command_folder=posixpath.normpath(config.text(*keys, "rootDir").lstrip("/") or "."),
        health=config.text(*keys, "healthCheckPath"),
        health_line=config.line(*keys, "healthCheckPath"),
        output=config.text(*keys, "staticPublishPath"),
    )


def _folder(config: Document, keys: Keys) -> str:
    """Return the service's folder: its root, else that of its Dockerfile where it has one of its own."""
    root = config.text(*keys, "rootDir")
    if not root:
        root = config.text(*keys, "dockerContext")
        if posixpath.normpath(root or ".") == ".":
            root = posixpath.dirname(posixpath.normpath(config.text(*keys, "dockerfilePath") or "Dockerfile"))
    folder = posixpath.normpath(root.lstrip("/")) if root else ""
    return "" if folder == "." else folder


def _variables(config: Document, keys: Keys) -> Iterator[tuple[str, dict[str, Any], Keys]]:
    for index, row in config.rows(*keys, "envVars"):
        if isinstance(row.get("key"), str):
            yield row["key"], row, (*keys, "envVars", index)


def _asked(config: Document, keys: Keys) -> Needs:
    """Return what the variables ask for that no other service or database fills in."""
    return needs(
        (name, row["value"] if isinstance(row.get("value"), str) else "", config.line(*at, "key"))
        for name, row, at in _variables(config, keys)
        if "fromService" not in row and "fromDatabase" not in row
    )


def _references(config: Document, keys: Keys, stores: dict[str, str]) -> Iterator[Reference]:
    for _, _, at in _variables(config, keys):
        name = config.text(*at, "fromService", "name")
        if name and name not in stores:
            yield Reference("service-binding", name, config.line(*at, "fromService", "name"))


def _stage(config: Document, keys: Keys, stores: dict[str, str], asked: Needs) -> StageFacts:
    found: dict[str, tuple[dict[str, Any], int]] = {}
    for variable, row, at in _variables(config, keys):
        key = "fromDatabase" if "fromDatabase" in row else "fromService"
        name = config.text(*at, key, "name")
        engine = stores.get(name, "postgres" if key == "fromDatabase" else "")
        if name and engine and name not in found:
            found[name] = (store(engine, name=name, variable=variable), config.line(*at, key, "name"))
    bindings, lines = bound((*found.values(), *asked.databases))
    cron, domains = config.text(*keys, "schedule"), config.at(*keys, "domains")
    return StageFacts(
        bindings=bindings,
        routes=tuple(
            (str(domain), config.line(*keys, "domains", index))
            for index, domain in enumerate(domains if isinstance(domains, list) else ())
        ),
        crons=(cron,) if cron else (),
        vars=tuple(name for name, _, _ in _variables(config, keys)),
        lines=lines,
    )
