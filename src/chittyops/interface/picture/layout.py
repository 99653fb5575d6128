"""Where the services of a graph stand in its picture: layers from left to right, few crossings, smooth edges.

The method is Sugiyama's: layers by depth, stand-ins where an edge passes a layer, each layer ordered by the
mean of its neighbours, then heights that keep the order and pull neighbours level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.graph import Graph

NODE_WIDTH = 186
NODE_HEIGHT = 56
COLUMN_GAP = 54
ROW_GAP = 16
MARGIN = 6
SWEEPS = 6
COMPACT_ABOVE = 120
DOT = 22
DOT_GAP = 6
DOTS_PER_COLUMN = 20

Item = tuple[str, ...]
"""A service ``(name,)``, or the stand-in ``(from, to, layer)`` of an edge that passes a layer."""


@dataclass(frozen=True, slots=True)
class Spot:
    """The place of a service: its upper left corner."""

    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependency drawn from the service that is needed (left) to the one that needs it (right)."""

    needed: str
    dependent: str
    path: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture: its size, the spots in order of the layers, and the edges (none where it is compact)."""

    width: int
    height: int
    spots: tuple[Spot, ...]
    edges: tuple[Edge, ...]
    compact: bool = False


def layout(dependencies: Mapping[str, Sequence[str]], *, near: bool = False) -> Layout:
    """Return the picture of a graph; names that are needed but not there are left out.

    What needs nothing stands in the first layer, or, with ``near``, right before the first that needs it.
    """
    edges = ((n, tuple(d for d in dict.fromkeys(needed) if d in dependencies)) for n, needed in dependencies.items())
    return _layout(tuple(edges), near=near)


@lru_cache(maxsize=64)
def _layout(dependencies: tuple[tuple[str, tuple[str, ...]], ...], *, near: bool) -> Layout:
    graph = Graph(dict(dependencies))
    try:
        layers = graph.layers()
    except Misconfigured:  # a circle: nothing can be deployed, but it can still be shown
        graph = Graph({name: () for name, _ in dependencies})
        layers = graph.layers()
    if near:
        layers = _pulled(graph, layers)
    if len(dependencies) > COMPACT_ABOVE:
        return _compact(layers)
    return _Drawing(graph, layers).draw()


def _pulled(graph: Graph, layers: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the layers with what needs nothing right before the first that needs it: short edges, few crossings."""
    depth = {name: index for index, layer in enumerate(layers) for name in layer}
    rows: list[list[str]] = [[] for _ in layers]
    for name, at in depth.items():
        first = min((depth[each] for each in graph.dependents(name)), default=1)
        rows[at if graph.dependencies[name] else first - 1].append(name)
    return tuple(tuple(row) for row in rows)


