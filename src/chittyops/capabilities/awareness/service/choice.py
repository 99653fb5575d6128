"""Which project or service is meant, learned from use: frequency and recency in one figure, by folder and branch.

The weight of a sign of use halves every two weeks (frecency, as Firefox calls it).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from chittyops.capabilities.awareness.model.context import Candidate, Choice
from chittyops.capabilities.awareness.model.project import Activity, KnownService, Snapshot

HALF_LIFE_SECONDS: Final = 14 * 86400.0
WEIGHTS: Final[Mapping[str, float]] = {"visit": 1.0, "command": 2.0, "answer": 4.0, "option": 4.0}
DOUBT: Final = 1.0
"""What speaks against every candidate from the start: one visit alone makes nothing certain."""
ENOUGH: Final = 0.6
"""Whoever is this sure does not ask."""

Told = Callable[[Activity], str | None]


def weigh(activities: Iterable[Activity], now: float, folder: str, branch: str, told: Told) -> dict[str, float]:
    """Return how much speaks for each candidate; ``told`` says which one a sign speaks for, None for none."""
    weights: dict[str, float] = {}
    for each in activities:
        name = told(each)
        if name is None:
            continue
        age = max(0.0, now - each.at)
        weight = WEIGHTS.get(each.kind, 0.0) * 0.5 ** (age / HALF_LIFE_SECONDS)
        weight *= _nearness(each.folder, folder) * (1.0 if each.branch == branch else 0.5)
        weights[name] = weights.get(name, 0.0) + weight
    return weights


def _nearness(there: str, here: str) -> float:
    if there == here:
        return 1.0
    return 0.5 if there.startswith(f"{here.rstrip('/')}/") else 0.25


def choose(
    candidates: Collection[str], weights: Mapping[str, float], looks: Mapping[str, float] | None = None
) -> Choice:
    """Return the likeliest of ``candidates``, with how sure that is; "" where nothing speaks for any.

    ``looks`` is what their names alone say for them; it counts where use says nothing.
    """
    if looks and not any(weights.values()):
        return replace(choose(candidates, looks), by="convention")
    total = DOUBT + sum(weights.get(name, 0.0) for name in {*candidates, ""})
    found = [Candidate(name, round(weights.get(name, 0.0) / total, 2)) for name in candidates]
    found.sort(key=lambda each: (-each.sure, each.name))
    everything = round(weights.get("", 0.0) / total, 2)
    if not found or max(found[0].sure, everything) == 0:
        return Choice("", "none", 0.0, tuple(found))
    if everything > found[0].sure:
        return Choice("", "use", everything, tuple(found))
    return Choice(found[0].name, "use", found[0].sure, tuple(found))


def looks(services: Iterable[KnownService], folder: str) -> dict[str, float]:
    """Return what the names of services in one folder called ``folder`` say: its own name, and being no variant."""
    return {
        each.name: 0.25 * (each.status == "canonical") + 0.25 * (each.name == folder) + 0.1 * each.in_fleet
        for each in services
    }


def within(snapshot: Snapshot, folder: str) -> tuple[KnownService, ...]:
    """Return the services that ``folder`` (relative to the root, "." for it) can stand for.

    These are the ones whose folder it is in, the innermost alone, else all that are below it.
    """
    above = [each for each in snapshot.services if _is_below(folder, each.path)]
    if above:
        deepest = max(len(_parts(each.path)) for each in above)
        found = [each for each in above if len(_parts(each.path)) == deepest]
        return tuple(each for each in found if each.alive) or tuple(found)
    return tuple(each for each in snapshot.services if each.alive and _is_below(each.path, folder))


def owner(snapshot: Snapshot, path: str) -> str:
    """Return the name of the service that the file ``path`` belongs to, or ""."""
    above = [each for each in snapshot.services if _is_below(path, each.path)]
    return max(above, key=lambda each: len(_parts(each.path))).name if above else ""


def _parts(path: str) -> list[str]:
    return [] if path in {"", "."} else path.split("/")


def _is_below(path: str, folder: str) -> bool:
    parts = _parts(folder)
    return _parts(path)[: len(parts)] == parts
