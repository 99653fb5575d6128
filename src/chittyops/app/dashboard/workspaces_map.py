"""The dependency map of a workspace: its nodes, how they are coloured, what breaks with each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chittyops.app.dashboard.picture import shortened
from chittyops.app.dashboard.workspaces_graph import Net
from chittyops.app.dashboard.workspaces_layout import HEIGHT, WIDTH, Box, Group, arrange, curve, in_columns
from chittyops.app.dashboard.workspaces_words import Places
from chittyops.capabilities.catalog.model import Entry
from chittyops.capabilities.catalog.service import ALIVE, SEVERITIES, Bearers
from chittyops.kernel.inventory import Dependency, Evidence, FoundService

NAME_LETTERS: Final = 19
MOST_NEEDS: Final = 20
"""With more needs than this, the picture of a service leaves out what is outside; the table below it has all."""
LARGEST: Final = 1000
"""More nodes than this nobody can read: those with the fewest connections are left out."""
COLOURS: Final = ("platform", "owner", "status", "problems")
HUES: Final = 7
OTHERS: Final = HUES
RED, ORANGE, GREEN = 8, 1, 2
WORST: Final = {"error": ("errors", RED), "warning": ("warnings", ORANGE), "info": ("remarks", 0)}
DEFINED_INSIDE: Final = frozenset({"service-binding", "tail", "durable-object", "compose"})
"""Kinds of dependency whose target must be a service of the workspace, or its name is wrong or elsewhere."""
NOT_FOUND, OUTSIDE = "Not found", "Outside"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the map is asked to show."""

    text: str = ""
    everything: bool = False
    """Copies, templates, libraries ... too, not only what is one's own and alive."""
    outside: bool = False
    """What is no service of anybody's here: hosts, packages, databases."""
    colour: str = "platform"


@dataclass(frozen=True, slots=True)
class Node:
    """A service of the map, or something that services need.

    ``aspects`` are its word and hue by colouring. ``rank``, ``circle`` (-1 for none) and ``breaks`` are those in the
    whole workspace, however little of it is drawn.
    """

    number: int
    name: str
    kind: str
    group: str
    href: str
    aspects: Mapping[str, tuple[str, int]]
    text: str = ""
    x: int = 0
    y: int = 0
    rank: int = 0
    circle: int = -1
    breaks: int = 0
    matches: bool = True

    @property
    def circular(self) -> bool:
        """Return whether it needs itself, through others."""
        return self.circle >= 0

    @property
    def short_name(self) -> str:
        """Return the name as far as it fits."""
        return shortened(self.name, NAME_LETTERS)

    @property
    def hues(self) -> str:
        """Return the classes that colour it."""
        return " ".join(f"{colouring}-{hue}" for colouring, (_, hue) in self.aspects.items())


@dataclass(slots=True)
class Link:
    """One node needs another: how, and where that is said."""

    dependent: int
    needed: int
    kinds: list[str] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    reachable: bool = False
    circular: bool = False
    path: str = ""

    def add(self, dependency: Dependency) -> None:
        """Take note of one more way in which it is needed."""
        if dependency.kind not in self.kinds:
            self.kinds.append(dependency.kind)
        self.evidence += dependency.evidence
        self.reachable = self.reachable or dependency.reachable


