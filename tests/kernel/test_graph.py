"""The dependency graph."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.graph import Graph

SHOP = Graph({"web": ("catalog", "orders"), "orders": ("catalog",), "catalog": (), "mail": ("orders",)})


@st.composite
def acyclic(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    names = [f"s{i}" for i in range(draw(st.integers(0, 30)))]
    edges = {}
    for index, name in enumerate(names):
        edges[name] = tuple(draw(st.lists(st.sampled_from(names[:index]), max_size=4))) if index else ()
    return dict(draw(st.permutations(list(edges.items()))))


def test_order_puts_each_service_after_what_it_depends_on() -> None:
    assert SHOP.order() == ("catalog", "orders", "web", "mail")


@given(acyclic())
def test_order_holds_for_any_graph_without_cycles(edges: dict[str, tuple[str, ...]]) -> None:
    order = Graph(edges).order()
    place = {name: index for index, name in enumerate(order)}
    assert sorted(order) == sorted(edges)
    assert all(place[needed] < place[name] for name, needs in edges.items() for needed in needs)
    assert Graph(edges).cycle() == ()


@given(acyclic(), st.data())
def test_a_cycle_is_named_by_its_path(edges: dict[str, tuple[str, ...]], data: st.DataObject) -> None:
    ring = [f"r{i}" for i in range(data.draw(st.integers(1, 6)))]
    edges |= {name: (ring[(i + 1) % len(ring)],) for i, name in enumerate(ring)}
    graph = Graph(edges)
    with pytest.raises(Misconfigured, match="in a circle"):
        graph.order()
    path = graph.cycle()
    assert path[0] == path[-1]
    assert all(after in edges[before] for before, after in pairwise(path))


def test_a_dependency_that_is_not_there_is_refused() -> None:
    with pytest.raises(Misconfigured, match="web depends on nothing-here"):
        Graph({"web": ("nothing-here",)})


def test_affected_is_everything_downstream() -> None:
    assert SHOP.affected(["orders"]) == {"orders", "web", "mail"}
    assert SHOP.required(["mail"]) == {"mail", "orders", "catalog"}


def test_layers_are_by_depth() -> None:
    assert SHOP.layers() == (("catalog",), ("orders",), ("web", "mail"))
    assert Graph({}).layers() == ()


def test_a_deep_chain_does_not_exhaust_the_stack() -> None:
    chain = {f"s{i}": (f"s{i - 1}",) if i else () for i in range(20_000)}
    assert len(Graph(chain).order()) == 20_000
    assert Graph({**chain, "s0": ("s19999",)}).cycle()[0] == "s0"
