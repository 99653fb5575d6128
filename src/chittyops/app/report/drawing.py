"""The dependency map as a picture: placed, shortened, and by repository where the services are too many to be seen."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chittyops.capabilities.audit.model import Link, Map, Node
from chittyops.interface.picture.layout import COLUMN_GAP, NODE_HEIGHT, NODE_WIDTH, layout
from chittyops.kernel.words import number

MOST_SERVICES: Final = 60
"""Above so many linked services the map shows repositories."""
MOST_NODES: Final = 90
"""Above so many boxes the map shows repositories too; of these, those with the most links."""
FEWEST: Final = 4
"""Fewer repositories say nothing."""
RADIUS, ROOM = 340, 190
"""Of the ring of repositories, and around it for their names."""
LETTERS: Final = 18
UNDEFINED: Final = "undefined"
TONES: Final = 8
"""How many platforms have a colour of their own."""


@dataclass(frozen=True, slots=True)
class Box:
    """A service, a repository, or a target that is nowhere. ``tone`` is the place of its colour."""

    name: str
    label: str
    line: str
    tone: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Spoke:
    """A repository on the ring: its point, and by how many degrees its name is turned."""

    name: str
    label: str
    line: str
    tone: str
    x: float
    y: float
    degrees: float
    turned: bool
    """Whether the name ends at the point instead of beginning there."""


@dataclass(frozen=True, slots=True)
class Line:
    """A dependency: ``kind`` is plain, unreachable, undefined or circle."""

    path: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The finished picture, and the names that have no links and so no place in it."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    tones: Mapping[str, str]
    """The tone of each platform, those of the most services first."""
    lonely: tuple[str, ...]
    ring: tuple[Spoke, ...] = ()
    """The repositories, where there are too many services for boxes; then there are no boxes."""
    each: str = "service"
    """What a box or point is: service or repository."""
    left_out: int = 0


def drawing(map_: Map) -> Drawing:
    """Return the picture of ``map_``."""
    map_ = _gathered(map_)
    linked = {name for each in map_.links for name in (each.dependent, each.needed)}
    lonely = tuple(each.name for each in map_.nodes if each.name not in linked)
    tones = _tones(map_.nodes)
    nodes = {each.name: each for each in map_.nodes if each.name in linked}
    services = sum(each.platform != UNDEFINED for each in nodes.values())
    if services <= MOST_SERVICES and len(nodes) <= MOST_NODES:
        lines = {name: _nowhere(name) if each.platform == UNDEFINED else each.platform for name, each in nodes.items()}
        return _drawn(nodes, lines, map_.links, tones, lonely)
    return _of_repositories(nodes, map_.links, tones, lonely)


def _of_repositories(
    services: Mapping[str, Node], between: Sequence[Link], tones: Mapping[str, str], lonely: tuple[str, ...]
) -> Drawing:
    """Return a ring of repositories with their links across it: readable however many links there are.

    Where nearly everything stands in one repository, the ring is of the services that have the most links.
    """
    nodes, counts, links = _clustered(services, between)
    by_service = len(nodes) < FEWEST
    if by_service:
        nodes, counts, links = dict(services), Counter(dict.fromkeys(services, 1)), list(between)
    kept = _most_linked(nodes, links)
    spokes = []
    for index, name in enumerate(name for name in nodes if name in kept):
        noun = "target" if nodes[name].platform == UNDEFINED else "service"
        line = number(counts[name], noun)
        spokes.append(_spoke(name, line, _tone(nodes[name], tones), 2 * math.pi * index / len(kept)))
    at = {each.name: each for each in spokes}
    lines = tuple(_chord(each, at, nodes) for each in links if {each.dependent, each.needed} <= kept)
    size = 2 * (RADIUS + ROOM)
    return Drawing(
        size,
        size,
        (),
        lines,
        tones,
        lonely,
        tuple(spokes),
        "service" if by_service else "repository",
        len(nodes) - len(spokes),
    )


def _spoke(name: str, line: str, tone: str, angle: float) -> Spoke:
    x, y = (RADIUS + ROOM + round(RADIUS * part, 1) for part in (math.cos(angle), math.sin(angle)))
    turned = math.pi / 2 < angle < 3 * math.pi / 2
    degrees = round(math.degrees(angle) + 180 * turned, 1)
    return Spoke(name, _short(name), line, tone, x, y, degrees, turned)


def _chord(link: Link, at: Mapping[str, Spoke], nodes: Mapping[str, Node]) -> Line:
    one, other, middle = at[link.needed], at[link.dependent], RADIUS + ROOM
    path = f"M{one.x} {one.y}Q{middle} {middle} {other.x} {other.y}"
    kind, title = _kind(link, nodes)
    return Line(path, kind, title)


def _gathered(map_: Map) -> Map:
    """Return ``map_`` with one node for all targets that are nowhere and are named by the same services."""
    nowhere = {each.name for each in map_.nodes if each.platform == UNDEFINED}
    callers: dict[str, list[str]] = defaultdict(list)
    for each in map_.links:
        if each.needed in nowhere:
            callers[each.needed].append(each.dependent)
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, found in callers.items():
        alike[tuple(sorted(found))].append(name)
    label = {name: ", ".join(names) for names in alike.values() for name in names}
    nodes = {
        label.get(each.name, each.name): replace(each, name=label.get(each.name, each.name)) for each in map_.nodes
    }
    counts: Counter[tuple[str, str]] = Counter()
    for each in map_.links:
        counts[each.dependent, label.get(each.needed, each.needed)] += each.count
    reachable = {(each.dependent, label.get(each.needed, each.needed)) for each in map_.links if each.reachable}
    return Map(tuple(nodes.values()), tuple(Link(*edge, edge in reachable, count) for edge, count in counts.items()))


def _tones(nodes: Sequence[Node]) -> dict[str, str]:
    times = Counter(each.platform for each in nodes if each.platform != UNDEFINED)
    ordered = sorted(times, key=lambda name: (-times[name], name))
    return {name: f"t{min(index, TONES)}" for index, name in enumerate(ordered, 1)}


def _clustered(nodes: Mapping[str, Node], links: Sequence[Link]) -> tuple[dict[str, Node], Counter[str], list[Link]]:
    """Return repositories instead of services, and the links between them; what is nowhere is one box."""
    holder = {name: each.repository if each.platform != UNDEFINED else UNDEFINED for name, each in nodes.items()}
    counts = Counter(holder.values())
    platforms: dict[str, Counter[str]] = defaultdict(Counter)
    for name, each in nodes.items():
        platforms[holder[name]][each.platform] += 1
    clusters = {name: Node(name, platforms[name].most_common(1)[0][0], name) for name in sorted(counts)}
    times: Counter[tuple[str, str]] = Counter()
    reachable = set()
    for link in links:
        edge = holder[link.dependent], holder[link.needed]
        if edge[0] != edge[1]:
            times[edge] += link.count
            if link.reachable:
                reachable.add(edge)
    return clusters, counts, [Link(*edge, edge in reachable, count) for edge, count in sorted(times.items())]


def _most_linked(nodes: Mapping[str, Node], links: Sequence[Link]) -> set[str]:
    times: Counter[str] = Counter()
    for each in links:
        times[each.dependent] += each.count
        times[each.needed] += each.count
    return set(sorted(nodes, key=lambda name: (-times[name], name))[:MOST_SERVICES])


def _drawn(
    nodes: Mapping[str, Node],
    lines: Mapping[str, str],
    links: Sequence[Link],
    tones: Mapping[str, str],
    lonely: tuple[str, ...],
) -> Drawing:
    needed: dict[str, list[str]] = {name: [] for name in nodes}
    for each in links:
        needed[each.dependent].append(each.needed)
    circles = _closing(needed)
    placed = layout({name: [n for n in all_ if (name, n) not in circles] for name, all_ in needed.items()}, near=True)
    spots = {spot.name: (spot.x, spot.y) for spot in placed.spots}
    paths = {(edge.dependent, edge.needed): edge.path for edge in placed.edges}
    boxes = tuple(
        Box(name, _short(name), _short(lines[name]), _tone(nodes[name], tones), *spots[name]) for name in spots
    )
    drawn = tuple(_line(each, paths, spots, nodes) for each in links)
    below = NODE_HEIGHT if circles else 0
    return Drawing(placed.width, placed.height + below, boxes, drawn, tones, lonely)


def _tone(node: Node, tones: Mapping[str, str]) -> str:
    return "t0" if node.platform == UNDEFINED else tones[node.platform]


def _line(
    link: Link,
    paths: Mapping[tuple[str, str], str],
    spots: Mapping[str, tuple[int, int]],
    nodes: Mapping[str, Node],
) -> Line:
    kind, title = _kind(link, nodes)
    if path := paths.get((link.dependent, link.needed)):
        return Line(path, kind, title)
    return Line(_around(spots[link.needed], spots[link.dependent]), "circle", f"{title}, which closes a circle")


def _kind(link: Link, nodes: Mapping[str, Node]) -> tuple[str, str]:
    """Return how a link is drawn, and what it says."""
    title = f"{link.dependent} needs {link.needed}" + (f" ({link.count} times)" if link.count > 1 else "")
    if nodes[link.needed].platform == UNDEFINED:
        return "undefined", f"{title}, which is nowhere"
    return ("plain", title) if link.reachable else ("unreachable", f"{title}, in files that are not reached")


def _around(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return the way back from the lower edge of one box to that of another, below both."""
    x1, y1 = start[0] + NODE_WIDTH // 2, start[1] + NODE_HEIGHT
    x2, y2 = end[0] + NODE_WIDTH // 2, end[1] + NODE_HEIGHT
    low = max(y1, y2) + COLUMN_GAP
    return f"M{x1} {y1}C{x1} {low} {x2} {low} {x2} {y2}"


def _closing(needed: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
    """Return the edges that close a circle, by a search in depth without recursion."""
    closing: set[tuple[str, str]] = set()
    done: set[str] = set()
    on_path: set[str] = set()
    for start in needed:
        stack = [(start, iter(needed[start]))] if start not in done else []
        on_path.update(name for name, _ in stack)
        while stack:
            name, rest = stack[-1]
            following = next((n for n in rest if n not in done), None)
            if following is None:
                done.add(name)
                on_path.discard(name)
                stack.pop()
            elif following in on_path:
                closing.add((name, following))
            else:
                on_path.add(following)
                stack.append((following, iter(needed[following])))
    return closing


def _nowhere(name: str) -> str:
    """Return what a box of targets says that are nowhere; its name lists them."""
    count = name.count(", ") + 1
    return f"{count} targets, nowhere" if count > 1 else "nowhere"


def _short(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
