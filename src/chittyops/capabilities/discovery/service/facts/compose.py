"""Compose files (https://docs.docker.com/reference/compose-file/): what they build, and what that needs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, parse_yaml
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Reference, StageFacts
from chittyops.capabilities.discovery.service.facts import docker, launch
from chittyops.capabilities.discovery.service.facts.environment import bound, needs, port, store, table
from chittyops.capabilities.discovery.service.facts.reading import document
from chittyops.kernel.inventory import Finding

RANK: Final = 32
_STANDARD: Final = re.compile(r"(?:docker-)?compose\.ya?ml")
_TESTING: Final = re.compile(
    r"(?:^|.*[._/-])(?:tests?|testing|e2e|ci|integration|playwright|cypress|sut)(?:[._/-].*|$)"
)
_BESIDE_TESTS: Final = re.compile(r"(?:^|/)(?:cypress|playwright|e2e|tests?|examples?|docs?)/")
_RUNTIME: Final = re.compile(r"(?:.*/)?(?:node|python|oven/bun|bun|deno|denoland/deno|golang|ruby|php|pnpm)(?:[:@].*)?")
_IMAGES: Final = (
    (re.compile(r"(?:^|/)(?:postgres|postgresql|postgis|timescaledb(?:-ha)?|pgvector|citus)(?:[:@]|$)"), "postgres"),
    (re.compile(r"(?:^|/)(?:mysql|mariadb|percona)(?:[:@]|$)"), "mysql"),
    (re.compile(r"(?:^|/)(?:redis|redis-stack(?:-server)?|valkey|keydb|dragonfly)(?:[:@]|$)"), "redis"),
    (re.compile(r"(?:^|/)(?:mongo|mongodb(?:-community-server)?)(?:[:@]|$)"), "mongodb"),
    (re.compile(r"(?:^|/)clickhouse(?:-server)?(?:[:@]|$)"), "clickhouse"),
    (re.compile(r"(?:^|/)(?:elasticsearch|opensearch)(?:[:@]|$)"), "elasticsearch"),
    (re.compile(r"(?:^|/)neo4j(?:[:@]|$)"), "neo4j"),
    (re.compile(r"(?:^|/)qdrant(?:[:@]|$)"), "qdrant"),
    (re.compile(r"(?:^|/)memcached(?:[:@]|$)"), "memcached"),
)
_ADDRESS: Final = re.compile(r"(?:[a-z][a-z0-9+.]*://)?(?:[^/@\s]*@)?([A-Za-z0-9][\w.-]*)(?=[:/?\s,]|$)")
_DEFAULT: Final = re.compile(r"\$\{\w+:?-([^}]*)\}")
_BARE: Final = re.compile(r"[\w-]+")
_PLACE: Final = re.compile(
    r"(?i).*(?:HOST|HOSTNAME|ADDR|ADDRESS|URL|URI|ENDPOINT|SERVER|SERVICE|BROKER|NODE|PEER|UPSTREAM|PROXY|TARGET|DOMAIN)S?"
)
"""Variables whose value is where something is found, though it is one word alone."""


def read(path: str, text: str) -> Facts:
    """Return what a compose file tells of the services it builds; images of others are no services of ours.

    Several services made of one build are one that runs several processes: the one that listens gives the name.
    """
    found, problems = document(path, text, parse_yaml)
    services = {name: _extended(found, name) for name in found.table("services")}
    ours = [name for name, service in services.items() if _is_ours(service) and not _tests(path, name, service)]
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in ours:
        groups.setdefault(_build(services[name]), []).append(name)
    stack = _Stack(path, found, services)
    deployments = tuple(stack.deployment(names) for names in groups.values())
    checks = tuple(finding for name, service in services.items() for finding in _unhealthy(path, found, name, service))
    return Facts(path, kind="config", deployments=deployments, problems=(*problems, *checks))


def _unhealthy(path: str, found: Document, name: str, service: Mapping[str, Any]) -> Iterator[Finding]:
    check = service.get("healthcheck")
    if isinstance(check, dict) and not _tests(path, name, service) and not _BESIDE_TESTS.search(path):
        yield from launch.unhealthy(path, name, check.get("test"), found.line("services", name, "healthcheck", "test"))


def _extended(found: Document, name: str) -> dict[str, Any]:
    """Return a service with what it extends in the same file (in other files it is read there)."""
    own = found.table("services", name)
    extends = own.get("extends")
    other = extends if isinstance(extends, str) else extends.get("service") if isinstance(extends, dict) else None
    elsewhere = isinstance(extends, dict) and "file" in extends
    if not isinstance(other, str) or other == name or elsewhere:
        return own
    return {**found.table("services", other), **own}


def _is_ours(service: Mapping[str, Any]) -> bool:
    """Return whether the service is built here, or runs a folder of ours in the plain image of a language."""
    if service.get("build"):
        return isinstance(service["build"], str | dict)
    return _RUNTIME.fullmatch(str(service.get("image", ""))) is not None and bool(_mounted(service))


def _tests(path: str, name: str, service: Mapping[str, Any]) -> bool:
    """Return whether a service only runs tests, or its whole file is there for them."""
    parts = (posixpath.basename(path), posixpath.basename(posixpath.dirname(path)), name, *_build(service)[1:3])
    return any(map(_TESTING.fullmatch, parts))


def _mounted(service: Mapping[str, Any]) -> str:
    """Return the folder of ours that a service sees first, "" for none."""
    volumes = service.get("volumes")
    for volume in volumes if isinstance(volumes, list) else ():
        source = volume.get("source") if isinstance(volume, dict) else str(volume).partition(":")[0]
        if isinstance(source, str) and source.startswith("."):
            return source
    return ""


def _build(service: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return folder, Dockerfile, target and image of what a service is built of."""
    build = service.get("build")
    if isinstance(build, str):
        return _plain(build), "", "", ""
    if not isinstance(build, dict):
        return _plain(_mounted(service)), "", "", str(service.get("image"))
    context, dockerfile = _plain(str(build.get("context") or ".")), str(build.get("dockerfile") or "")
    if "dockerfile_inline" in build or "://" in context:
        return context if "://" not in context else "", "", str(build.get("target") or ""), ""
    own = posixpath.dirname(posixpath.normpath(posixpath.join(context, dockerfile)))
    inner = posixpath.normpath(posixpath.join(posixpath.dirname(dockerfile), docker.folder(own)))
    # A Dockerfile below its context stands in the folder of the service that it builds.
    below = dockerfile and not inner.startswith("..") and inner != "."
    return _plain(posixpath.join(context, inner)) if below else context, dockerfile, str(build.get("target") or ""), ""


