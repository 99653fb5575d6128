"""What the services of a workspace can be found by, made once for all of them."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Reference, StageFacts
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.facts.wrangler import STANDARD
from chittyops.capabilities.discovery.service.graph import variables
from chittyops.capabilities.discovery.service.graph.hosts import Hosts
from chittyops.capabilities.discovery.service.graph.modules import within
from chittyops.capabilities.discovery.service.graph.names import PRODUCTION, Names, best, deployed_names
from chittyops.capabilities.discovery.service.graph.reach import Reach
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService

CONFIG: Final = "config"
NO_EVIDENCE: Final = frozenset({"test", "document", "lock", "data"})
"""Kinds of files that say nothing of what a service depends on."""
_CONTAINER: Final = "docker"
_SET_ASIDE: Final = re.compile(
    r"(?: copy(?: \d+)?|~|[._-](?:bak|backup|old|orig|disabled|off))(?:\.\w+)?$", re.IGNORECASE
)
LOCAL: Final = re.compile(
    r"(?:(?:.*\.)?localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|host\.docker\.internal|)(?::(?P<port>\d+))?|\[.*"
)
"""Hosts that are the machine itself."""
_LISTENS: Final = re.compile(r"(?:^|[\s;&])(?:PORT=|(?:--port|-p)[ =])(\d{4,5})\b")
_RUN: Final = frozenset({"canonical", "variant", "stub"})
_EXAMPLES: Final = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", ".dev.vars.example")
_PACKAGE_NAME: Final = re.compile(r"[-_.]+")

Identity = tuple[str, str]
Address = tuple[str, str]
"""Host and path."""


def identity(service: FoundService) -> Identity:
    """Return what tells ``service`` from all others: its folder and name."""
    return service.path, service.name


def address(target: str) -> Address:
    """Return host and path of a URL or a bare host, in lower case; the port is kept for this machine alone."""
    parts = urlsplit(target if "://" in target else f"//{target}")
    host = parts.netloc.rpartition("@")[2].lower().rstrip(".")
    return host if LOCAL.fullmatch(host) else host.split(":")[0].rstrip("."), parts.path


class Index:
    """Finds services by name, host, queue, database, package and place in a compose file."""

    def __init__(self, world: World) -> None:
        """Index the services of ``world``."""
        self.world: Final = world
        self.reach: Final = Reach(world)
        self.hosts: Final = Hosts(world.services, _named_hosts(world), _own_domains(world))
        self.names: Final[Names] = self.hosts.names

    @cached_property
    def deployments(self) -> Mapping[Identity, Sequence[tuple[Facts, Deployment]]]:
        """What configuration files deploy, by the service that it is."""
        found: dict[Identity, list[tuple[Facts, Deployment]]] = defaultdict(list)
        by_file: dict[str, list[FoundService]] = defaultdict(list)
        for service in self.world.services:
            for path in service.config_files:
                by_file[path].append(service)
        for path, services in by_file.items():
            facts = self.world.facts.get(path, Facts(path))
            for deployment in facts.deployments:
                for service in _deployed(facts, deployment, services):
                    found[identity(service)].append((facts, deployment))
        return found

    @cached_property
    def values(self) -> Mapping[Identity, Mapping[str, Address]]:
        """The addresses that the configuration of a service gives to variables, by their names; production's first."""
        found: dict[Identity, dict[str, Address]] = defaultdict(dict)
        for owner, deployments in self.deployments.items():
            for _, deployment in deployments:
                ordered = sorted(deployment.references, key=lambda each: PRODUCTION.fullmatch(each.environment) is None)
                values, named = valued(ordered)
                for line, name in named.items():
                    if line in values:
                        found[owner].setdefault(name, values[line])
        return found

    @cached_property
    def stacks(self) -> Mapping[tuple[str, str], FoundService]:
        """Services by repository and the name that compose files have for them: a host in the network they make."""
        found: dict[tuple[str, str], list[FoundService]] = defaultdict(list)
        for service in self.world.services:
            for _, deployment in self.deployments.get(identity(service), ()):
                names = (deployment.name, *deployment.aliases) if deployment.platform == _CONTAINER else ()
                for name in filter(None, names):
                    found[service.repository, name.lower()].append(service)
        return {name: chosen for name, services in found.items() if (chosen := best(services))}

    def listening(self, host: str, near: str) -> FoundService | None:
        """Return the service of the repository ``near`` that answers at ``host``, a port of the machine itself."""
        local = LOCAL.fullmatch(host)
        return self.ports.get((near, int(local["port"]))) if local and local["port"] else None

    @cached_property
    def ports(self) -> Mapping[tuple[str, int], FoundService]:
        """Services by repository and the port of the machine where they answer, if no other one answers there too."""
        found: dict[tuple[str, int], dict[Identity, FoundService]] = defaultdict(dict)
        for service in self.world.services:
            for port in self._listens(service) if service.status in _RUN else ():
                found[service.repository, port][identity(service)] = service
        return {place: next(iter(alone.values())) for place, alone in found.items() if len(alone) == 1}

    def _listens(self, service: FoundService) -> Iterator[int]:
        for _, deployment in self.deployments.get(identity(service), ()):
            yield from deployment.ports
        manifest = self.world.facts.get(posixpath.join(service.path, "package.json").removeprefix("./"))
        for command in manifest.package.scripts.values() if manifest and manifest.package else ():
            yield from (int(port) for port in _LISTENS.findall(command))
        for name in _EXAMPLES:
            example = self.world.facts.get(posixpath.join(service.path, name).removeprefix("./"))
            yield from (int(each.target) for each in (example.references if example else ()) if each.kind == "own-port")
        for path in self.reach.of(service):
            facts = self.world.facts.get(path)
            if facts and facts.code and places.inside(path, service.path):
                yield from facts.code.ports

    @cached_property
    def consumers(self) -> Mapping[str, Sequence[FoundService]]:
        """Services by the queues that they take messages from."""
        found: dict[str, list[FoundService]] = defaultdict(list)
        for service in self.world.services:
            for stage in self.stages(service):
                for queue in consumed(stage):
                    if service not in found[queue]:
                        found[queue].append(service)
        return found

    @cached_property
    def _folders(self) -> Mapping[str, Sequence[FoundService]]:
        found: dict[str, list[FoundService]] = defaultdict(list)
        for service in self.world.services:
            found[service.path].append(service)
        return found

    def siblings(self, service: FoundService) -> Sequence[FoundService]:
        """Return the services of the folder of ``service``, itself among them, the main one first."""
        return self._folders[service.path]

    @cached_property
    def packages(self) -> Mapping[tuple[str, str], Sequence[FoundService]]:
        """Services and libraries by ecosystem and name of the package that they are."""
        found: dict[tuple[str, str], list[FoundService]] = defaultdict(list)
        for path, facts in self.world.facts.items():
            if facts.package is not None and facts.package.name:
                key = (facts.package.ecosystem, package_name(facts.package.name))
                found[key] += self._folders.get(posixpath.dirname(path) or ".", ())[:1]
        return found

    def stages(self, service: FoundService) -> Iterator[StageFacts]:
        """Yield the environments that the configuration files of ``service`` define, of those that a tool reads."""
        for facts, deployment in self.deployments.get(identity(service), ()):
            if is_live(facts, deployment) and not is_shadowed(self.world, facts.path):
                yield from deployment.stages.values()

    def only_worker(self, repository: str) -> str:
        """Return the name of the one Worker of a repository; "" where it has none or several."""
        found = [each for each in self.world.services if each.repository == repository and each.kind == "worker"]
        return found[0].name if len(found) == 1 else ""

    def at(self, host: str, path: str, near: str) -> FoundService | None:
        """Return the service that answers at ``host``, which may be a name in the network of a compose file."""
        if "." not in host:
            return self.stacks.get((near, host))
        return self.hosts.service(host, path, near)


