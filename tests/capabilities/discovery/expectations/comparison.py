"""What discovery finds in a repository, beside what is expected of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.capabilities.discovery.expectations import Expectations, Item, dependency, problem, service

from chittyops.kernel.inventory import FoundService, Inventory, Rows


@dataclass(frozen=True, slots=True)
class Score:
    """How much of what was found is so, and how much of what is so was found."""

    right: int = 0
    missed: int = 0
    false: int = 0

    @property
    def precision(self) -> float:
        """Return the share of what was found that is so; 1 where nothing was found."""
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        """Return the share of what is so that was found; 1 where there is nothing to find."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def __add__(self, other: Score) -> Score:
        """Return the score of both together."""
        return Score(self.right + other.right, self.missed + other.missed, self.false + other.false)

    def __str__(self) -> str:
        """Return it for a report."""
        return (
            f"{self.right} right, {self.missed} missed, {self.false} false: "
            f"precision {self.precision:.3f}, recall {self.recall:.3f}"
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found of one repository, beside what is so."""

    expected: Expectations
    right: frozenset[Item]
    missed: frozenset[Item]
    false: frozenset[Item]

    def score(self, family: str) -> Score:
        """Return how well a family was found."""
        return Score(*(sum(each.family == family for each in found) for found in (self.right, self.missed, self.false)))

    def unlisted(self) -> Iterator[str]:
        """Yield the differences that the file does not list under ``wrong``."""
        for word, found, known in self._sides():
            for each in sorted(found):
                if not any(wrong.covers(each) for wrong in known):
                    yield f"{word} {each.family}: {each.text}"

    def stale(self) -> Iterator[str]:
        """Yield what the file lists under ``wrong`` though the tool gets it right."""
        for word, found, known in self._sides():
            for wrong in sorted(known):
                if not any(wrong.covers(each) for each in found):
                    yield f"{word} {wrong.family}: {wrong.text}"

    def _sides(self) -> tuple[tuple[str, frozenset[Item], Mapping[Item, str]], ...]:
        return ("missed", self.missed, self.expected.missed), ("false", self.false, self.expected.false)


def compare(expected: Expectations, inventory: Inventory) -> Comparison:
    """Return what was found in the repository beside what is expected."""
    found = frozenset(_found(inventory))
    open_details = tuple(expected.unstated)

    def excused(item: Item) -> bool:
        if any(each.covers(item) for each in expected.acceptable):
            return True
        if item.family != "details":
            return False
        service = Item("services", item.group, item.group)
        return item.text.startswith(open_details) or not (service in found and service in expected.items)

    said = {each for each in expected.items if not excused(each)}
    told = {each for each in found if not excused(each)}
    right = {each for each in said if any(each.covers(one) for one in told)}
    false = {each for each in told if not any(one.covers(each) for one in right)}
    return Comparison(expected, frozenset(right), frozenset(said - right), frozenset(false))


def _found(inventory: Inventory) -> Iterator[Item]:
    for each in inventory.services:
        yield from service(_row(each))
        reached = {edge.target for edge in each.depends_on if edge.reachable}
        for edge in each.depends_on:
            yield dependency(each.name, edge.target, edge.kind, reachable=edge.target in reached)
    for finding in inventory.problems:
        yield problem(finding.code, finding.path, finding.line)


def _row(each: FoundService) -> dict[str, Any]:
    stages = {
        name: {"bindings": _names(stage.bindings), "routes": stage.routes, "crons": stage.crons}
        for name, stage in each.environments.items()
    }
    return {
        "name": each.name,
        "path": each.path,
        "platform": each.platform,
        "status": each.status,
        "copy_of": each.copy_of,
        "health": each.health,
        "entrypoint": each.entrypoint,
        "entrypoint_state": each.entrypoint_state,
        "environments": stages,
        "bindings": _names(each.bindings),
        "routes": each.routes,
        "crons": each.crons,
    }


def _names(bindings: Rows) -> dict[str, list[str]]:
    """Return the names of bindings by kind; of those that have none, what is bound."""
    return {
        kind: [str(row.get("binding") or next(iter(row.values()), "")) for row in rows]
        for kind, rows in bindings.items()
    }


def total(scores: Iterable[Score]) -> Score:
    """Return the score of all together."""
    return sum(scores, Score())
