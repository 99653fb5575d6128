"""Boxes and nodes stand apart, and what is needed stands left."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from chittyops.app.dashboard.workspaces_layout import GAP, HEIGHT, WIDTH, Group, arrange, curve, in_columns

SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=12)


def groups(sizes: list[int]) -> list[Group]:
    """Return groups of these sizes over numbers that follow each other."""
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return [Group(f"g{i}", tuple(range(s, s + n))) for i, (s, n) in enumerate(zip(starts, sizes, strict=True))]


@given(SIZES)
def test_nothing_overlaps_and_everything_is_inside(sizes: list[int]) -> None:
    drawn = arrange(in_columns(groups(sizes), list(range(sum(sizes)))))
    assert len(drawn.spots) == sum(sizes)
    for (x1, y1), (x2, y2) in combinations(drawn.spots.values(), 2):
        assert abs(x1 - x2) >= WIDTH + GAP or abs(y1 - y2) >= HEIGHT + GAP
    for one, other in combinations(drawn.boxes, 2):
        apart = one.x + one.width < other.x or other.x + other.width < one.x
        assert apart or one.y + one.height < other.y or other.y + other.height < one.y
    for box in drawn.boxes:
        assert 0 <= box.x < box.x + box.width <= drawn.width
        assert 0 <= box.y < box.y + box.height <= drawn.height


def test_groups_that_need_less_stand_further_left() -> None:
    found = in_columns([Group("late", tuple(range(30))), Group("early", tuple(range(30, 60)))], [5] * 30 + [0] * 30)
    assert [group.label for column in found for group in column] == ["early", "late"]


def test_many_boxes_fill_a_page_and_no_strip() -> None:
    drawn = arrange(in_columns(groups([9] * 60), [0] * 540))
    assert 1.1 < drawn.width / drawn.height < 2.4


def test_no_groups_are_an_empty_picture() -> None:
    assert arrange(in_columns([], [])).spots == {}


def test_an_edge_leaves_and_enters_at_the_sides() -> None:
    assert curve((400, 0), (0, 100)).startswith("M400 20C")
    assert curve((400, 0), (0, 100)).endswith(f"{WIDTH + 2} 120")
    assert curve((0, 0), (400, 0)).endswith("398 20")
    assert curve((0, 0), (0, 100)).startswith(f"M{WIDTH} 20C")
