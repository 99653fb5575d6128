"""What the pages of one service's configuration show: values with their origins, and environments side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chittyops.app.dashboard.configuration_words import SECTIONS, SETTINGS
from chittyops.capabilities.config.model import SecretMark, Value, Word

SECRETS = "secrets"
CONFIG = "config"


@dataclass(frozen=True, slots=True)
class ValueFilter:
    """Which values are asked for. What is "" asks for nothing; ``only`` is secrets, shadowing or references."""

    text: str = ""
    layer: str = ""
    part: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value of a service as its page shows it."""

    value: Value
    mark: SecretMark | None

    @property
    def part(self) -> str:
        """Return the part of the page it is shown in."""
        return SECTIONS.get(self.value.section, SETTINGS)

    @property
    def origin(self) -> Word | None:
        """Return what gives it."""
        return self.value.words[0] if self.value.words else None

    @property
    def layer(self) -> str:
        """Return which layer gives it."""
        return self.origin.layer if self.origin else ""

    @property
    def others(self) -> tuple[Word, ...]:
        """Return what other layers say."""
        return self.value.words[1:]

    def fits(self, wanted: ValueFilter) -> bool:
        """Return whether it is asked for."""
        told = " ".join((self.value.key, self.value.value or "", *(f"{w.layer} {w.path}" for w in self.value.words)))
        kinds = {"": True, "secrets": self.value.secret, "shadowing": self.others, "references": self.value.references}
        return (
            all(word in told.lower() for word in wanted.text.lower().split())
            and wanted.layer in ("", self.layer)
            and wanted.part in ("", self.part)
            and bool(kinds.get(wanted.only, True))
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in one environment. ``differs``: most environments have another one."""

    value: Value | None
    mark: SecretMark | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A value in all environments side by side."""

    part: str
    key: str
    secret: bool
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Return whether not all environments have the same."""
        return any(cell.differs for cell in self.cells)


def rows(found: Iterable[Value], marks: Iterable[SecretMark]) -> list[ValueRow]:
    """Return the values of a service in one environment in the order of the page; ``marks`` are its secrets there."""
    by_name = {mark.variable: mark for mark in marks}
    listed = [ValueRow(value, by_name.get(value.key) if _declared(value) else None) for value in found]
    return sorted(listed, key=lambda row: _place(row.part))


def lines(tables: Mapping[str, Sequence[Value]], marks: Iterable[SecretMark]) -> list[Line]:
    """Return the values of a service side by side, by environment, in the order of the page."""
    by_place = {(mark.variable, mark.environment): mark for mark in marks}
    found = {name: {(value.section, value.key): value for value in values} for name, values in tables.items()}
    keys = dict.fromkeys(key for table in found.values() for key in table)
    made = [_line(key, {name: table.get(key) for name, table in found.items()}, by_place) for key in keys]
    return sorted(made, key=lambda line: _place(line.part))


def _line(
    key: tuple[str, str], values: Mapping[str, Value | None], marks: Mapping[tuple[str, str], SecretMark]
) -> Line:
    section, name = key
    found = {
        each: (value, marks.get((name, each)) if value and _declared(value) else None) for each, value in values.items()
    }
    states = {each: (value and value.value, mark and mark.state) for each, (value, mark) in found.items()}
    (usual, times), *_ = Counter(states.values()).most_common(1)
    alone = len(states) > 1 and times == 1  # all have another one
    cells = tuple(Cell(value, mark, alone or states[each] != usual) for each, (value, mark) in found.items())
    return Line(SECTIONS.get(section, SETTINGS), name, any(value and value.secret for value in values.values()), cells)


def _declared(value: Value) -> bool:
    """Return whether it is a secret that the service declares: a variable that refers to one is, too."""
    return value.secret and value.section in (SECRETS, CONFIG)


def _place(part: str) -> int:
    order = (*SECTIONS.values(), SETTINGS)
    return order.index(part)
