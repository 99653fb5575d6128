"""Where the nodes of a large map stand: boxes of nodes in columns, what is needed left of what needs it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 176
HEIGHT: Final = 40
GAP: Final = 10
PADDING: Final = 14
HEAD: Final = 30
BOX_GAP: Final = 24
COLUMN_GAP: Final = 96
MARGIN: Final = 8
LOOP: Final = 56
"""Room on the right for edges between nodes that stand one above the other."""
SHAPE: Final = 1.6
"""Width to height of a box of many nodes, and of the whole."""
FACTORS: Final = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.4, 2.8)
"""Multiples of the least height that are tried."""
ONE_COLUMN: Final = 8
"""Up to so many nodes a box has one column."""


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes, by their numbers, that belong together."""

    label: str
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A group, placed."""

    label: str
    x: int
    y: int
    width: int
    height: int
    count: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The boxes, and the upper left corner of each node by its number."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    spots: dict[int, tuple[int, int]]


def shape(group: Group) -> tuple[int, int, int]:
    """Return how many rows of nodes a group has, and the width and height of its box."""
    count = len(group.members)
    rows = count
    if count > ONE_COLUMN:
        rows = max(ONE_COLUMN, math.ceil(math.sqrt(count * (WIDTH + GAP) / (HEIGHT + GAP) / SHAPE)))
    columns = math.ceil(count / rows) if rows else 1
    return rows, columns * (WIDTH + GAP) - GAP + 2 * PADDING, rows * (HEIGHT + GAP) - GAP + HEAD + PADDING


def in_columns(groups: Sequence[Group], rank: Sequence[int]) -> list[list[Group]]:
    """Return ``groups`` in columns of about one height, those that need least first."""

    def depth(group: Group) -> tuple[float, str]:
        return sum(rank[node] for node in group.members) / len(group.members), group.label

    ordered = sorted(groups, key=depth)
    if not ordered:
        return []
    area = sum((w + COLUMN_GAP) * (h + BOX_GAP) for _, w, h in map(shape, ordered))
    least = max(*(shape(g)[2] for g in ordered), math.sqrt(area / SHAPE / 2))
    tries = [_filled(ordered, least * factor) for factor in FACTORS]
    return min(tries, key=lambda columns: abs(math.log(_proportion(columns) / SHAPE)))


def _filled(ordered: Sequence[Group], tallest: float) -> list[list[Group]]:
    columns: list[list[Group]] = []
    filled = math.inf
    for group in ordered:
        height = shape(group)[2] + BOX_GAP
        if filled + height > tallest + BOX_GAP:
            columns.append([])
            filled = 0
        columns[-1].append(group)
        filled += height
    return columns


def _proportion(columns: Sequence[Sequence[Group]]) -> float:
    """Return the width to the height of what ``arrange`` would make of ``columns``."""
    wide = sum(max(shape(g)[1] for g in column) + COLUMN_GAP for column in columns)
    return wide / max(sum(shape(g)[2] + BOX_GAP for g in column) for column in columns)


def arrange(columns: Sequence[Sequence[Group]]) -> Arrangement:
    """Return the places of all boxes and nodes; each column is centred."""
    boxes: list[Box] = []
    spots: dict[int, tuple[int, int]] = {}
    heights = [sum(shape(g)[2] + BOX_GAP for g in column) - BOX_GAP for column in columns]
    tallest = max(heights, default=0)
    x = MARGIN
    for column, height in zip(columns, heights, strict=True):
        y = MARGIN + (tallest - height) // 2
        widest = max(shape(g)[1] for g in column)
        for group in column:
            rows, _, tall = shape(group)
            boxes.append(Box(group.label, x, y, widest, tall, len(group.members)))
            for place, node in enumerate(group.members):
                right, down = divmod(place, rows)
                spots[node] = (x + PADDING + right * (WIDTH + GAP), y + HEAD + down * (HEIGHT + GAP))
            y += tall + BOX_GAP
        x += widest + COLUMN_GAP
    return Arrangement(max(x - COLUMN_GAP, MARGIN) + LOOP, tallest + 2 * MARGIN, tuple(boxes), spots)


def curve(dependent: tuple[int, int], needed: tuple[int, int]) -> str:
    """Return the path of an edge from a node to one that it needs; it ends with room for an arrow head."""
    (x1, y1), (x2, y2) = dependent, needed
    y1, y2 = y1 + HEIGHT // 2, y2 + HEIGHT // 2
    if x2 + WIDTH <= x1:
        start, end, bend = x1, x2 + WIDTH + 2, -1
    elif x1 + WIDTH <= x2:
        start, end, bend = x1 + WIDTH, x2 - 2, 1
    else:  # one above the other: out and back on the right
        start = end = x1 + WIDTH
        reach = start + 24 + min(abs(y2 - y1) // 8, 40)
        return f"M{start} {y1}C{reach} {y1} {reach} {y2} {end + 2} {y2}"
    half = max(abs(end - start) // 2, 20) * bend
    return f"M{start} {y1}C{start + half} {y1} {end - half} {y2} {end} {y2}"
