"""The live picture of a fleet or a release: the graph, with the state of each service in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chittyops.app.dashboard.states import SERVICE, State
from chittyops.app.dashboard.times import between
from chittyops.capabilities.deploy.model import Release, ReleaseService, ServiceStatus
from chittyops.interface.picture.layout import NODE_HEIGHT, NODE_WIDTH, Edge, layout

NAME_LETTERS = 16
LINE_LETTERS = 20
FITS = 1500
"""Pictures up to this width are scaled down to the page; wider ones scroll, since nobody could read them."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a node shows: its state, one line of text, where it leads, and since when it is busy."""

    state: State
    line: str
    href: str
    since: datetime | None = None
    log: str = ""
    """The service whose log a click opens in place; "" where a click leaves the page."""


@dataclass(frozen=True, slots=True)
class Node:
    """A service in the picture."""

    name: str
    x: int
    y: int
    look: Look
    depends_on: tuple[str, ...]

    @property
    def short_name(self) -> str:
        """Return the name as far as it fits."""
        return shortened(self.name, NAME_LETTERS)

    @property
    def short_line(self) -> str:
        """Return the line as far as it fits."""
        return shortened(self.look.line, LINE_LETTERS)


@dataclass(frozen=True, slots=True)
class Picture:
    """All nodes and edges, placed."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    compact: bool
    node_width: int = NODE_WIDTH
    node_height: int = NODE_HEIGHT

    @property
    def wide(self) -> bool:
        """Return whether the picture is too wide to be scaled down."""
        return self.width > FITS


def shortened(text: str, letters: int) -> str:
    """Return ``text`` in at most ``letters`` letters."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def picture(dependencies: Mapping[str, tuple[str, ...]], look: Callable[[str], Look]) -> Picture:
    """Return the picture of a graph, each node as ``look`` says."""
    placed = layout(dependencies)
    nodes = tuple(Node(s.name, s.x, s.y, look(s.name), tuple(dependencies[s.name])) for s in placed.spots)
    return Picture(placed.width, placed.height, nodes, placed.edges, placed.compact)


def release_picture(release: Release) -> Picture:
    """Return the live picture of a release."""
    services = {s.name: s for s in release.services}

    def look(name: str) -> Look:
        service = services[name]
        since = service.started_at if service.status is ServiceStatus.RUNNING else None
        href = f"/releases/{release.id}?log={name}#log"
        return Look(SERVICE[service.status], line(service, services), href, since, log=name)

    return picture({name: service.depends_on for name, service in services.items()}, look)


def line(service: ReleaseService, others: Mapping[str, ReleaseService]) -> str:
    """Return what there is to say of a service within its release, in one line."""
    took = between(service.started_at, service.ended_at)
    match service.status:
        case ServiceStatus.WAITING:
            pending = waits_for(service, others)
            return f"waits for {', '.join(pending)}" if pending else "waits for a free slot"
        case ServiceStatus.RUNNING:
            return service.phase or "starting"
        case ServiceStatus.SUCCEEDED:
            return f"done in {took}" if took else "done"
        case ServiceStatus.REVERTED:
            return "back to what ran before"
        case ServiceStatus.SKIPPED:
            return "unchanged"
        case _:
            return service.error or service.note or SERVICE[service.status].word


def waits_for(service: ReleaseService, others: Mapping[str, ReleaseService]) -> tuple[str, ...]:
    """Return the dependencies that this release has still to finish."""
    unfinished = {ServiceStatus.WAITING, ServiceStatus.RUNNING}
    return tuple(n for n in service.depends_on if n in others and others[n].status in unfinished)
