"""Words for people."""

from __future__ import annotations

import pytest

from chittyops.kernel.words import number


@pytest.mark.parametrize(
    ("count", "noun", "plural", "words"),
    [
        (0, "service", "", "0 services"),
        (1, "service", "", "1 service"),
        (2, "service", "", "2 services"),
        (1, "entry", "entries", "1 entry"),
        (2, "entry", "entries", "2 entries"),
    ],
)
def test_a_number_agrees_with_its_noun(count: int, noun: str, plural: str, words: str) -> None:
    assert number(count, noun, plural) == words