def _compact(layers: Sequence[Sequence[str]]) -> Layout:
    """Return a map of dots, layer by layer: too many services for names and edges."""
    step = DOT + DOT_GAP
    spots: list[Spot] = []
    left = MARGIN
    for layer in layers:
        for index, name in enumerate(sorted(layer)):
            column, row = divmod(index, DOTS_PER_COLUMN)
            spots.append(Spot(name, left + column * step, MARGIN + row * step))
        left += -(-len(layer) // DOTS_PER_COLUMN) * step + DOT_GAP * 2
    tallest = min(max((len(layer) for layer in layers), default=0), DOTS_PER_COLUMN)
    return Layout(left + MARGIN, 2 * MARGIN + tallest * step, tuple(spots), (), compact=True)


class _Drawing:
    """The steps of the method, on the items of each layer."""

    def __init__(self, graph: Graph, layers: Sequence[Sequence[str]]) -> None:
        self._graph = graph
        self._rows: list[list[Item]] = [[(name,) for name in layer] for layer in layers]
        self._left: dict[Item, list[Item]] = {}
        self._right: dict[Item, list[Item]] = {}
        self._routes: dict[tuple[str, str], list[Item]] = {}
        self._top: dict[Item, float] = {}

    def draw(self) -> Layout:
        """Return the finished picture."""
        self._route()
        self._order()
        self._place()
        column = NODE_WIDTH + COLUMN_GAP
        spots = tuple(
            Spot(item[0], MARGIN + depth * column, round(self._top[item]))
            for depth, row in enumerate(self._rows) for item in row if len(item) == 1
        )  # fmt: skip
        width = 2 * MARGIN + len(self._rows) * column - COLUMN_GAP
        height = round(max((self._top[i] + _height(i) for row in self._rows for i in row), default=0)) + MARGIN
        depth_of = {item: depth for depth, row in enumerate(self._rows) for item in row}
        edges = tuple(
            Edge(needed, dependent, self._path(items, depth_of)) for (needed, dependent), items in self._routes.items()
        )
        return Layout(width, height, spots, edges)

    def _route(self) -> None:
        depth = {item[0]: index for index, row in enumerate(self._rows) for item in row}
        for dependent, needed_names in self._graph.dependencies.items():
            for needed in needed_names:
                passed: list[Item] = [(needed, dependent, str(k)) for k in range(depth[needed] + 1, depth[dependent])]
                for item in passed:
                    self._rows[int(item[2])].append(item)
                items: list[Item] = [(needed,), *passed, (dependent,)]
                self._routes[needed, dependent] = items
                for one, other in pairwise(items):
                    self._right.setdefault(one, []).append(other)
                    self._left.setdefault(other, []).append(one)

    def _order(self) -> None:
        for sweep in range(SWEEPS):
            rightwards = sweep % 2 == 0
            neighbours = self._left if rightwards else self._right
            for row in self._rows if rightwards else reversed(self._rows):
                place = {item: index for other in self._rows for index, item in enumerate(other)}
                mean = {
                    item: sum(place[n] for n in near) / len(near) if (near := neighbours.get(item)) else place[item]
                    for item in row
                }
                row.sort(key=mean.__getitem__)

    def _place(self) -> None:
        for row in self._rows:
            top = 0.0
            for item in row:
                self._top[item] = top
                top += _height(item) + ROW_GAP
        for sweep in range(SWEEPS):
            rows = self._rows if sweep % 2 == 0 else self._rows[::-1]
            for row in rows:
                self._level(row, self._left if sweep % 2 == 0 else self._right)
        lowest = min(self._top.values(), default=0.0)
        for item in self._top:
            self._top[item] += MARGIN - lowest

    def _level(self, row: Sequence[Item], neighbours: Mapping[Item, Sequence[Item]]) -> None:
        """Move the items of a row towards the middle of their neighbours, keeping order and distance."""
        wanted = []
        for item in row:
            near = neighbours.get(item, ())
            middle = sum(self._top[n] + _height(n) / 2 for n in near) / len(near) if near else None
            wanted.append(self._top[item] if middle is None else middle - _height(item) / 2)
        placed: list[float] = []
        for top in wanted:
            above = row[len(placed) - 1] if placed else None
            placed.append(top if above is None else max(top, placed[-1] + _height(above) + ROW_GAP))
        drift = sum(p - w for p, w in zip(placed, wanted, strict=True)) / len(row)
        for item, top in zip(row, placed, strict=True):
            self._top[item] = top - drift

    def _path(self, items: Sequence[Item], depth_of: Mapping[Item, int]) -> str:
        column = NODE_WIDTH + COLUMN_GAP
        parts: list[str] = []
        for one, other in pairwise(items):
            x1 = MARGIN + depth_of[one] * column + NODE_WIDTH
            x2 = x1 + COLUMN_GAP
            y1, y2 = (round(self._top[i] + _height(i) / 2) for i in (one, other))
            parts.append(f"M{x1} {y1}" if not parts else f"H{x1}")
            parts.append(f"C{x1 + COLUMN_GAP // 2} {y1} {x2 - COLUMN_GAP // 2} {y2} {x2} {y2}")
        return "".join(parts)


def _height(item: Item) -> int:
    return NODE_HEIGHT if len(item) == 1 else 0
