"""Depths, circles and blast radii of a net."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chittyops.app.dashboard.workspaces_graph import Net

PAIRS = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=50)


def reach(start: int, edges: dict[int, set[int]]) -> set[int]:
    """Return what is reached from ``start`` (itself only where a circle leads back)."""
    found: set[int] = set()
    pending = [start]
    while pending:
        for other in edges.get(pending.pop(), set()) - found:
            found.add(other)
            pending.append(other)
    return found


def test_a_chain() -> None:
    net = Net.of(3, [(0, 1), (1, 2)])
    assert net == Net(rank=(2, 1, 0), circles=(), breaks=(0, 1, 2))


def test_a_circle_breaks_together() -> None:
    net = Net.of(4, [(0, 1), (1, 0), (2, 0), (1, 3)])
    assert net.circles == ((0, 1),)
    assert net.breaks == (2, 2, 0, 3)
    assert net.rank == (1, 1, 2, 0)


def test_nothing_and_itself() -> None:
    assert Net.of(0, []) == Net((), (), ())
    assert Net.of(1, [(0, 0)]) == Net((0,), (), (0,))


def test_a_long_chain_needs_no_deep_stack() -> None:
    net = Net.of(5000, [(n, n + 1) for n in range(4999)])
    assert (net.rank[0], net.breaks[4999]) == (4999, 4999)


@given(PAIRS)
def test_it_agrees_with_plain_search(pairs: list[tuple[int, int]]) -> None:
    net = Net.of(15, pairs)
    needed_by: dict[int, set[int]] = {}
    needs: dict[int, set[int]] = {}
    for node, needed in pairs:
        if node != needed:
            needed_by.setdefault(needed, set()).add(node)
            needs.setdefault(node, set()).add(needed)
    assert net.breaks == tuple(len(reach(n, needed_by) - {n}) for n in range(15))
    assert {n for circle in net.circles for n in circle} == {n for n in range(15) if n in reach(n, needs)}
    for node, needed in pairs:
        together = any(node in circle and needed in circle for circle in net.circles)
        assert net.rank[node] == net.rank[needed] if together or node == needed else net.rank[node] > net.rank[needed]
