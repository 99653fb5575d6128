"""The places that a fleet's secrets are pushed to. Sinks of several services that lead to one place become one."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chittyops.kernel import dotenv
from chittyops.kernel.errors import Misconfigured, NotFound, Problem, Refused
from chittyops.kernel.nearest import nearest
from chittyops.kernel.secret import Secret
from chittyops.kernel.service import Environment, Fleet, Service, Sink

DEFAULT_PATHS = {"dev-vars": ".dev.vars", "dotenv": ".env"}
ACCOUNT_VARIABLE = "CLOUDFLARE_ACCOUNT_ID"
"""Says, as for wrangler, which account of Cloudflare is meant where nothing else does."""
DEPLOYED_ONLY = frozenset({"database", "broker"})
"""Schemes of values that only come to be where the service is deployed."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A secret of a service: the variable that it declares."""

    service: str
    variable: str


@dataclass(frozen=True, slots=True)
class Place:
    """One place, the sinks that lead to it, and what they want there.

    ``wanted`` maps each name to the secrets that must agree on its value, ``claimed`` are all names that are of this
    fleet there, wanted now or not; what else is there is extra.
    """

    kind: str
    target: Mapping[str, str]
    sinks: tuple[str, ...]
    wanted: Mapping[str, tuple[Source, ...]]
    claimed: frozenset[str] = field(default=frozenset(), repr=False)
    left_out: tuple[Source, ...] = ()

    @property
    def id(self) -> str:
        """Return what tells it from every other place."""
        return _identity(self.kind, self.target)

    @property
    def title(self) -> str:
        """Return what people call it: ``cart/worker``."""
        return ", ".join(self.sinks)

    @property
    def where(self) -> str:
        """Return where it is, for people."""
        return self.target.get("path") or " ".join(value for _, value in sorted(self.target.items()))


@dataclass(frozen=True, slots=True)
class _Lead:
    """A sink of a service, and where it leads in full."""

    service: Service
    sink: Sink
    target: dict[str, str]

    @property
    def variables(self) -> tuple[str, ...]:
        """Return what the sink is given: what it names, else all that is known before the service is deployed."""
        return self.sink.secrets or tuple(name for name in self.service.secrets if name not in self.left_out)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the secrets that only come to be with the service, and that the sink does not name."""
        if self.sink.secrets:
            return ()
        return tuple(name for name, reference in self.service.secrets.items() if reference.scheme in DEPLOYED_ONLY)


def places(fleet: Fleet, services: Collection[str] = (), sink: str = "", *, account: str = "") -> tuple[Place, ...]:
    """Return the places that the sinks called ``sink`` (any, when empty) of ``services`` (all, when empty) lead to.

    ``account`` is that of Cloudflare for the sinks that name none, nor their services' wrangler files.
    Raises NotFound where there is no such service or sink, Refused where there is no sink at all.
    """
    for name in services:
        if name not in fleet.services:
            raise NotFound(f"the fleet {fleet.name} has no service {name}", hint=nearest(name, fleet.services))
    chosen = {name: fleet.services[name] for name in services or fleet.services}
    groups: dict[str, list[_Lead]] = {}
    for service in fleet.services.values():
        for each in service.sinks:
            lead = _Lead(service, each, _target(fleet.environment, service, each, account))
            groups.setdefault(_identity(each.kind, lead.target), []).append(lead)
    found = [
        _place([lead for lead in group if lead.service.name in chosen and sink in ("", lead.sink.name)], group)
        for group in groups.values()
    ]
    if not any(found):
        _nothing(fleet, chosen, sink)
    return tuple(place for place in found if place)


def agreed(place: Place, values: Mapping[Source, Secret]) -> dict[str, Secret]:
    """Return the value of every name wanted at ``place``.

    Raises Misconfigured where services do not agree on one, or the place cannot hold it.
    """
    problems = [
        Problem(
            f"{place.where}: {' and '.join(f'{source.service} ({source.variable})' for source in sources)} "
            f"want different values for {name}",
            hint="give them one secret of the fleet or of a group, or a place each",
        )
        for name, sources in place.wanted.items()
        if len({values[source] for source in sources}) > 1
    ]
    given = {name: values[sources[0]] for name, sources in place.wanted.items()}
    if place.kind in DEFAULT_PATHS:
        problems += _unwritable(place, given)
    if problems:
        raise Misconfigured.of(tuple(problems))
    return given


def _unwritable(place: Place, values: Mapping[str, Secret]) -> Iterator[Problem]:
    """Yield a problem for every value that a dotenv file has no form for."""
    for name, value in values.items():
        try:
            dotenv.assignment(name, value.reveal())
        except Refused as error:
            yield Problem(f"{place.where}: {error.message}", hint=error.hint)


def _place(mine: list[_Lead], everyone: list[_Lead]) -> Place | None:
    """Return the place that all of ``everyone`` lead to, as ``mine`` want it; None where nobody does."""
    if not mine:
        return None
    kind = mine[0].sink.kind
    claims: dict[str, set[Source]] = {}
    for lead in everyone:
        for variable in lead.variables:
            claims.setdefault(_name(kind, variable), set()).add(Source(lead.service.name, variable))
    wanted = {_name(kind, variable) for lead in mine for variable in lead.variables}
    others = {_name(kind, name) for lead in everyone for name in (*lead.service.config, *lead.left_out)}
    return Place(
        kind,
        mine[0].target,
        tuple(f"{lead.service.name}/{lead.sink.name}" for lead in mine),
        {name: tuple(sorted(claims[name])) for name in sorted(wanted)},
        frozenset(claims) | others,
        tuple(Source(lead.service.name, name) for lead in mine for name in lead.left_out),
    )


def _identity(kind: str, target: Mapping[str, str]) -> str:
    return f"{kind}:" + ",".join(f"{key}={value}" for key, value in sorted(target.items()))


def _name(kind: str, variable: str) -> str:
    """Return what ``variable`` is called there: GitHub knows capital letters only."""
    return variable.upper() if kind == "github" else variable


def _target(environment: Environment, service: Service, sink: Sink, account: str) -> dict[str, str]:
    """Return the target in full: what the sink leaves open follows from the service and the environment."""
    target = {key: value for key, value in sink.target.items() if value}
    if sink.kind in DEFAULT_PATHS:
        path = target.get("path", DEFAULT_PATHS[sink.kind])
        return {"path": posixpath.normpath(posixpath.join(service.path, path))}
    if sink.kind == "cloudflare":
        # wrangler makes a Worker of its own, called so, for each named environment.
        name = target.get("script") or service.deploy.project or service.name
        stage = target.get("environment")
        found = {"account": target.get("account", account), "script": f"{name}-{stage}" if stage else name}
        return {key: value for key, value in found.items() if value}
    if sink.kind == "vercel" and "target" not in target:
        production = environment.protected or environment.name == "production"
        return {**target, "target": "production" if production else "preview"}
    return target


def _nothing(fleet: Fleet, chosen: Mapping[str, Service], sink: str) -> None:
    names: Iterable[str] = sorted({each.name for service in chosen.values() for each in service.sinks})
    if sink and names:
        raise NotFound(f"there is no sink called {sink}", hint=nearest(sink, names))
    who = next(iter(chosen)) if len(chosen) == 1 else f"no service of {fleet.name}"
    raise Refused(
        f"{who} {'has no sink' if len(chosen) == 1 else 'has a sink'} in {fleet.environment.name}",
        hint="say where its secrets go: services.NAME.sinks (docs/guides/secret-sinks.md)",
    )
