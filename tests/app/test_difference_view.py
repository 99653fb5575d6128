"""Differences that are shown hold no secret."""

from __future__ import annotations

import pytest

from chittyops.app.difference_view import MASK, difference

TOKEN = "ghp_" + "0a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXy"


def test_what_looks_like_a_secret_is_masked() -> None:
    assert TOKEN not in difference("wrangler.toml", f'TOKEN = "{TOKEN}"\n', "")


@pytest.mark.parametrize("line", ['PIN = "4711"', 'vars = { MODE = "x", PIN = "4711" }', '"PIN": "4711",', "PIN=4711"])
def test_what_is_declared_as_a_secret_is_masked_whatever_it_looks_like(line: str) -> None:
    assert "4711" in difference("f", f"{line}\n", "")
    shown = difference("f", f"{line}\n", "", {"PIN"})
    assert "4711" not in shown
    assert MASK in shown


def test_other_names_are_shown() -> None:
    assert "-SPIN = 4711\n" in difference("f", "SPIN = 4711\n", "", {"PIN"})
