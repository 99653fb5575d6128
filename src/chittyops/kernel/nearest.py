"""The hint for a name that is not known: what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_NEAR: Final = 0.7
_MOST_WORDS: Final = 12


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word next to ``word``, or some of them."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistyped name pays for it

    words = list(known)
    lower = {each.lower(): each for each in words}
    if close := get_close_matches(word.lower(), lower, 1, _NEAR):
        return f'did you mean "{lower[close[0]]}"?'
    more = ", ..." if len(words) > _MOST_WORDS else ""
    return f"known here: {', '.join(words[:_MOST_WORDS])}{more}" if words else "none is known here"
