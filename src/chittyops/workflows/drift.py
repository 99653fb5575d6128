"""Compare the configuration that files say with what was deployed, with what runs, and with what sinks have."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chittyops.capabilities.config.service.drift import ABSENT, NOBODY_KNOWS, Comparison, Seen, compare
from chittyops.capabilities.fleet.model.inputs import specification
from chittyops.capabilities.secrets import wiring as secrets
from chittyops.capabilities.secrets.model import Pushed
from chittyops.capabilities.secrets.service.push.places import ACCOUNT_VARIABLE, DEPLOYED_ONLY, Place, Source, places
from chittyops.interface.client import Client, table, text
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import ChittyOpsError, Refused
from chittyops.kernel.event import Json
from chittyops.kernel.secret import FINGERPRINTS, Secret, SecretReader, fingerprint
from chittyops.kernel.service import Fleet, Service
from chittyops.runtime.home import Home
from chittyops.workflows.misplaced import comparable
from chittyops.workflows.ship import place as path_of

DIGITS = 8
THERE = "set"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the centre knows of one service. ``live`` is None where nobody can tell, and ``problem`` says why."""

    release: str
    config: Mapping[str, str]
    secrets: Mapping[str, str]
    live_config: Mapping[str, str] | None
    live_secrets: Mapping[str, str] | None
    problem: str


@dataclass(frozen=True, slots=True)
class Drift:
    """The comparisons, and what could not be looked at, with why."""

    comparisons: tuple[Comparison, ...]
    unseen: tuple[str, ...]


def deployed(client: Client, fleet: Fleet) -> dict[str, Deployed]:
    """Return what the centre knows of the fleet's environment, by service."""
    found = client.items(f"{path_of(fleet.name, fleet.environment.name)}/configuration")
    return {text(each.get("service")): _deployed(each) for each in found}


def services(
    fleet: Fleet, wanted: Collection[str], known: Mapping[str, Deployed], home: Home, *, keyed: bool
) -> Iterator[Comparison]:
    """Yield what the ``wanted`` services compare to; ``keyed``: the centre has the key of our fingerprints."""
    key = home.credential(FINGERPRINTS).reveal().encode() if keyed else b""
    at_hand = secrets.readable(home, os.environ)
    for name in wanted:
        service = fleet.services.get(name)
        config, marks = _desired(fleet, service, at_hand, key) if service else ({}, {})
        there = known.get(name)
        if there is None:
            yield from compare(name, config, {}, {}, secret=False)
            yield from compare(name, marks, {}, {}, secret=True)
            continue
        live = None if there.live_config is None else _told(there.live_config)
        yield from compare(name, config, _told(there.config), live, secret=False)
        applied = _marks(there.secrets)
        yield from compare(name, marks, applied, _live(there, applied), secret=True)


async def sinks(fleet: Fleet, wanted: Collection[str], home: Home, clock: Clock) -> Drift:
    """Return what the sinks of the ``wanted`` services compare to: desired, last pushed from here, and there."""
    try:
        meant = places(
            fleet,
            [name for name in wanted if name in fleet.services],
            account=os.environ.get(ACCOUNT_VARIABLE, ""),
        )
    except Refused:
        return Drift((), ())
    values, unread = _values(fleet, meant, home)
    found: list[Comparison] = []
    unseen = [f"{name}: {why}" for name, why in unread.items()]
    async with secrets.pushes(fleet, home, os.environ, clock, alone=False) as pushes:
        for each in meant:
            try:
                there = await pushes.sink(each).names()
            except ChittyOpsError as error:
                unseen.append(f"{each.title}: {error.message}")
                continue
            marks = {
                name: pushes.fingerprint(name, value) if (value := values.get(sources[0])) else ""
                for name, sources in each.wanted.items()
            }
            found += _at_sink(each, marks, pushes.record.read(each.id), there)
    return Drift(tuple(found), tuple(unseen))


def _desired(
    fleet: Fleet, service: Service, at_hand: SecretReader, key: bytes
) -> tuple[dict[str, Seen], dict[str, Seen]]:
    values: Mapping[str, Secret] = at_hand(secrets.scope_of(fleet, service), service.secrets) if key else {}
    known = {name: fingerprint(value.reveal(), key) for name, value in values.items()}
    hashes = specification(service, known)
    return _plain(service.config), _marks({name: hashes[f"secret.{name}"] for name in service.secrets})


