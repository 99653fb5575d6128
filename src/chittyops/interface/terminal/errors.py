"""Errors for people: what, where, the line itself, and what to do; and the exit code of each kind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from chittyops.interface.terminal.text import clean, columns, fit
from chittyops.kernel.errors import (
    Cancelled,
    ChittyOpsError,
    Conflict,
    Misconfigured,
    NotFound,
    Place,
    Problem,
    Refused,
    Unavailable,
)

if TYPE_CHECKING:
    from chittyops.interface.terminal.screen import Terminal

DONE, FAILED, USAGE, REFUSED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 3, 130, 141

EXIT_CODES: dict[type[ChittyOpsError], int] = {
    Misconfigured: USAGE,
    NotFound: REFUSED,
    Refused: REFUSED,
    Conflict: REFUSED,
    Cancelled: FAILED,
    Unavailable: FAILED,
}

EXCERPT_COLUMNS = 100
LARGEST_EXCERPT_BYTES = 1 << 20
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
"""What text does not hold, and a binary file soon does."""
_SECRET_FILE = re.compile(r"\.env(\..*)?|\.dev\.vars(\..*)?|.*\.(pem|key|age)")
_SECRET_WORD = re.compile(r"secret|token|passw|credential|private|auth|api_?key|_key\b|://[^/\s]*@", re.IGNORECASE)


def exit_code(error: ChittyOpsError) -> int:
    """Return the exit code of ``error``: 2 for what the user wrote, 3 for what is not there or not allowed, else 1."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), FAILED)


def report(error: ChittyOpsError, terminal: Terminal) -> int:
    """Write ``error`` to stderr, every problem of it, and return the exit code."""
    only = Problem(error.message, error.place, error.hint)
    for problem in error.problems if isinstance(error, Misconfigured) else (only,):
        report_problem(problem, terminal)
    return exit_code(error)


def report_problem(problem: Problem, terminal: Terminal) -> None:
    """Write one problem: message, place, excerpt, hint."""
    terminal.say(f"{terminal.paint('error:', 'bold red')} {clean(problem.message)}")
    if problem.place:
        terminal.say(f"  {terminal.paint('-->', 'blue')} {clean(str(problem.place))}")
        for line in excerpt(problem.place):
            terminal.say(line, "dim")
    label, indent = terminal.paint("hint:", "bold cyan"), "     "
    for number, line in enumerate(problem.hint.splitlines()):
        terminal.say(f"{indent if number else label} {clean(line)}")


def excerpt(place: Place) -> tuple[str, ...]:
    """Return the line at ``place`` and a caret below its column; nothing when it may hold a secret."""
    path = Path(place.path)
    if not place.line or _SECRET_FILE.fullmatch(path.name):
        return ()
    try:
        if path.stat().st_size > LARGEST_EXCERPT_BYTES:
            return ()
        lines = path.read_bytes().decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        # What is no text is not shown.
        return ()
    if place.line > len(lines) or _CONTROL.search(lines[place.line - 1]) or may_hold_secret(lines, place.line):
        return ()
    before = clean(lines[place.line - 1][: max(0, place.column - 1)].replace("\t", " "))
    blanks = max(0, place.column - 1) if not before.strip() else columns(before)
    source = fit(clean(lines[place.line - 1].replace("\t", " ")), EXCERPT_COLUMNS)
    number = str(place.line)
    margin = " " * len(number)
    shown = (f" {margin} |", f" {number} | {source}")
    caret = place.column and blanks < EXCERPT_COLUMNS
    return (*shown, f" {margin} | {' ' * blanks}^") if caret else shown


def may_hold_secret(lines: list[str], number: int) -> bool:
    """Return whether line ``number`` (from 1) names a secret, or lies within something that does."""
    if _SECRET_WORD.search(lines[number - 1]):
        return True
    indent = _indent(lines[number - 1])
    braces = 0
    for line in reversed(lines[: number - 1]):
        if not line.strip():
            continue
        braces += line.count("{") - line.count("}")
        parent = _indent(line) < indent
        if parent:
            indent = _indent(line)
        if (parent or braces > 0) and _SECRET_WORD.search(line):
            return True
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
