"""Desired, applied and live, compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.config.service.drift import (
    ABSENT,
    NOBODY_KNOWS,
    Comparison,
    Seen,
    Verdict,
    compare,
    verdict,
)

A, B, C = Seen("a"), Seen("b"), Seen("c")
SIDES = st.sampled_from((A, B, C, ABSENT, NOBODY_KNOWS))


@pytest.mark.parametrize(
    ("desired", "applied", "live", "expected"),
    [
        (A, A, A, Verdict.IN_STEP),
        (B, A, A, Verdict.NOT_DEPLOYED),
        (A, A, B, Verdict.DRIFTED),
        (C, A, B, Verdict.DRIFTED),
        (A, B, A, Verdict.IN_STEP),
        (A, ABSENT, ABSENT, Verdict.NOT_DEPLOYED),
        (ABSENT, A, A, Verdict.NOT_DEPLOYED),
        (A, A, ABSENT, Verdict.DRIFTED),
        (ABSENT, ABSENT, A, Verdict.DRIFTED),
        (A, A, NOBODY_KNOWS, Verdict.IN_STEP),
        (A, B, NOBODY_KNOWS, Verdict.NOT_DEPLOYED),
        (NOBODY_KNOWS, A, A, Verdict.UNKNOWN),
        (NOBODY_KNOWS, A, B, Verdict.DRIFTED),
        (A, NOBODY_KNOWS, NOBODY_KNOWS, Verdict.UNKNOWN),
        (A, NOBODY_KNOWS, B, Verdict.NOT_DEPLOYED),
    ],
)
def test_what_three_sides_come_to(desired: Seen, applied: Seen, live: Seen, expected: Verdict) -> None:
    assert verdict(desired, applied, live) is expected


@given(SIDES, SIDES, SIDES)
def test_nothing_has_drifted_unless_what_runs_is_known_and_was_not_applied(
    desired: Seen, applied: Seen, live: Seen
) -> None:
    drifted = verdict(desired, applied, live) is Verdict.DRIFTED
    told = live.known and applied.known and live.value != applied.value
    assert drifted == (told and not (desired.known and desired.value == live.value))


@given(SIDES, SIDES)
def test_what_runs_as_files_say_is_in_step_whatever_was_applied(same: Seen, applied: Seen) -> None:
    if same.known:
        assert verdict(same, applied, same) is Verdict.IN_STEP


def test_every_key_of_any_side_is_compared_once() -> None:
    found = list(compare("cart", {"A": A}, {"B": B}, {"A": A, "C": C}, secret=False))
    assert [each.key for each in found] == ["A", "B", "C"]
    assert found[1] == Comparison("cart", "B", secret=False, desired=ABSENT, applied=B, live=ABSENT)
    assert [each.live for each in compare("cart", {"A": A}, {}, None, secret=False)] == [NOBODY_KNOWS]


def test_what_people_see_of_a_side() -> None:
    assert [each.text for each in (A, ABSENT, NOBODY_KNOWS, Seen("a", shown="#a"))] == ["a", "-", "?", "#a"]
