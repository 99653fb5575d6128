"""Errors say what, where, and what to do."""

from __future__ import annotations

from chittyops.kernel.errors import Misconfigured, NotFound, Place, Problem, Unavailable


def test_a_place_is_written_as_editors_read_it() -> None:
    assert str(Place("a.yaml", 3, 7)) == "a.yaml:3:7"
    assert str(Place("a.yaml")) == "a.yaml"


def test_several_problems_are_one_error_that_shows_the_first() -> None:
    problems = (Problem("one", Place("f", 1)), Problem("two", hint="mend it"))
    error = Misconfigured.of(problems)
    assert (error.message, error.place, error.problems) == ("one", Place("f", 1), problems)


def test_only_what_may_pass_is_worth_another_try() -> None:
    assert NotFound("x").permanent
    assert not Unavailable("x").permanent
    assert Unavailable("x", permanent=True).permanent
