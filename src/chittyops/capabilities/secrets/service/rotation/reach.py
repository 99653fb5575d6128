"""Whom a rotation reaches: the services that see the value, and the places that they push it to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from chittyops.capabilities.secrets.model import EVERY, Slot
from chittyops.capabilities.secrets.service import scopes
from chittyops.capabilities.secrets.service.push.places import Place, Source, places
from chittyops.capabilities.secrets.service.resolution import TEMPLATE
from chittyops.capabilities.secrets.service.rotation.model import RotationRequest
from chittyops.kernel.configuration import secret_names
from chittyops.kernel.secret import Secret, SecretScope
from chittyops.kernel.service import Fleet, Service

STORE = "sops"

Users = Mapping[str, tuple[str, ...]]
"""The variables, by service, whose values a rotation changes."""


def environments(request: RotationRequest, known: Iterable[str]) -> tuple[str, ...]:
    """Return the environments that see the value."""
    return tuple(known) if request.file == EVERY else (request.file,)


def users(
    fleet: Fleet,
    slots: Collection[Slot],
    stored: Mapping[Slot, object | None],
    scope: Callable[[Fleet, Service], SecretScope],
) -> Users:
    """Return who in the environment of ``fleet`` sees a value of ``slots``; ``stored`` is what the store holds.

    A slot that holds nothing yet counts as if it did: the rotation fills it.
    """
    filled = {**stored, **dict.fromkeys(slots, "")}
    found = {}
    for service in fleet.services.values():
        seen = scope(fleet, service)
        direct = {
            variable
            for variable, reference in service.secrets.items()
            if reference.scheme == STORE and scopes.find(seen, reference.location, filled) in slots
        }
        texts = {
            variable
            for variable, reference in service.secrets.items()
            if reference.scheme == TEMPLATE and direct & set(secret_names(reference.location))
        }
        if direct:
            found[service.name] = tuple(variable for variable in service.secrets if variable in direct | texts)
    return found


def declares(fleet: Fleet, using: Users, name: str) -> bool:
    """Return whether any of the services ``using`` the value reads the secret ``name`` of the store."""
    return any(
        fleet.services[service].secrets[variable].location == name
        for service, variables in using.items()
        for variable in variables
        if fleet.services[service].secrets[variable].scheme == STORE
    )


def reached(fleet: Fleet, using: Users, *, account: str = "") -> tuple[Place, ...]:
    """Return the places that the values ``using`` them are pushed to, with nothing else wanted there.

    ``account`` is as for ``places``.
    """
    pushing = [name for name in using if fleet.services[name].sinks]
    found = places(fleet, pushing, account=account) if pushing else ()
    narrowed = (replace(place, wanted=_affected(place, using), left_out=()) for place in found)
    return tuple(place for place in narrowed if place.wanted)


def _affected(place: Place, using: Users) -> dict[str, tuple[Source, ...]]:
    return {
        name: sources
        for name, sources in place.wanted.items()
        if any(source.variable in using.get(source.service, ()) for source in sources)
    }


def values(request: RotationRequest, stage: str, old: Secret, new: Secret) -> dict[Slot, Secret]:
    """Return what stands in the store in a stage; see ``steps``."""
    used, second = {"old": (old, old), "both": (old, new), "new": (new, old), "one": (new, new)}[stage]
    return dict(zip(request.slots, (used, second), strict=False))
