"""How the demo speaks: numbered acts, and claims that are ticked off or crossed out."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TextIO, cast

from chittyops.interface.terminal import Table, Terminal
from chittyops.interface.terminal.text import clean, columns, fit

TEXT_COLUMNS = 66
TIME_COLUMNS = 7
INDENT = "   "
DETAIL = "     "


@dataclass(frozen=True, slots=True)
class Claim:
    """Something the demo says of the product, and whether it held."""

    act: str
    text: str
    holds: bool
    instead: str = ""


@dataclass(slots=True)
class Act:
    """A numbered part of the demo, and how long it took."""

    number: int
    title: str
    seconds: float = 0.0


@dataclass(slots=True)
class Stage:
    """Tells the story on stderr and keeps what was claimed."""

    terminal: Terminal
    acts: list[Act] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    @property
    def failed(self) -> list[Claim]:
        """Return the claims that did not hold."""
        return [claim for claim in self.claims if not claim.holds]

    @contextmanager
    def act(self, title: str) -> Iterator[None]:
        """Begin an act; its end is timed."""
        act = Act(len(self.acts) + 1, title)
        self.acts.append(act)
        self.terminal.note("")
        self.terminal.note(f"{self.terminal.paint(f'{act.number}', 'bold cyan')}  {self.terminal.paint(title, 'bold')}")
        began = time.monotonic()
        try:
            yield
        finally:
            act.seconds = time.monotonic() - began

    def claim(self, text: str, *, holds: bool = True, instead: str = "", seconds: float | None = None) -> bool:
        """Tick ``text`` off, or cross it out and say what was found ``instead``; return whether it held."""
        self.claims.append(Claim(self.acts[-1].title if self.acts else "", text, holds, instead))
        mark = self._paint("✓", "+", "green") if holds else self._paint("✗", "x", "bold red")
        self._line(mark, text if holds else f"{text}: {instead or 'no'}", seconds)
        return holds

    def skip(self, text: str) -> None:
        """Tell what is left out here, and why."""
        self._line(self._paint("○", "-", "yellow"), text)

    def tell(self, text: str = "", style: str = "") -> None:
        """Tell a detail, below the line before."""
        width = self.terminal.error_width
        shown = fit(clean(text), width - len(DETAIL)) if width else clean(text)
        self.terminal.note(f"{DETAIL}{self.terminal.paint(shown, style)}".rstrip())

    def tell_all(self, table: Table) -> None:
        """Tell the rows of a table."""
        for line in table.render().splitlines():
            self.tell(line)

    @property
    def below(self) -> Terminal:
        """Return a terminal whose lines stand below the line before; a picture that moves stays where it is."""
        if self.terminal.animated:
            return self.terminal
        return replace(self.terminal, err=cast("TextIO", Indented(self.terminal.err)))

    def _line(self, mark: str, text: str, seconds: float | None = None) -> None:
        shown = clean(text)
        took = "" if seconds is None else f"{seconds:.1f} s".rjust(TIME_COLUMNS)
        gap = " " * max(2, TEXT_COLUMNS - columns(shown)) if took else ""
        self.terminal.note(f"{INDENT}{mark} {shown}{gap}{self.terminal.paint(took, 'dim')}")

    def _paint(self, symbol: str, plain: str, style: str) -> str:
        return self.terminal.paint(symbol if self.terminal.unicode else plain, style)


class Indented(io.TextIOBase):
    """Writes to another stream, each line further to the right."""

    def __init__(self, stream: TextIO) -> None:
        """Write to ``stream``."""
        self._stream = stream
        self._begun = False

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has it as an attribute
        """Return what the stream can write."""
        return self._stream.encoding

    def write(self, text: str) -> int:
        """Write ``text``."""
        for line in text.splitlines(keepends=True):
            self._stream.write(line if self._begun else DETAIL + line)
            self._begun = not line.endswith("\n")
        return len(text)

    def flush(self) -> None:
        """Let the stream write what it holds."""
        self._stream.flush()
