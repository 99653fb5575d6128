"""Who depends on whom: references resolved to the services they mean."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from chittyops.capabilities.discovery.model.facts import Facts, Reference
from chittyops.capabilities.discovery.model.findings import Dependency, Evidence, Finding, FoundService
from chittyops.capabilities.discovery.service.assembly import owned

_SUFFIX = re.compile(r"(_(PUBLIC|INTERNAL|SERVICE|SVC|API|BASE|SERVER|WORKER))*_(URL|URI|ENDPOINT|ORIGIN|API_BASE)$")
_BINDINGS = frozenset({"service-binding", "tail"})


def squashed(name: str) -> str:
    """Return ``name`` in the form in which names are compared: letters and digits, lower-case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def connect(services: Sequence[FoundService], facts: Sequence[Facts], problems: list[Finding]) -> list[FoundService]:
    """Return ``services`` with their dependencies; bindings to services that are nowhere become problems."""
    known = _known(services)
    by_folder = owned(facts, {each.path for each in services})
    members = _members(facts, {each.path: each for each in services})
    connected = []
    for service in services:
        found: dict[tuple[str, str], set[Evidence]] = defaultdict(set)
        for each in by_folder[service.path]:
            problems.extend(_undefined(each, known, service))
            for reference in each.references:
                target = _target(reference, known)
                if target is not None and target != service.name:
                    found[target, reference.kind].add(Evidence(each.path, reference.line))
        for target, evidence in members.get(service.path, ()):
            if target != service.name:
                found[target, "compose"].add(evidence)
        edges = (Dependency(target, kind, tuple(sorted(seen))) for (target, kind), seen in sorted(found.items()))
        connected.append(dataclasses.replace(service, depends_on=tuple(edges)))
    return connected


def _known(services: Sequence[FoundService]) -> Mapping[str, str]:
    """Return the names of services by their squashed forms.

    A folder's name is a second name where it is not the first name of another; copies and what is set aside
    give way to both.
    """
    known: dict[str, str] = {}
    for canonical in (True, False):
        group = [each for each in services if (each.status == "canonical") == canonical]
        for each in group:
            known.setdefault(squashed(each.name), each.name)
            for stage in each.environments:
                known.setdefault(squashed(f"{each.name}-{stage}"), each.name)
        for each in group:
            known.setdefault(squashed(each.path.rpartition("/")[2]), each.name)
    known.pop("", None)
    return known


def _target(reference: Reference, known: Mapping[str, str]) -> str | None:
    if reference.kind in _BINDINGS:
        return known.get(squashed(reference.target))
    core = _SUFFIX.sub("", reference.target)
    return known.get(squashed(core)) or known.get(squashed(core.removeprefix("VITE_").removeprefix("NEXT_PUBLIC_")))


def _undefined(facts: Facts, known: Mapping[str, str], service: FoundService) -> Iterator[Finding]:
    """Find bindings that lead nowhere, once each: every environment of a file repeats them."""
    seen = set()
    for each in facts.references:
        if each.kind in _BINDINGS and each.target not in seen and _target(each, known) is None:
            seen.add(each.target)
            message = f'{each.kind} to "{each.target}", which is no service of this workspace'
            hint = "it may live in a repository that is not here"
            yield Finding("undefined-target", "warning", facts.path, message, each.line, 0, hint, service.name)


def _members(facts: Sequence[Facts], by_path: Mapping[str, FoundService]) -> Mapping[str, list[tuple[str, Evidence]]]:
    """Return what compose files say: for a folder, the services it waits for."""
    found: dict[str, list[tuple[str, Evidence]]] = defaultdict(list)
    for each in facts:
        folders = {member.name: member.folder for member in each.members}
        for folder, needed, line in _waits(each):
            if target := by_path.get(folders.get(needed, "")):
                found[folder].append((target.name, Evidence(each.path, line)))
    return found


def _waits(facts: Facts) -> Iterator[tuple[str, str, int]]:
    for member in facts.members:
        for needed, line in member.depends_on:
            yield member.folder, needed, line