def _published(service: Mapping[str, Any]) -> Iterator[int]:
    """Yield the ports of the machine that lead to a service."""
    ports = service.get("ports")
    for each in ports if isinstance(ports, list) else ():
        published = each.get("published") if isinstance(each, dict) else _DEFAULT.sub(r"\1", str(each)).split("/")[0]
        host = str(published).split(":")[-2:] if isinstance(each, dict) or ":" in str(published) else []
        yield from port(host[0]) if host else ()


def _plain(folder: str) -> str:
    folder = posixpath.normpath(_DEFAULT.sub(r"\1", folder) or ".")
    return "" if folder == "." else folder


class _Stack:
    """One compose file."""

    def __init__(self, path: str, found: Document, services: Mapping[str, dict[str, Any]]) -> None:
        self._standard = _STANDARD.fullmatch(posixpath.basename(path)) is not None
        self._found = found
        self._services = services
        self._stores = {name: kind for name, service in services.items() if (kind := _store(service))}

    def deployment(self, names: list[str]) -> Deployment:
        """Return what the services ``names``, which are made of one build, deploy."""
        name = next((each for each in names if "ports" in self._services[each]), names[0])
        asked = needs(setting for each in names for setting in self._settings(each))
        stores = dict(found for each in names for found in self._databases(each))
        bindings, lines = bound(stores.values())
        health = ("services", name, "healthcheck", "test")
        command = launch.line(self._services[name].get("command"))
        return Deployment(
            "docker",
            line=self._found.line("services", name),
            name=name,
            folder=_build(self._services[name])[0],
            rank=RANK if self._standard else RANK - 1,
            stages={"": StageFacts(bindings=bindings, vars=self._variables(names), lines=lines)},
            references=(*self._references(names), *asked.references),
            secrets=asked.secrets,
            start="" if "build" in self._services[name] else command,
            health=launch.health_path(self._found.at(*health)),
            health_line=self._found.line(*health),
            standard=self._standard,
            aliases=tuple(str(self._services[each]["container_name"]) for each in names if self._is_called(each)),
            ports=tuple(port for each in names for port in _published(self._services[each])),
        )

    def _is_called(self, name: str) -> bool:
        """Return whether a service has a name in the network that other files can call it by."""
        return isinstance(self._services[name].get("container_name"), str)

    def _variables(self, names: list[str]) -> tuple[str, ...]:
        """Return the names of all variables, those that lead to other services too."""
        settings = (setting for each in names for setting in table(self._found, "services", each, "environment"))
        return tuple(dict.fromkeys(name for name, _, _ in settings))

    def _settings(self, name: str) -> Iterator[tuple[str, str, int]]:
        """Yield the variables that lead to no other service of the file."""
        for variable, value, line in table(self._found, "services", name, "environment"):
            if self._sibling(variable, value) is None:
                yield variable, value, line

    def _sibling(self, variable: str, value: str) -> str | None:
        """Return the other service that a variable's value leads to."""
        value = _DEFAULT.sub(r"\1", value)
        if _BARE.fullmatch(value) and not _PLACE.fullmatch(variable):
            return None  # a word that is also the name of a service
        address = _ADDRESS.match(value) if value else None
        return address[1] if address and address[1] in self._services else None

    def _needed(self, name: str) -> Iterator[tuple[str, str, int]]:
        """Yield the other services that ``name`` needs, with the variable ("" for an order of starting) and line."""
        for key in ("depends_on", "links"):
            needed = self._found.at("services", name, key)
            if isinstance(needed, dict):
                yield from ((str(each), "", self._found.line("services", name, key, each)) for each in needed)
            elif isinstance(needed, list):
                for index, each in enumerate(needed):
                    yield str(each).partition(":")[0], "", self._found.line("services", name, key, index)
        for variable, value, line in table(self._found, "services", name, "environment"):
            sibling = self._sibling(variable, value)
            stranger = _ADDRESS.match(value) if _PLACE.fullmatch(variable) else None
            if sibling is not None:
                yield sibling, variable, line
            elif stranger and "." not in stranger[1] and stranger[1] != "localhost":
                yield stranger[1], variable, line

    def _references(self, names: list[str]) -> Iterator[Reference]:
        for target, _, line in dict.fromkeys(needed for each in names for needed in self._needed(each)):
            if target not in names and target not in self._stores:
                yield Reference("compose", target, line)

    def _databases(self, name: str) -> Iterator[tuple[str, tuple[dict[str, Any], int]]]:
        """Yield the databases by name: one that a variable leads to comes last and so counts."""
        loose = {row["variable"]: (row["engine"], line) for row, line in needs(self._settings(name)).databases}
        siblings = [each for each in self._needed(name) if each[0] in self._stores]
        for target, variable, line in siblings:
            kind = self._stores[target]
            alone = {each for each, _, _ in siblings if self._stores[each] == kind} == {target}
            # The one variable for this kind of database leads to it, though its value is not written here.
            given = _only(kind, loose) if alone and not variable else None
            called, at = given or (variable, line)
            loose.pop(called, None)
            yield target, (store(kind, name=target, variable=called), at)
        for variable, (kind, line) in loose.items():
            yield variable, (store(kind, variable=variable), line)


def _only(kind: str, variables: Mapping[str, tuple[str, int]]) -> tuple[str, int] | None:
    """Return the variable that leads to a database of ``kind`` with its line, where there is exactly one."""
    found = [(name, line) for name, (each, line) in variables.items() if each in {kind, ""}]
    return found[0] if len(found) == 1 else None


def _store(service: Mapping[str, Any]) -> str:
    image = str(service.get("image", "")) if "build" not in service else ""
    return next((kind for pattern, kind in _IMAGES if pattern.search(image)), "")
