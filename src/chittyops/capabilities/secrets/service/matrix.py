"""Which service has which secret in which environment, from names alone: no value and no key is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chittyops.capabilities.secrets.model import EVERY, Level, Slot
from chittyops.capabilities.secrets.service import scopes
from chittyops.capabilities.secrets.service.resolution import TEMPLATE
from chittyops.kernel.secret import SecretRef, SecretScope

PRODUCTION = frozenset({"production", "prod", "live"})
"""Environments that are production by their name; so is every protected one."""
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Use:
    """A service in an environment, and what it declares."""

    scope: SecretScope
    secrets: Mapping[str, SecretRef]
    production: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A declared secret of a service in an environment.

    ``state`` is set (for the service itself), inherited, missing or elsewhere (in a store that is not ours).
    ``origin`` is where the value stands; ``shared``: an environment that is production, and one that is not, see it.
    """

    service: str
    variable: str
    environment: str
    reference: str
    state: str
    origin: str = ""
    shared: bool = False
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """The fields of all services, and the slots that nobody uses."""

    fields: tuple[Field, ...]
    unused: tuple[Slot, ...]


def matrix(uses: tuple[Use, ...], stored: Mapping[Slot, object | None], expired: frozenset[str]) -> Matrix:
    """Return who has what. ``expired`` are the names that their policies say have expired."""
    seen = {
        (use.scope.service, use.scope.environment, variable): scopes.find(use.scope, reference.location, stored)
        for use in uses
        for variable, reference in use.secrets.items()
        if reference.scheme == "sops"
    }
    production = {use.scope.environment for use in uses if use.production}
    where: dict[Slot, set[bool]] = {}
    for (_, environment, _), slot in seen.items():
        if slot:
            where.setdefault(slot, set()).add(environment in production)
    both = {slot for slot, kinds in where.items() if len(kinds) > 1}
    fields = tuple(_fields(uses, seen, both, expired))
    unused = tuple(slot for slot, value in stored.items() if slot not in where and value is not None)
    return Matrix(fields, unused)


def _fields(
    uses: tuple[Use, ...],
    seen: Mapping[tuple[str, str, str], Slot | None],
    both: set[Slot],
    expired: frozenset[str],
) -> Iterator[Field]:
    for use in uses:
        service, environment = use.scope.service, use.scope.environment
        for variable, reference in use.secrets.items():
            if reference.scheme == TEMPLATE:
                # Made of other secrets, which have rows of their own.
                continue
            text = str(reference)
            if (service, environment, variable) not in seen:
                yield Field(service, variable, environment, text, ELSEWHERE)
                continue
            slot = seen[service, environment, variable]
            if slot is None:
                yield Field(service, variable, environment, text, "missing")
                continue
            own = slot.part.level is Level.SERVICE and slot.part.environment != EVERY
            state = "set" if own else "inherited"
            over = reference.location in expired
            yield Field(service, variable, environment, text, state, slot.part.title, slot in both, over)