@dataclass(frozen=True, slots=True)
class DependencyMap:
    """The map, placed. ``legends`` are the words of each colouring with their hues."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    circles: tuple[tuple[Node, ...], ...]
    legends: Mapping[str, tuple[tuple[str, int], ...]]
    total: int
    """Nodes of the whole workspace; those that are not drawn count too."""
    left_out: int = 0
    node_width: int = WIDTH
    node_height: int = HEIGHT

    @property
    def fragile(self) -> tuple[Node, ...]:
        """Return the ten nodes with which most breaks."""
        return tuple(sorted((n for n in self.nodes if n.breaks), key=lambda n: (-n.breaks, n.name))[:10])


class _Builder:
    """Collects nodes and links by number."""

    def __init__(self, entries: Sequence[Entry], places: Places) -> None:
        self._places = places
        self._bearers = Bearers(entry.service for entry in entries)
        self._entries = {id(entry.service): entry for entry in entries}
        self._hues = {
            "platform": _hues(entry.service.platform for entry in entries),
            "owner": _hues(_owner(entry.service) for entry in entries),
            "status": _hues(entry.service.status for entry in entries),
        }
        self._known: dict[object, int] = {}
        self.nodes: list[Node] = []
        self.links: dict[tuple[int, int], Link] = {}

    def service(self, service: FoundService) -> int:
        """Return the number of a service, which is on the map from now on."""
        known = self._known.get(id(service))
        if known is None:
            known = self._known[id(service)] = len(self.nodes)
            entry = self._entries[id(service)]
            worst = next((WORST[s] for s in SEVERITIES if entry.problems.get(s)), ("no problems", GREEN))
            words = {"platform": service.platform, "owner": _owner(service), "status": service.status}
            aspects = {colouring: (word, self._hues[colouring][word]) for colouring, word in words.items()}
            text = " ".join((service.name, service.path, *words.values(), *service.owners)).lower()
            self.nodes.append(
                Node(
                    known, service.name, "service", service.repository, self._places.service(service),
                    {**aspects, "problems": worst}, text,
                )
            )  # fmt: skip
        return known

    def stranger(self, name: str, *, undefined: bool) -> int:
        """Return the number of something that is no service here."""
        known = self._known.get((name, undefined))
        if known is None:
            known = self._known[name, undefined] = len(self.nodes)
            word = "not found" if undefined else "outside"
            kind, group = ("undefined", NOT_FOUND) if undefined else ("outside", OUTSIDE)
            hue = RED if undefined else OTHERS
            aspects = dict.fromkeys(COLOURS, (word, hue))
            self.nodes.append(Node(known, name, kind, group, "", aspects, f"{name} {word}".lower()))
        return known

    def connect(self, service: FoundService, *, outside: bool) -> None:
        """Add what a service needs."""
        number = self.service(service)
        for dependency in service.depends_on:
            meant = self._bearers.meant(dependency.target)
            undefined = dependency.kind in DEFINED_INSIDE
            needed = [self.service(each) for each in meant]
            if not meant and (undefined or outside):
                needed = [self.stranger(dependency.target, undefined=undefined)]
            for other in needed:
                if other != number:
                    self.links.setdefault((number, other), Link(number, other)).add(dependency)

    def weighed(self) -> list[Node]:
        """Return all nodes with what follows from the links; links know from now on whether they close a circle."""
        net = Net.of(len(self.nodes), self.links)
        circle = {node: number for number, members in enumerate(net.circles) for node in members}
        for link in self.links.values():
            own = circle.get(link.dependent)
            link.circular = own is not None and own == circle.get(link.needed)
        return [
            replace(n, rank=net.rank[n.number], circle=circle.get(n.number, -1), breaks=net.breaks[n.number])
            for n in self.nodes
        ]


def dependency_map(entries: Sequence[Entry], places: Places, shown: Shown) -> DependencyMap:
    """Return the map of a workspace as far as it is to be shown."""
    builder = _Builder(entries, places)
    for entry in entries:
        if shown.everything or entry.service.status in ALIVE:
            builder.connect(entry.service, outside=shown.outside)
    whole = builder.weighed()
    nodes, links = _matching(whole, list(builder.links.values()), shown.text)
    kept, links = _largest(nodes, links)
    columns = in_columns(_groups(kept), [node.rank for node in kept])
    return replace(_placed(kept, links, columns, len(whole)), left_out=len(nodes) - len(kept))


def neighbourhood(entries: Sequence[Entry], entry: Entry, places: Places) -> DependencyMap:
    """Return the picture of one service between what it needs and what needs it."""
    builder = _Builder(entries, places)
    builder.connect(entry.service, outside=len(entry.needs) <= MOST_NEEDS)
    near = {id(other) for other in entry.needed_by}
    for each in entries:
        if each is not entry and (each.service.status in ALIVE or id(each.service) in near):
            builder.connect(each.service, outside=False)
    centre = builder.service(entry.service)  # the first: 0, in the picture too
    links = [link for link in builder.links.values() if centre in {link.dependent, link.needed}]
    kept = {number for link in links for number in (link.dependent, link.needed)} | {centre}
    whole = builder.weighed()
    nodes, links = _renumbered([node for node in whole if node.number in kept], links)
    needed = {link.needed for link in links if link.dependent == centre}
    dependents = {link.dependent for link in links if link.needed == centre} - needed
    parts = (("needs", needed), ("", {centre}), ("needed by", dependents))
    columns = [[Group(label, tuple(sorted(part)))] for label, part in parts if part]
    return _placed(nodes, links, columns, len(whole))


def _owner(service: FoundService) -> str:
    return service.owners[0] if service.owners else "nobody"


def _hues(words: Iterable[str]) -> dict[str, int]:
    """Return a hue for each word, the most frequent ones first; the rest share one."""
    ordered = sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))
    return {word: min(place, OTHERS) for place, (word, _) in enumerate(ordered)}


def _matching(nodes: Sequence[Node], links: list[Link], text: str) -> tuple[list[Node], list[Link]]:
    """Return what ``text`` finds, with what is directly connected to it."""
    words = text.lower().split()
    if not words:
        return list(nodes), links
    found = {node.number for node in nodes if all(word in node.text for word in words)}
    near = [link for link in links if link.dependent in found or link.needed in found]
    kept = found | {link.dependent for link in near} | {link.needed for link in near}
    return _renumbered([node for node in nodes if node.number in kept], near, found)


def _largest(nodes: list[Node], links: list[Link]) -> tuple[list[Node], list[Link]]:
    if len(nodes) <= LARGEST:
        return nodes, links
    connections = Counter(number for link in links for number in (link.dependent, link.needed))
    kept = {number for number, _ in connections.most_common(LARGEST)}
    inside = [link for link in links if link.dependent in kept and link.needed in kept]
    return _renumbered([node for node in nodes if node.number in kept], inside)


def _renumbered(
    nodes: Sequence[Node], links: Sequence[Link], found: set[int] | None = None
) -> tuple[list[Node], list[Link]]:
    number = {node.number: place for place, node in enumerate(nodes)}
    for link in links:
        link.dependent, link.needed = number[link.dependent], number[link.needed]
    renewed = [replace(n, number=number[n.number], matches=found is None or n.number in found) for n in nodes]
    return renewed, list(links)


def _placed(
    nodes: Sequence[Node], links: Sequence[Link], columns: Sequence[Sequence[Group]], total: int
) -> DependencyMap:
    arrangement = arrange(columns)
    spots = arrangement.spots
    for link in links:
        link.path = curve(spots[link.dependent], spots[link.needed])
    placed = tuple(replace(n, x=spots[n.number][0], y=spots[n.number][1]) for n in nodes)
    circles: dict[int, list[Node]] = defaultdict(list)
    for node in placed:
        if node.circular:
            circles[node.circle].append(node)
    legends = {each: tuple(sorted({n.aspects[each] for n in placed}, key=lambda p: (p[1], p[0]))) for each in COLOURS}
    return DependencyMap(
        arrangement.width, arrangement.height, arrangement.boxes, placed, tuple(links),
        tuple(map(tuple, circles.values())), legends, total,
    )  # fmt: skip


def _groups(nodes: Sequence[Node]) -> list[Group]:
    """Return the nodes by repository; where there is but one, by how much they need."""
    services = {node.group for node in nodes if node.kind == "service"}
    found: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        layer = f"layer {node.rank + 1}" if len(services) == 1 and node.kind == "service" else node.group
        found[layer].append(node)
    return [
        Group(label, tuple(n.number for n in sorted(members, key=lambda n: (n.rank, n.name))))
        for label, members in found.items()
    ]