def valued(references: Iterable[Reference]) -> tuple[dict[int, Address], dict[int, str]]:
    """Return the addresses and the variables for them that one file's ``references`` name, both by line."""
    values: dict[int, Address] = {}
    named: dict[int, str] = {}
    for each in references:
        if each.kind == "literal-url":
            values.setdefault(each.line, address(each.target))
        elif each.kind == "variable-url":
            named.setdefault(each.line, each.target)
    return values, named


def consumed(stage: StageFacts) -> Iterator[str]:
    """Yield the queues that a service takes messages from in an environment."""
    for kind, rows in stage.bindings.items():
        if "consumer" in kind or kind == "queues":
            for row in rows:
                if "consumer" in kind or "binding" not in row:
                    yield str(row.get("queue", ""))


def dead_letters(stage: StageFacts) -> Iterator[str]:
    """Yield the queues that take the messages which a service fails to handle in an environment."""
    for row in stage.bindings.get("queue_consumers", ()):
        if isinstance(row.get("dead_letter_queue"), str):
            yield row["dead_letter_queue"]


def produced(stage: StageFacts) -> Iterator[tuple[str, int]]:
    """Yield the queues that a service sends messages to in an environment, with lines (0 where unknown)."""
    for row in stage.bindings.get("queues", ()):
        if isinstance(row.get("queue"), str) and "binding" in row:
            yield row["queue"], stage.lines.get(f"queues/{row['binding']}", 0)


