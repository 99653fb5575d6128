"""What the files of one service say of others: configuration, code, manifests, shared queues and databases."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chittyops.capabilities.discovery.model.facts import Code, Deployment, Facts, Reference
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.graph import variables
from chittyops.capabilities.discovery.service.graph.hosts import domain, is_hosted
from chittyops.capabilities.discovery.service.graph.index import (
    CONFIG,
    LOCAL,
    NO_EVIDENCE,
    Index,
    address,
    dead_letters,
    identity,
    is_live,
    package_name,
    produced,
    valued,
)
from chittyops.capabilities.discovery.service.graph.names import faces_people, is_generic, squashed
from chittyops.kernel.inventory import Evidence, FoundService

BOUND: Final = frozenset({"service-binding", "tail", "durable-object"})
"""Kinds of references that name another service as it is deployed."""
_LINKED: Final = re.compile(r"(?:workspace|file|link|portal):")
_PUBLISHED: Final = re.compile(r"catalog:|npm:")
"""Versions that come from a registry, whatever package of the workspace has the same name."""
_ANY: Final = frozenset({"*", ""})
_SAME_WORD: Final = frozenset({"API", "BACKEND", "SERVER", "WEB", "FRONTEND", "GATEWAY", "WORKER", "AUTH", "MCP"})
"""Names of services that every second repository has: a variable means the one of its own repository."""
_ASIDE: Final = re.compile(
    r"(?:^|/)(?:tests?|__tests__|e2e|fixtures?|examples?|docs?)/|(?:^|/)(?:tests?[-_.]|(?:vitest|jest|playwright|cypress)\.)[^/]*$"
)
"""Files that are no part of the product when nothing of it imports them, whatever their content looks like."""

_BUNDLER: Final = re.compile(
    r"(?:^|/)(?:(?:vite|next|vue|nuxt|astro|svelte|rsbuild|rspack|webpack|craco)\.config\.[cm]?[jt]s|setupProxy\.[jt]s)$"
)
"""Configuration that passes requests on to other services."""
_USUAL_PORT: Final = re.compile(r":(?:3000|4000|5000|5173|8000|8080|8787|8888)$")


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a service names what it needs: ``target`` is a service's name, or a host outside."""

    target: str
    kind: str
    evidence: Evidence
    reachable: bool = True


def mentions(index: Index, service: FoundService) -> Iterator[Mention]:
    """Yield all that the files of ``service`` say of other services."""
    for facts, deployment in index.deployments.get(identity(service), ()):
        for each in _configured(index, service, facts, deployment):
            yield replace(each, reachable=is_live(facts, deployment))
    reached = index.reach.of(service)
    alone = len(index.siblings(service)) == 1
    files = [each for each in _files(index, service, reached) if each.kind not in NO_EVIDENCE]
    asked = frozenset(variable.name for each in files if each.code for variable in each.code.variables)
    for facts in files:
        references = facts.references if alone else _asked(facts.references, asked)
        yield from _addressed(index, service, facts, references)
        yield from _packaged(index, service, facts)
        if facts.code is not None:
            yield from _coded(
                index, service, facts, facts.code, reachable=is_configuration(facts) or facts.path in reached
            )


def _asked(references: Sequence[Reference], names: frozenset[str]) -> Sequence[Reference]:
    """Return what a file that several services share tells of the variables that the code of one of them reads."""
    lines = {each.line for each in references if each.kind == "variable-url" and each.target not in names}
    return [each for each in references if each.line not in lines]


def _configured(index: Index, service: FoundService, facts: Facts, deployment: Deployment) -> Iterator[Mention]:
    yield from _bound(index, service, facts, deployment)
    yield from _addressed(index, service, facts, deployment.references)
    yield from _queued(index, facts, deployment)


def _files(index: Index, service: FoundService, reached: frozenset[str]) -> Iterator[Facts]:
    """Yield the files of ``service``, and those of others' that its entry points lead to.

    Of several services in one folder each has the files that it reaches, the first also those that none does.
    """
    siblings = index.siblings(service)
    others = frozenset[str]().union(*(index.reach.of(each) for each in siblings if each != service))
    own = set()
    for facts in index.world.below(service.path):
        own.add(facts.path)
        left = siblings[0] == service and service.status != "library" and facts.path not in others
        if facts.code is None or facts.path in reached or (left and not _is_aside(facts.path, service.path)):
            yield facts
    for path in sorted(reached - own):
        imported = index.world.facts.get(path)
        if imported is not None and imported.code is not None:
            yield imported


