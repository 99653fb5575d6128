"""Messages of vendors, without what must not show in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.vendors.replies import LONGEST_MESSAGE, SHORTEST_PART, scrubbed


@pytest.mark.parametrize(
    ("text", "secret", "shown"),
    [
        ("the value abcdefghij is bad", "abcdefghij", "the value [redacted] is bad"),
        ("it begins with abcdefgh...", "abcdefghijkl", "it begins with [redacted]..."),
        ("it ends with ...efghijkl", "abcdefghijkl", "it ends with ...[redacted]"),
        ("short one", "one", "short [redacted]"),
        ("one\ttwo\n\nthree", "", "one two three"),
        ("nothing of it", "abcdefghijkl", "nothing of it"),
    ],
)
def test_secrets_are_taken_out_whole_and_in_part(text: str, secret: str, shown: str) -> None:
    assert scrubbed(text, [secret]) == shown


def test_what_is_long_is_cut_after_it_was_cleaned() -> None:
    secret = "abcdefghijkl"
    shown = scrubbed("x" * (LONGEST_MESSAGE - 6) + secret, [secret])
    assert len(shown) <= LONGEST_MESSAGE
    assert "abcdef" not in shown


@given(st.text(max_size=40), st.text(min_size=SHORTEST_PART, max_size=30), st.integers(0, 20), st.integers(0, 30))
def test_no_long_part_of_a_secret_is_left(around: str, secret: str, start: int, end: int) -> None:
    said = f"{around}{secret[start:end]}{json.dumps(secret)}{around}"
    shown = scrubbed(said, [secret])
    parts = {secret[at : at + SHORTEST_PART] for at in range(len(secret) - SHORTEST_PART + 1)}
    assert not any(part in shown for part in parts if part not in "[redacted]")
