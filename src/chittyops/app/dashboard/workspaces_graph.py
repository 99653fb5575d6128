"""Who needs whom among numbered nodes, circles allowed: depths, circles, and what breaks with each node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Net:
    """What is known of each node, by its number.

    ``rank`` is its depth: 0 needs nothing, nodes of one circle share it. ``circles`` are those with more than one
    node. ``breaks`` counts the nodes that need it, however far.
    """

    rank: tuple[int, ...]
    circles: tuple[tuple[int, ...], ...]
    breaks: tuple[int, ...]

    @classmethod
    def of(cls, count: int, needs: Iterable[tuple[int, int]]) -> Net:
        """Return what follows from ``needs``, pairs of a node and one that it needs."""
        targets: list[set[int]] = [set() for _ in range(count)]
        for node, needed in needs:
            if node != needed:
                targets[node].add(needed)
        components = _components([sorted(each) for each in targets])
        home = {node: number for number, members in enumerate(components) for node in members}
        below = [{home[t] for node in members for t in targets[node]} - {n} for n, members in enumerate(components)]
        rank = [0] * len(components)
        for number, needed_ones in enumerate(below):  # what a component needs stands before it
            rank[number] = 1 + max((rank[other] for other in needed_ones), default=-1)
        broken = [0] * len(components)  # bit sets of nodes
        for number in reversed(range(len(components))):
            own = broken[number] | sum(1 << node for node in components[number])
            for other in below[number]:
                broken[other] |= own
        return cls(
            tuple(rank[home[node]] for node in range(count)),
            tuple(tuple(sorted(members)) for members in components if len(members) > 1),
            tuple(broken[home[n]].bit_count() + len(components[home[n]]) - 1 for n in range(count)),
        )


def _components(targets: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the strongly connected components, each after those it leads to (Tarjan 1972, without recursion)."""
    index = [-1] * len(targets)
    low = [0] * len(targets)
    open_: list[int] = []
    is_open = [False] * len(targets)
    found: list[list[int]] = []
    counter = 0
    for start in range(len(targets)):
        work = [(start, 0)] if index[start] < 0 else []
        while work:
            node, step = work.pop()
            if step == 0:
                index[node] = low[node] = counter
                counter += 1
                open_.append(node)
                is_open[node] = True
            else:
                low[node] = min(low[node], low[targets[node][step - 1]])
            following = _advance(node, step, targets, index, low, is_open)
            if following is not None:
                work += [(node, following + 1), (targets[node][following], 0)]
            elif low[node] == index[node]:
                at = open_.index(node)
                found.append(open_[at:])
                for member in open_[at:]:
                    is_open[member] = False
                del open_[at:]
    return found


def _advance(
    node: int, step: int, targets: Sequence[Sequence[int]], index: Sequence[int], low: list[int],
    is_open: Sequence[bool],
) -> int | None:  # fmt: skip
    """Return the next target of ``node`` that was not visited, from ``step`` on; take note of open ones between."""
    for number in range(step, len(targets[node])):
        target = targets[node][number]
        if index[target] < 0:
            return number
        if is_open[target]:
            low[node] = min(low[node], index[target])
    return None