def is_configuration(facts: Facts) -> bool:
    """Return whether a file is read by a tool that builds or serves, whatever imports it."""
    return facts.kind == CONFIG or _BUNDLER.search(facts.path) is not None


def _is_aside(path: str, folder: str) -> bool:
    """Return whether a file of the service in ``folder`` is kept aside within it, or tests it."""
    inner = posixpath.dirname(places.relative(path, folder))
    return _ASIDE.search(path) is not None or bool(inner and places.aside(inner, ".")[0])


def _bound(index: Index, service: FoundService, facts: Facts, deployment: Deployment) -> Iterator[Mention]:
    """Yield what bindings and orders of starting name."""
    for each in deployment.references:
        if each.kind in BOUND and each.target:
            found = index.names.exact(each.target, service.repository)
            yield Mention(found.name if found else each.target, each.kind, Evidence(facts.path, each.line))
        elif each.kind == "compose":
            found = index.stacks.get((service.repository, each.target.lower()))
            if found:
                yield Mention(found.name, each.kind, Evidence(facts.path, each.line))


def _addressed(index: Index, service: FoundService, facts: Facts, references: Iterable[Reference]) -> Iterator[Mention]:
    """Yield what addresses and variables of a configuration lead to."""
    values, named = valued(references)
    for line, variable in named.items():
        value = values.get(line)
        if target := _variable(index, service, variable, value, own=True):
            yield Mention(target, "variable-url", Evidence(facts.path, line))
    for line, (host, path) in values.items():
        target = _here(index, service, host, sure=True) or _host(index, service, host, path)
        if line not in named and target:
            yield Mention(target, "literal-url", Evidence(facts.path, line))


def _coded(index: Index, service: FoundService, facts: Facts, code: Code, *, reachable: bool) -> Iterator[Mention]:
    """Yield what the variables and addresses in code lead to."""
    values: dict[int, tuple[str, str]] = {}
    for url in code.urls:
        host = address(url.host)[0]
        values.setdefault(url.line, (host, url.path))
        here = _here(index, service, host, sure=_BUNDLER.search(facts.path) is not None)
        if target := here or _host(index, service, host, url.path):
            kind = "template-url" if "*" in host else "literal-url"
            yield Mention(target, kind, Evidence(facts.path, url.line), reachable)
    for variable in code.variables:
        if variable.source != "env-type" and (
            target := _variable(index, service, variable.name, values.get(variable.line))
        ):
            yield Mention(target, "variable-url", Evidence(facts.path, variable.line), reachable)


def _here(index: Index, service: FoundService, host: str, *, sure: bool) -> str:
    """Return the service that answers at a port of the machine itself; "" for none, and for what people open there.

    In code a port that every second program has means a neighbour at most: configuration is ``sure`` of it.
    """
    found = index.listening(host, service.repository)
    if found is None or faces_people(found):
        return ""
    beside = "." not in {found.path, service.path} and posixpath.dirname(found.path) == posixpath.dirname(service.path)
    return found.name if sure or beside or not _USUAL_PORT.search(host) else ""


def _host(index: Index, service: FoundService, host: str, path: str, *, whole: bool = False) -> str:
    """Return what an address leads to: a service, a host of the workspace's own domains, or "" for neither.

    A domain as a whole is where people go and no service is called; it counts only if ``whole``.
    """
    found = index.at(host, path, service.repository)
    if found is not None:
        return found.name
    link = not whole and host.removeprefix("www.") == domain(host)
    return host if index.hosts.own(host) and not link else ""


def _variable(
    index: Index, service: FoundService, name: str, value: tuple[str, str] | None, *, own: bool = False
) -> str:
    """Return what a variable is about: the service at the address that is its value, else the one of its name.

    ``own`` says that ``value`` stands beside the variable; else what the service's configuration gives it counts more.
    """
    if not variables.is_address(name):
        return ""
    given = None if own else index.values.get(identity(service), {}).get(name)
    value = given if given and not (value and LOCAL.fullmatch(given[0])) else value
    here = _here(index, service, value[0], sure=own or value == given) if value else ""
    if value and not LOCAL.fullmatch(value[0]):
        target = _host(index, service, *value, whole=True) or _agreed(index, service, name, value[0])
        return target or (value[0] if own and _is_elsewhere(name, value[0]) else "")
    for subject in variables.subjects(name):
        if subject == "WORKER" and service.kind == "worker":
            continue  # to a Worker this is where it is found itself
        found = index.names.guess(subject, service.repository)
        if found and (subject not in _SAME_WORD or (found.repository == service.repository and not here)):
            return found.name
    return here or _nearby(index, service, name)


