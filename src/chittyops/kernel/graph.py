"""The dependency graph of a fleet: order, cycles named by their path, and what a change affects."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chittyops.kernel.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Graph:
    """Who depends on whom. Every name that is depended on is a node of its own."""

    dependencies: Mapping[str, tuple[str, ...]]
    _dependents: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the edges the other way round; refuse one that leads nowhere."""
        dependents: dict[str, list[str]] = {name: [] for name in self.dependencies}
        for name, needed in self.dependencies.items():
            for dependency in dict.fromkeys(needed):
                if dependency not in dependents:
                    message = f"{name} depends on {dependency}, which is not in the graph"
                    raise Misconfigured(message)
                dependents[dependency].append(name)
        object.__setattr__(self, "_dependents", {n: tuple(d) for n, d in dependents.items()})

    def dependents(self, name: str) -> tuple[str, ...]:
        """Return the names that depend on ``name`` directly."""
        return self._dependents[name]

    def order(self) -> tuple[str, ...]:
        """Return all names, each after what it depends on; ties stay in the order given.

        Raises Misconfigured with the path of a cycle where there is one. Kahn's algorithm, O(nodes + edges).
        """
        missing = {name: len(set(needed)) for name, needed in self.dependencies.items()}
        ready = deque(name for name, count in missing.items() if not count)
        ordered: list[str] = []
        while ready:
            name = ready.popleft()
            ordered.append(name)
            for dependent in self._dependents[name]:
                missing[dependent] -= 1
                if not missing[dependent]:
                    ready.append(dependent)
        if len(ordered) < len(missing):
            path = " -> ".join(self.cycle())
            message = f"the services depend on each other in a circle: {path}"
            raise Misconfigured(message, hint="remove one of these depends_on entries")
        return tuple(ordered)

    def cycle(self) -> tuple[str, ...]:
        """Return one cycle as a path that ends where it began, or () where there is none."""
        done: set[str] = set()
        for start in self.dependencies:
            path: list[str] = []
            on_path: set[str] = set()
            stack = [(start, iter(self.dependencies[start]))] if start not in done else []
            if stack:
                path.append(start)
                on_path.add(start)
            while stack:
                name, rest = stack[-1]
                following = next((n for n in rest if n not in done), None)
                if following is None:
                    stack.pop()
                    done.add(name)
                    on_path.discard(path.pop())
                elif following in on_path:
                    return (*path[path.index(following) :], following)
                else:
                    path.append(following)
                    on_path.add(following)
                    stack.append((following, iter(self.dependencies[following])))
        return ()

    def layers(self) -> tuple[tuple[str, ...], ...]:
        """Return the names by depth: the first layer depends on nothing, each next one on the ones before."""
        depth: dict[str, int] = {}
        for name in self.order():
            depth[name] = 1 + max((depth[d] for d in self.dependencies[name]), default=-1)
        rows: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
        for name, row in depth.items():
            rows[row].append(name)
        return tuple(tuple(row) for row in rows)

    def affected(self, changed: Iterable[str]) -> frozenset[str]:
        """Return ``changed`` and everything that depends on any of it, however far."""
        return self._closure(changed, self._dependents)

    def required(self, wanted: Iterable[str]) -> frozenset[str]:
        """Return ``wanted`` and everything any of it depends on, however far."""
        return self._closure(wanted, self.dependencies)

    @staticmethod
    def _closure(start: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
        found: set[str] = set()
        pending = list(start)
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending.extend(edges[name])
        return frozenset(found)