def _plain(values: Mapping[str, str]) -> dict[str, Seen]:
    """Return variables as files say them."""
    return {name: Seen(comparable(name, value)) for name, value in values.items()}


def _told(values: Mapping[str, str]) -> dict[str, Seen]:
    """Return variables as the centre told them."""
    return {name: Seen(value) for name, value in values.items()}


def _marks(hashes: Mapping[str, str]) -> dict[str, Seen]:
    return {name: _mark(found) for name, found in hashes.items()}


def _mark(found: str) -> Seen:
    return Seen(found, shown=f"#{found[:DIGITS]}")


def _live(there: Deployed, applied: Mapping[str, Seen]) -> dict[str, Seen] | None:
    """Return the live secrets; one that nobody can compare is taken for the one that was applied."""
    if there.live_secrets is None:
        return None
    return {
        name: _mark(found) if found else Seen(applied.get(name, ABSENT).value, shown=THERE)
        for name, found in there.live_secrets.items()
    }


def _values(fleet: Fleet, meant: Sequence[Place], home: Home) -> tuple[dict[Source, Secret], dict[str, str]]:
    """Return the values that can be read, and why those of a service cannot."""
    read = secrets.reader(home, os.environ)
    found: dict[Source, Secret] = {}
    unread: dict[str, str] = {}
    for name in sorted({source.service for place in meant for sources in place.wanted.values() for source in sources}):
        service = fleet.services[name]
        references = {key: each for key, each in service.secrets.items() if each.scheme not in DEPLOYED_ONLY}
        try:
            values = read(secrets.scope_of(fleet, service), references)
        except ChittyOpsError as error:
            unread[name] = error.message
            values = secrets.readable(home, os.environ)(secrets.scope_of(fleet, service), references)
        found |= {Source(name, variable): value for variable, value in values.items()}
    return found, unread


def _at_sink(
    place: Place, wanted: Mapping[str, str], pushed: Mapping[str, Pushed], there: Mapping[str, str | None]
) -> Iterator[Comparison]:
    """Yield the comparisons at one sink; of names there that nobody claims only those that were pushed from here."""
    desired = {name: _mark(mark) if mark else NOBODY_KNOWS for name, mark in wanted.items()}
    applied = {name: _mark(each.fingerprint) for name, each in pushed.items() if each.finished}
    live = {name: _there(mark, applied.get(name)) for name, mark in there.items()}
    # What is there, cannot be read and was not pushed from here may be anything.
    applied |= {name: NOBODY_KNOWS for name, mark in there.items() if mark is None and name not in applied}
    for name in dict.fromkeys((*desired, *(name for name in pushed if pushed[name].finished))):
        owner = ", ".join(dict.fromkeys(source.service for source in place.wanted.get(name, ())))
        yield Comparison(
            owner or place.sinks[0].partition("/")[0],
            name,
            secret=True,
            desired=desired.get(name, ABSENT),
            applied=applied.get(name, ABSENT),
            live=live.get(name, ABSENT),
            place=f"{place.kind} {place.where}",
        )


def _there(mark: str | None, applied: Seen | None) -> Seen:
    """Return a value at a sink: one that cannot be read is taken for the one that was pushed there, if any was."""
    if mark is not None:
        return _mark(mark)
    return Seen(known=False, shown=THERE) if applied is None else Seen(applied.value, shown=THERE)


def _deployed(each: Mapping[str, Json]) -> Deployed:
    applied, live = table(each.get("applied")), each.get("live")
    seen = table(live) if live is not None else None
    return Deployed(
        text(each.get("release")),
        _texts(applied.get("config")),
        _texts(applied.get("secrets")),
        None if seen is None else _texts(seen.get("config")),
        None if seen is None else _texts(seen.get("secrets")),
        text(each.get("problem")),
    )


def _texts(found: Json) -> dict[str, str]:
    return {name: text(value) for name, value in table(found).items()}