def _nearby(index: Index, service: FoundService, name: str) -> str:
    """Return the service of the same repository that a variable means by what follows the ecosystem's name.

    ``ACMEOS_AUTH_URL`` is about ``acme-auth`` there; elsewhere it may be about another one. So is what follows the
    reader's own name: ``CART_RELAY_URL`` of ``cart`` is about ``relay``. ``WORKER_URL`` and
    ``ACME_WORKER_URL`` are about the only Worker of the repository, ``acme-jobs``.
    """
    for subject in variables.subjects(name):
        first, _, rest = subject.partition("_")
        prefix = index.names.starts_alike(first) or squashed(first) == squashed(service.name)
        found = index.names.guess(rest, service.repository) if rest and prefix else None
        if found and found.repository == service.repository:
            return found.name
    worker = index.only_worker(service.repository)
    owners = [each.removesuffix("WORKER") for each in variables.subjects(name) if re.search(r"(?:^|_)WORKER$", each)]
    return worker if any(squashed(worker).startswith(squashed(each)) for each in owners) else ""


def _is_elsewhere(name: str, host: str) -> bool:
    """Return whether a configured address is of a program that someone runs outside of the workspace.

    It is on a platform, or its host is called by the last word of the variable: ``MAIL_ROUTER_URL`` is about
    ``router.acme.dev``. Variables called after what every second repository has may mean its own, which the host does
    not tell.
    """
    subjects = [each.split("_") for each in variables.subjects(name)]
    subjects = [words for words in subjects if _SAME_WORD.isdisjoint(words)]
    return bool(subjects) and (is_hosted(host) or any(_calls(words, host) for words in subjects))


def _calls(words: Sequence[str], host: str) -> bool:
    """Return whether a variable tells what a host is for and its name; a vendor's (GOOGLE_MAPS) names its domain."""
    label, _, own = host.partition(".")
    *about, last = (each.lower() for each in words)
    named = own == domain(host) and label == last and not is_generic(label)
    return named and bool(about) and not any(own.startswith(each) for each in about)


def _agreed(index: Index, service: FoundService, name: str, host: str) -> str:
    """Return the service that both the variable ``name`` and the first label of its ``host`` are called after.

    So an address below a domain that nothing else tells to be the workspace's own is one of its services.
    """
    label = host.partition(".")[0]
    if host == domain(host) or label.upper() in _SAME_WORD:
        return ""
    if squashed(label) not in map(squashed, variables.subjects(name)):
        return ""
    found = index.names.loose(label, service.repository)
    return found.name if found else ""


def _queued(index: Index, facts: Facts, deployment: Deployment) -> Iterator[Mention]:
    """Yield the consumers of the queues that a deployment sends to; the queue itself where there are none.

    What it fails to handle goes to others too, if anyone takes it.
    """
    lines = {each.target: each.line for each in deployment.references if each.kind == "queue"}
    for stage in deployment.stages.values():
        for queue, line in produced(stage):
            names = {each.name for each in index.consumers.get(queue, ())} or {queue}
            for name in sorted(names):
                yield Mention(name, "queue", Evidence(facts.path, line or lines.get(queue, deployment.line)))
        for queue in dead_letters(stage):
            for name in sorted({each.name for each in index.consumers.get(queue, ())}):
                yield Mention(name, "queue", Evidence(facts.path, lines.get(queue, deployment.line)))


def _packaged(index: Index, service: FoundService, facts: Facts) -> Iterator[Mention]:
    """Yield the packages of the workspace that a manifest asks for."""
    package = facts.package
    if package is None:
        return
    for name, version, line in package.dependencies:
        found = index.packages.get((package.ecosystem, package_name(name)), ())
        linked = _LINKED.match(version) or version in _ANY
        here = [each for each in found if each.repository == service.repository and (linked or _is_used(each))]
        here = [] if _PUBLISHED.match(version) else here
        chosen = here or ([] if _LINKED.match(version) else [each for each in found if name.startswith("@")])
        for each in chosen[:1]:
            yield Mention(each.name, "package", Evidence(facts.path, line))


def _is_used(service: FoundService) -> bool:
    """Return whether a package has something to import: one of its name may be what was published long ago."""
    return service.status != "library" or service.entrypoint_state != "none"
