"""Where a command writes and whom it may ask."""

from __future__ import annotations

import json as jsonlib
import os
import shutil
import sys
from dataclasses import dataclass, field
from getpass import getpass
from typing import TYPE_CHECKING, TextIO

from chittyops.interface.terminal.progress import Progress
from chittyops.interface.terminal.table import Table
from chittyops.interface.terminal.text import clean, paint
from chittyops.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping


def colour_wanted(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Return whether ``stream`` gets colour: NO_COLOR forbids (https://no-color.org), FORCE_COLOR demands."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return environ.get("TERM") != "dumb" and stream.isatty()


@dataclass(frozen=True, slots=True)
class Terminal:
    """Data goes to ``out``; progress, questions and remarks to ``err``."""

    json: bool = False
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def interactive(self) -> bool:
        """Return whether a person can be asked: both stdin and stderr are a terminal."""
        return sys.stdin is not None and sys.stdin.isatty() and self.err.isatty()

    @property
    def animated(self) -> bool:
        """Return whether lines on stderr may be redrawn."""
        return not self.quiet and self.err.isatty() and self.environ.get("TERM") != "dumb"

    @property
    def colour(self) -> bool:
        """Return whether stdout gets colour."""
        return colour_wanted(self.out, self.environ)

    @property
    def error_colour(self) -> bool:
        """Return whether stderr gets colour."""
        return colour_wanted(self.err, self.environ)

    @property
    def unicode(self) -> bool:
        """Return whether stderr can show more than ASCII."""
        return (self.err.encoding or "").lower().replace("-", "").startswith("utf")

    @property
    def width(self) -> int:
        """Return the columns of stdout where it is a terminal, else 0: what is piped is never cut."""
        return shutil.get_terminal_size().columns if self.out.isatty() else 0

    @property
    def error_width(self) -> int:
        """Return the columns of stderr where it is a terminal, else 0."""
        return shutil.get_terminal_size().columns if self.err.isatty() else 0

    def emit(self, data: object, text: str | Table = "") -> None:
        """Write ``data`` as JSON with ``--json``, else ``text``; both may be read by programs."""
        if self.json:
            self.line(jsonlib.dumps(data, indent=2, ensure_ascii=False))
        elif isinstance(text, Table):
            self.line(text.render(width=self.width, colour=self.colour))
        elif text:
            self.line(text)

    def line(self, text: str) -> None:
        """Write one line of data, at once, so that what reads it can follow."""
        self.out.write(text + "\n")
        self.out.flush()

    def note(self, text: str, style: str = "") -> None:
        """Say something on stderr that no program needs; silent with ``-q``."""
        if not self.quiet:
            self.say(text, style)

    def warn(self, text: str) -> None:
        """Warn on stderr, also with ``-q``."""
        self.say(f"{self.paint('warning:', 'bold yellow')} {clean(text)}")

    def say(self, text: str, style: str = "") -> None:
        """Write ``text`` to stderr, also with ``-q``."""
        self.err.write(self.paint(text, style) + "\n")
        self.err.flush()

    def paint(self, text: str, style: str) -> str:
        """Return ``text`` in ``style`` where stderr has colour."""
        return paint(text, style, colour=self.error_colour)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Return when the user agrees, or has with ``--yes``. Raises Refused otherwise; waits only at a terminal."""
        if yes:
            return
        if not self.interactive:
            message = f"{question} needs a yes, and there is no terminal to ask at"
            raise Refused(message, hint="pass --yes")
        if self.ask(f"{self.paint(question, 'bold')} [y/N] ").strip().lower() not in ("y", "yes"):
            message = "not confirmed; nothing was done"
            raise Refused(message)

    def ask(self, question: str, *, hidden: bool = False) -> str:
        """Return the line that a person answers ``question`` with, not shown where it is ``hidden``."""
        try:
            if hidden:
                return getpass(question, self.err)
            self.err.write(question)
            self.err.flush()
            return sys.stdin.readline().removesuffix("\n")
        except EOFError:
            return ""
        except KeyboardInterrupt:
            # What is said of it stands on a line of its own.
            self.err.write("\n")
            self.err.flush()
            raise

    def progress(self, label: str, total: int | None = None, *, delayed: bool = False) -> Progress:
        """Return a context that shows how far ``label`` is: a bar on a terminal, plain lines elsewhere."""
        return Progress(self.err, label, total, animated=self.animated, quiet=self.quiet, delayed=delayed)
