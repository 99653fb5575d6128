"""Publish the configuration of a fleet: values with where they stand, and the matrix of its secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from chittyops.capabilities.config.model import SecretMark, Snapshot, UnusedSecret, Value
from chittyops.capabilities.config.service import published
from chittyops.capabilities.fleet.wiring import Configuration, configuration
from chittyops.capabilities.secrets.model import entry_map
from chittyops.capabilities.secrets.service.check import expired
from chittyops.capabilities.secrets.service.matrix import PRODUCTION, Matrix, Use, matrix
from chittyops.capabilities.secrets.wiring import fleet_store, scope_of
from chittyops.interface.client import Client
from chittyops.interface.codec import dump
from chittyops.kernel.clock import Clock
from chittyops.kernel.service import Fleet
from chittyops.runtime.home import Home
from chittyops.workflows.misplaced import mask
from chittyops.workflows.ship import document

SECRETS = "secrets"


@dataclass(frozen=True, slots=True)
class Described:
    """A fleet as its files have it, in all environments, and what is published of it."""

    fleet: Fleet
    snapshot: Snapshot


def describe(folder: Path, home: Home, clock: Clock) -> Described:
    """Return the fleet whose file is in ``folder`` or above it, without anybody's own local file.

    Needs no key. Raises NotFound without a fleet file, Misconfigured where something in it is wrong.
    """
    found = configuration(folder, local=False)
    fleets = {name: found.fleet(name) for name in found.environments}
    first = next(iter(fleets.values()))
    marks = _matrix(fleets, home, clock)
    return Described(first, Snapshot(tuple(fleets), _services(found), *marks))


def publish(client: Client, described: Described) -> None:
    """Tell the centre."""
    body = {
        "root": described.fleet.root,
        "document": document(described.fleet),
        "snapshot": dump(described.snapshot),
    }
    client.put(f"/configurations/{described.fleet.name}", [json.dumps(body).encode()], "application/json")


def _services(found: Configuration) -> dict[str, dict[str, tuple[Value, ...]]]:
    return {
        service: {
            environment: tuple(map(masked, published.values(found.views, found.views[service, environment])))
            for environment in found.environments
        }
        for service in found.services
    }


def _matrix(
    fleets: dict[str, Fleet], home: Home, clock: Clock
) -> tuple[tuple[SecretMark, ...], tuple[UnusedSecret, ...]]:
    first, now = next(iter(fleets.values())), clock.now()
    over = frozenset(name for name, policy in first.store.policies.items() if expired(policy, now))
    stored = entry_map(fleet_store(first, home, os.environ).entries())
    made = matrix(tuple(_uses(fleets)), stored, over)
    return _marks(made), tuple(UnusedSecret(slot.name, slot.part.title) for slot in made.unused)


def _uses(fleets: dict[str, Fleet]) -> Iterator[Use]:
    for name, fleet in fleets.items():
        production = fleet.environment.protected or name in PRODUCTION
        for service in fleet.services.values():
            yield Use(scope_of(fleet, service), service.secrets, production)


def _marks(made: Matrix) -> tuple[SecretMark, ...]:
    return tuple(
        SecretMark(
            each.service, each.variable, each.environment, each.reference, each.state, each.origin, each.shared,
            each.expired,
        )
        for each in made.fields
    )  # fmt: skip


def masked(value: Value) -> Value:
    """Return ``value`` without what somebody wrote in plain and what is a secret by its name or its looks."""
    if value.section == SECRETS:
        return value
    name = value.key.rpartition(".")[2]
    return replace(
        value,
        value=None if value.value is None else mask(name, value.value),
        words=tuple(replace(each, value=mask(name, each.value)) for each in value.words),
        references=tuple((text, mask("", each)) for text, each in value.references),
    )
