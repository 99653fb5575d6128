"""Aligned tables that know wide characters and the width of the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chittyops.interface.terminal.text import clean, columns, fit, pad, paint

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
NARROWEST = 6
"""No column is cut below this many columns: less says nothing."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One field with a style (words of ``text.STYLES``)."""

    text: str
    style: str = ""


class Table:
    """Rows under titles. A column whose title ends in ``>`` is aligned to the right."""

    def __init__(self, *titles: str) -> None:
        """Take the titles of the columns."""
        self._titles = tuple(title.rstrip(">") for title in titles)
        self._right = tuple(title.endswith(">") for title in titles)
        self._rows: list[tuple[Cell, ...]] = []

    def row(self, *fields: str | Cell) -> None:
        """Add a row: one field for each column."""
        if len(fields) != len(self._titles):
            message = f"{len(fields)} fields for {len(self._titles)} columns"
            raise ValueError(message)
        cells = (field if isinstance(field, Cell) else Cell(field) for field in fields)
        self._rows.append(tuple(Cell(clean(cell.text), cell.style) for cell in cells))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def render(self, *, width: int = 0, colour: bool = False) -> str:
        """Return the lines of the table, cut to ``width`` columns; 0 cuts nothing."""
        titles = tuple(Cell(title.upper(), "dim") for title in self._titles)
        widths = _shrink([self._widest(n) for n in range(len(titles))], width)
        return "\n".join(self._line(cells, widths, colour=colour) for cells in (titles, *self._rows))

    def _widest(self, number: int) -> int:
        return max(columns(self._titles[number]), *(columns(row[number].text) for row in self._rows), 0)

    def _line(self, cells: tuple[Cell, ...], widths: Sequence[int], *, colour: bool) -> str:
        last = len(cells) - 1
        fields = []
        for number, (cell, width, right) in enumerate(zip(cells, widths, self._right, strict=True)):
            text = fit(cell.text, width)
            # Only the text is painted, and nothing trails the last column: both would show when copied.
            blanks = " " * (width - columns(text))
            painted = paint(text, cell.style, colour=colour)
            fields.append(blanks + painted if right else painted + (blanks if number < last else ""))
        return GAP.join(fields).rstrip()


def _shrink(widths: list[int], available: int) -> list[int]:
    """Return ``widths`` so that they fit: the widest column gives way first."""
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - available if available else 0
    while excess > 0 and max(widths) > NARROWEST:
        widest = widths.index(max(widths))
        widths[widest] -= 1
        excess -= 1
    return widths


def key_values(pairs: Sequence[tuple[str, str]], *, colour: bool = False) -> str:
    """Return ``pairs`` as aligned lines: ``name   value``."""
    width = max((columns(name) for name, _ in pairs), default=0)
    return "\n".join(f"{paint(pad(name, width), 'dim', colour=colour)}{GAP}{clean(value)}" for name, value in pairs)