def rows(stage: StageFacts, kind: str) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield the bindings of a kind with their lines (0 where unknown)."""
    for row in stage.bindings.get(kind, ()):
        yield row, stage.lines.get(f"{kind}/{row.get('binding', row.get('name', ''))}", 0)


def is_live(facts: Facts, deployment: Deployment) -> bool:
    """Return whether a deployment is one that a tool would make: no template, no harness, no file that is set aside."""
    return not (deployment.template or deployment.local_only or _SET_ASIDE.search(facts.path))


def is_shadowed(world: World, path: str) -> bool:
    """Return whether wrangler never reads the file at ``path``, because its folder has one that it prefers."""
    folder, file = posixpath.split(path)
    preferred = STANDARD[: STANDARD.index(file)] if file in STANDARD else ()
    return any(posixpath.join(folder, each) in world.paths for each in preferred)


def package_name(name: str) -> str:
    """Return a package's name in the form that registries compare (PEP 503; npm's names are lower-case as it is)."""
    return _PACKAGE_NAME.sub("-", name).lower()


def _deployed(facts: Facts, deployment: Deployment, services: Sequence[FoundService]) -> Sequence[FoundService]:
    """Return which of the ``services`` that a file configures one of its deployments is."""
    folder = within(posixpath.dirname(facts.path), deployment.folder or ".") or "."
    here = [each for each in services if each.path == folder] or list(services)
    names = {deployment.name, *(stage.name for stage in deployment.stages.values())} - {""}
    named = [each for each in here if names & {name for _, name in deployed_names(each)}]
    alone = len(here) == 1 and (not named or len(facts.deployments) == 1)
    return here if alone or not (named or len(here) > 1) else named or here[:1]


def _named_hosts(world: World) -> Iterator[tuple[str, str]]:
    """Yield what variables are about with the hosts that stand on their lines."""
    for facts in world.facts.values():
        named: dict[int, list[str]] = defaultdict(list)
        for reference in _references(facts):
            if reference.kind == "variable-url":
                named[reference.line] += variables.subjects(reference.target)
        for variable in facts.code.variables if facts.code else ():
            named[variable.line] += variables.subjects(variable.name)
        if named:
            yield from _paired(facts, named)


def _own_domains(world: World) -> Iterator[str]:
    """Yield the domains that configurations tell to be the workspace's own."""
    for facts in world.facts.values():
        yield from (each.target for each in _references(facts) if each.kind == "own-domain")


def _paired(facts: Facts, named: Mapping[int, Sequence[str]]) -> Iterator[tuple[str, str]]:
    for reference in _references(facts):
        if reference.kind == "literal-url":
            for subject in named.get(reference.line, ()):
                yield subject, address(reference.target)[0]
    for url in facts.code.urls if facts.code else ():
        for subject in named.get(url.line, ()):
            yield subject, address(url.host)[0]


def _references(facts: Facts) -> Iterator[Reference]:
    yield from facts.references
    for deployment in facts.deployments:
        yield from deployment.references
