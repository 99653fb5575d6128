"""Vercel: vercel.json and the literal parts of vercel.ts (https://vercel.com/docs/project-configuration)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Reference, StageFacts
from chittyops.capabilities.discovery.service.facts import javascript, literals
from chittyops.capabilities.discovery.service.facts.environment import needs, outside, table
from chittyops.capabilities.discovery.service.facts.reading import document

RANK: Final = 80
_IS_CONFIG: Final = re.compile(r"@vercel/config|\bVercelConfig\b|\bexport\s+(?:const\s+config\b|default\b)")
HINT: Final = 1
"""What a file weighs that says how Vercel treats a repository, and not what it deploys of it."""
_SETTINGS: Final = frozenset({"$schema", "git", "github", "version", "public", "ignoreCommand"})
_SOURCES: Final = re.compile(r"(?:^|/)(?:(?:src|cmd|app)/.*|[^/]*)$")
"""What follows a service's own folder in the path of its entry point."""
_SERVICES: Final = ("services", "experimentalServices", "experimentalServicesV2")


def read(path: str, text: str) -> Facts:
    """Return what a vercel.json tells: one service, or those it lists."""
    config, problems = document(path, text)
    return Facts(path, kind="config", deployments=tuple(_deployments(config)), problems=problems)


def read_code(path: str, text: str) -> Facts:
    """Return what is literal in a vercel.ts; where nothing is, its folder is a service all the same.

    Other code may be called vercel.ts too.
    """
    if not _IS_CONFIG.search(text):
        return javascript.read(path, text)
    config = literals.exported(literals.parse(text), "config")
    return Facts(path, kind="config", deployments=tuple(_deployments(config)) or (Deployment("vercel", rank=RANK),))


def _deployments(config: Document) -> Iterator[Deployment]:
    several = [(key, name) for key in _SERVICES for name in config.table(key)]
    for key, name in several:
        yield _service(config, key, name)
    if config.data and not several:
        yield _project(config)


def _project(config: Document) -> Deployment:
    asked = needs((*table(config, "env"), *table(config, "build", "env")))
    if config.data.keys() <= _SETTINGS:
        return Deployment("vercel", rank=HINT)
    return Deployment(
        "vercel",
        name=config.text("name"),
        entrypoint=_entrypoint(config),
        entrypoint_line=config.line("builds", 0, "src"),
        rank=RANK,
        stages={"": StageFacts(routes=_aliases(config), crons=_crons(config), vars=asked.vars)},
        references=(*_elsewhere(config), *asked.references),
        secrets=asked.secrets,
        build=config.text("buildCommand"),
        output=config.text("outputDirectory"),
    )


def _service(config: Document, key: str, name: str) -> Deployment:
    """Return one of the services of a project (https://vercel.com/docs/services)."""
    at = (key, name)
    root, source = config.text(*at, "root"), posixpath.normpath(config.text(*at, "entrypoint") or ".")
    source, around = (source, _SOURCES.sub("", source)) if posixpath.splitext(source)[1] else ("", source)
    bound = [
        Reference("service-binding", str(row["service"]), config.line(*at, "bindings", index, "service"))
        for index, row in config.rows(*at, "bindings")
        if isinstance(row.get("service"), str)
    ]
    # An entry point is relative to the root where one is given, else to this file; it may be a folder too.
    folder = posixpath.normpath(root or around or ".")
    folder = "" if folder == "." else folder
    return Deployment(
        "vercel",
        line=config.line(*at),
        name=name,
        folder=folder,
        entrypoint=posixpath.normpath(posixpath.join(root, source)) if source else "",
        entrypoint_line=config.line(*at, "entrypoint"),
        rank=RANK,
        references=tuple(bound),
        build=config.text(*at, "buildCommand"),
        output=posixpath.join(folder, output) if (output := config.text(*at, "outputDirectory")) else "",
    )


def _entrypoint(config: Document) -> str:
    """Return the one source file that is built; several, patterns and package.json are no entry point."""
    sources = [str(row["src"]) for _, row in config.rows("builds") if isinstance(row.get("src"), str)]
    plain = [each for each in sources if "*" not in each and not each.endswith((".json", ".html"))]
    return plain[0].lstrip("/") if len(plain) == 1 else ""


def _aliases(config: Document) -> tuple[tuple[str, int], ...]:
    alias = config.at("alias")
    found = [alias] if isinstance(alias, str) else alias if isinstance(alias, list) else []
    return tuple((each, config.line("alias")) for each in found if isinstance(each, str) and "." in each)


def _crons(config: Document) -> tuple[str, ...]:
    return tuple(row["schedule"] for _, row in config.rows("crons") if isinstance(row.get("schedule"), str))


def _elsewhere(config: Document) -> Iterator[Reference]:
    """Yield the hosts that requests are passed on to; redirects send the caller away and are no dependency."""
    for keys in (("rewrites",), ("rewrites", "beforeFiles"), ("rewrites", "afterFiles"), ("rewrites", "fallback")):
        for index, row in config.rows(*keys):
            yield from _hosts(config, (*keys, index), row.get("destination"), "destination")
    for index, row in config.rows("routes"):
        if "status" not in row:
            yield from _hosts(config, ("routes", index), row.get("dest"), "dest")


def _hosts(config: Document, keys: tuple[str | int, ...], value: object, key: str) -> Iterator[Reference]:
    for host in outside(value) if isinstance(value, str) else ():
        yield Reference("literal-url", host, config.line(*keys, key))
