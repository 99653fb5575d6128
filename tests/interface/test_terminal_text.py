"""Text, tables and colour: what fits, what is cut, and what never reaches a terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.interface.terminal import Cell, Table
from chittyops.interface.terminal.screen import colour_wanted
from chittyops.interface.terminal.table import key_values
from chittyops.interface.terminal.text import clean, columns, fit, pad, paint


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("", 0), ("日本", 4), ("é", 1), ("e\u0301", 1), ("👍", 2), ("a\u200bb", 2)],
    ids=["ascii", "empty", "wide", "precomposed", "combining", "emoji", "zero-width"],
)
def test_columns_are_what_a_terminal_takes(text: str, width: int) -> None:
    assert columns(text) == width


@given(st.text(), st.integers(0, 40))
def test_what_is_fitted_fits_and_begins_like_the_text(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert columns(fitted) <= width
    assert text.startswith(fitted.removesuffix("…"))
    assert fitted == text or fitted.endswith("…") or not width


@given(st.text(alphabet="ab日é", max_size=10), st.integers(0, 30), st.booleans())
def test_padding_reaches_the_width_on_the_side_asked_for(text: str, width: int, right: bool) -> None:
    padded = pad(text, width, right=right)
    assert columns(padded) == max(width, columns(text))
    assert padded.strip() == text


@given(st.text())
def test_clean_text_has_one_line_and_no_control_character(text: str) -> None:
    cleaned = clean(text)
    assert not any(ord(character) < 0x20 and character != "\t" for character in cleaned)
    assert not any(0x7F <= ord(character) < 0xA0 for character in cleaned)


@pytest.mark.parametrize(
    "attack",
    ["\x1b[2Jgone", "\x1b]0;title\x07gone", "\x1b]8;;http://evil\x1b\\gone", "\x1b[31mgone\x1b[0m", "\x9b2Jgone"],
    ids=["clear", "title", "link", "colour", "c1"],
)
def test_escape_sequences_of_others_do_not_reach_the_terminal(attack: str) -> None:
    assert "\x1b" not in clean(attack)
    assert "\x9b" not in clean(attack)
    assert clean(attack).endswith("gone")


def test_columns_of_a_table_are_aligned_whatever_their_width() -> None:
    table = Table("name", "ms>")
    table.row("日本", "7")
    table.row("catalog", "1200")
    assert table.render() == "NAME       MS\n日本        7\ncatalog  1200"


def test_a_table_is_cut_to_the_terminal_at_its_widest_column() -> None:
    table = Table("name", "why")
    table.row("catalog", "x" * 100)
    lines = table.render(width=40).splitlines()
    assert max(map(len, lines)) == 40
    assert lines[1].startswith("catalog  xxx")
    assert lines[1].endswith("…")


def test_a_piped_table_is_never_cut() -> None:
    table = Table("why")
    table.row("x" * 500)
    assert "x" * 500 in table.render()


def test_colour_does_not_change_the_layout() -> None:
    table = Table("state", "name")
    table.row(Cell("ok", "green"), "a")
    painted = table.render(colour=True)
    assert "\x1b[32mok\x1b[0m" in painted
    assert clean(painted.splitlines()[1]) == table.render().splitlines()[1]


def test_a_cell_cannot_break_its_row() -> None:
    table = Table("name", "note")
    table.row("a\nb", "\x1b[2J!")
    assert len(table.render().splitlines()) == 2
    assert "\x1b" not in table.render()


def test_a_row_needs_a_field_for_each_column() -> None:
    with pytest.raises(ValueError, match="1 fields for 2 columns"):
        Table("a", "b").row("x")


def test_key_values_are_aligned() -> None:
    assert key_values([("a", "1"), ("long", "2")]) == "a     1\nlong  2"


@pytest.mark.parametrize(
    ("environ", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
    ids=["terminal", "pipe", "no", "no-empty", "force", "force-0", "no-wins", "dumb"],
)
def test_colour_follows_the_conventions(environ: dict[str, str], terminal: bool, wanted: bool) -> None:
    assert colour_wanted(Screen(terminal=terminal), environ) is wanted


def test_paint_without_colour_is_the_text() -> None:
    assert paint("x", "bold red", colour=False) == "x"
    assert paint("x", "bold red", colour=True) == "\x1b[1m\x1b[31mx\x1b[0m"
