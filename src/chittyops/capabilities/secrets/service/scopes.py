"""Which stored value a service sees: the fleet's, a group's or its own, of all environments or of one.

The order is fixed, a later one wins: fleet in all environments, fleet in this one; for each of the service's groups,
in the order of the fleet file, the same; the service in all environments, the service in this one. A null takes away
what is inherited.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from chittyops.capabilities.secrets.model import EVERY, Level, Missing, Part, Slot
from chittyops.kernel.secret import SecretScope

V = TypeVar("V")


def parts(scope: SecretScope) -> tuple[Part, ...]:
    """Return the parts of the store that ``scope`` sees, the widest first."""
    owners = [(Level.FLEET, ""), *((Level.GROUP, group) for group in scope.groups), (Level.SERVICE, scope.service)]
    return tuple(Part(*owner, environment) for owner in owners for environment in (EVERY, scope.environment))


def chain(scope: SecretScope, name: str, stored: Mapping[Slot, V | None]) -> tuple[Slot, ...]:
    """Return the slots that say something about ``name`` for ``scope``, the one that counts first."""
    return tuple(slot for part in reversed(parts(scope)) if (slot := Slot(part, name)) in stored)


def find(scope: SecretScope, name: str, stored: Mapping[Slot, V | None]) -> Slot | None:
    """Return the slot whose value ``scope`` sees under ``name``; None where it sees none."""
    found = chain(scope, name, stored)
    return found[0] if found and stored[found[0]] is not None else None


def flat(environment: str, values: Mapping[str, Any]) -> dict[Slot, Any]:
    """Return the values of a store's file by slot; what stands elsewhere in it is nobody's."""
    return {
        slot: value
        for keys, value in _leaves(values)
        if not isinstance(value, list) and (slot := Slot.at(environment, keys))
    }


def _leaves(node: Mapping[str, Any], keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*keys, str(key)))
        else:
            yield (*keys, str(key)), value


def absent(scope: SecretScope, name: str, stored: Mapping[Slot, object | None]) -> Missing:
    """Return why ``scope`` sees no secret ``name`` in the store, and what to do."""
    where = f"{scope.service} in {scope.environment}" if scope.service else scope.environment
    hint = f"chittyops secrets set {name} {scope.service} --env {scope.environment}".replace("  ", " ")
    if taken := chain(scope, name, stored):
        return Missing(f"sops:{name} is taken away from {where} by a null ({taken[0].part.title})", f"set it: {hint}")
    elsewhere = sorted({slot.part.title for slot in stored if slot.name == name and stored[slot] is not None})
    if elsewhere:
        message = f"sops:{name} is not set for {where}, only for: {'; '.join(elsewhere)}"
        return Missing(message, f"set it here too: {hint}")
    return Missing(f"sops:{name} is not set for {where} in {scope.store}/", f"set it: {hint}")
