"""Pictures of graphs: everything has its place, nothing lies on top of anything, edges lead to the right."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.app.seeding import SHOP

from chittyops.interface.picture.layout import NODE_HEIGHT, NODE_WIDTH, layout


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    names = [f"s{i}" for i in range(draw(st.integers(0, 25)))]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:index]), max_size=3))) if index else ()
        for index, name in enumerate(names)
    }


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_every_service_has_a_place_of_its_own_right_of_what_it_needs(graph: dict[str, tuple[str, ...]]) -> None:
    drawn = layout(graph)
    spots = {spot.name: spot for spot in drawn.spots}
    assert spots.keys() == graph.keys()
    for spot in drawn.spots:
        assert 0 <= spot.x <= drawn.width - NODE_WIDTH
        assert 0 <= spot.y <= drawn.height - NODE_HEIGHT
        assert all(spots[needed].x + NODE_WIDTH <= spot.x for needed in graph[spot.name])
        for other in drawn.spots:
            apart = abs(spot.x - other.x) >= NODE_WIDTH or abs(spot.y - other.y) >= NODE_HEIGHT
            assert apart or spot.name == other.name
    assert {(e.needed, e.dependent) for e in drawn.edges} == {(d, n) for n, needed in graph.items() for d in needed}


def test_the_shop_fits_a_page() -> None:
    drawn = layout(SHOP)
    assert len(drawn.edges) == 11
    assert drawn.width < 1500


def test_what_is_needed_but_not_there_is_left_out() -> None:
    drawn = layout({"a": ("gone",)})
    assert [spot.name for spot in drawn.spots] == ["a"]
    assert drawn.edges == ()


def test_a_circle_is_still_shown() -> None:
    drawn = layout({"a": ("b",), "b": ("a",)})
    assert {spot.name for spot in drawn.spots} == {"a", "b"}


def test_a_thousand_services_are_a_map_of_dots_made_at_once() -> None:
    graph = {f"s{i}": tuple(f"s{j}" for j in range(max(0, i - 100), i - 97)) for i in range(1000)}
    begun = time.perf_counter()
    drawn = layout(graph)
    assert time.perf_counter() - begun < 0.3
    assert drawn.compact
    assert len({(spot.x, spot.y) for spot in drawn.spots}) == 1000
