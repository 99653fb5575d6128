"""Text as a terminal shows it: width in columns, colour, and nothing that could take the terminal over."""

from __future__ import annotations

import re
import unicodedata

RESET = "\x1b[0m"
STYLES = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "red": "\x1b[31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "blue": "\x1b[34m",
    "cyan": "\x1b[36m",
}

# Escape sequences (ECMA-48: CSI, OSC and the two-character ones), then every other control character but a tab.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """Return ``text`` as one line without control characters: what others wrote must not steer the terminal."""
    if text.isprintable():
        return text
    return _CONTROL.sub(" ", _ESCAPE.sub("", text)).rstrip()


def paint(text: str, style: str, *, colour: bool) -> str:
    """Return ``text`` in ``style`` (words of STYLES, by blanks), or as it is without colour."""
    if not (colour and style and text):
        return text
    return "".join(STYLES[word] for word in style.split()) + text + RESET


def columns(text: str) -> int:
    """Return how many columns ``text`` takes: two for wide characters, none for combining ones (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(_character_columns(character) for character in text)


def _character_columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """Return ``text`` cut to at most ``width`` columns, with an ellipsis where something was cut."""
    if columns(text) <= width:
        return text
    taken, kept = 0, []
    for character in text:
        taken += _character_columns(character)
        if taken > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…" if width > 0 else ""


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return ``text`` filled with blanks to ``width`` columns, on its left when ``right`` aligned."""
    blanks = " " * max(0, width - columns(text))
    return blanks + text if right else text + blanks
