"""The report on a terminal: the verdict, what to do first, and the tables that fit."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from chittyops.app.report.words import SHORT, place, titles
from chittyops.capabilities.audit.model import MISSING, NOT_APPLICABLE, PARTIAL, PRESENT, Report
from chittyops.interface.terminal import Cell, Table
from chittyops.interface.terminal.text import clean, fit, paint
from chittyops.kernel.inventory import CAPABILITIES
from chittyops.kernel.words import number

WIDTH: Final = 80
TOP: Final = 10
MOST_ROWS: Final = 30
"""Services of the matrix that are shown: those that lack the most."""
MARKS: Final = {PRESENT: ("+", "green"), PARTIAL: ("~", "yellow"), MISSING: ("-", "red"), NOT_APPLICABLE: (".", "dim")}


def terminal(report: Report, *, width: int = WIDTH, colour: bool = False) -> str:
    """Return the report as text of at most ``width`` columns."""
    parts = [_verdict(report, width, colour=colour)]
    for title, table, note in _tables(report):
        if len(table):
            lines = [paint(title, "bold", colour=colour), table.render(width=width, colour=colour)]
            lines += [paint(line, "dim", colour=colour) for line in textwrap.wrap(note, width)]
            parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _verdict(report: Report, width: int, *, colour: bool) -> str:
    head = paint(fit(f"Operations audit of {clean(report.workspace)}", width), "bold", colour=colour)
    lines = [head]
    for each in report.summary.verdict:
        wrapped = textwrap.wrap(clean(each), width, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
        # Wide characters take two columns, which textwrap does not know.
        lines += [fit(line, width) for line in wrapped]
    return "\n".join(lines)


def _tables(report: Report) -> Iterator[tuple[str, Table, str]]:
    yield "What to do first", _priorities(report), _rest(len(report.recommendations), TOP, "recommendation")
    yield "Committed credentials", _leaks(report), _rest(len(report.leaks), TOP, "credential")
    legend = "+ present, ~ partial, - missing, . not applicable. "
    yield "Capabilities", _matrix(report), legend + _rest(len(report.coverage), MOST_ROWS, "service")
    yield "Duplicates", _duplicates(report), _rest(len(report.duplicates), TOP, "group")
    yield "Blast radius", _radii(report), _rest(sum(bool(r.direct) for r in report.radii), TOP, "service")
    yield "Plan", _plan(report), ""


def _rest(count: int, shown: int, noun: str) -> str:
    return f"{number(count - shown, f'more {noun}')}: `--format html` or `--json` has all" if count > shown else ""


def _priorities(report: Report) -> Table:
    table = Table("#>", "what", "n>", "impact>", "effort>", "risk>", "phase>")
    for rank, each in enumerate(report.recommendations[:TOP], 1):
        title = Cell(each.title, "bold red" if each.urgent else "")
        numbers = (each.impact, each.effort, each.risk, each.phase)
        table.row(str(rank), title, str(each.count), *map(str, numbers))
    return table


def _leaks(report: Report) -> Table:
    table = Table("#>", "kind", "place", "services", "downstream>")
    for each in report.leaks[:TOP]:
        more = f" +{len(each.places) - 1}" if len(each.places) > 1 else ""
        services = ", ".join(each.services) or "-"
        table.row(
            str(each.order), Cell(each.kind, "red"), place(each.places[0]) + more, services, str(len(each.downstream))
        )
    return table


def _matrix(report: Report) -> Table:
    table = Table("service", *(SHORT[name] for name in CAPABILITIES))
    lacking = sorted(report.coverage, key=lambda row: -sum(mark.state == MISSING for mark in row.marks.values()))
    shown = {(row.service, row.path) for row in lacking[:MOST_ROWS]}
    names = titles(report.coverage)
    for row in report.coverage:
        if (row.service, row.path) in shown:
            table.row(names[row.path, row.service], *(Cell(*MARKS[row.marks[name].state]) for name in CAPABILITIES))
    return table


def _duplicates(report: Report) -> Table:
    table = Table("function", "copies>", "lines>", "same", "services")
    for each in report.duplicates[:TOP]:
        same = "exactly" if each.exact else "nearly"
        table.row(each.name, str(len(each.members)), str(each.lines), same, ", ".join(each.services))
    return table


def _radii(report: Report) -> Table:
    table = Table("service", "direct>", "in all>", "%>", "breaks with it")
    for each in report.radii[:TOP]:
        names = (*each.direct, *each.transitive)
        if names:
            table.row(each.service, str(len(each.direct)), str(len(names)), str(each.share), ", ".join(names))
    return table


def _plan(report: Report) -> Table:
    table = Table("phase", "items>", "effort>", "begins with")
    items = {each.name: each for each in report.recommendations}
    for phase in report.phases:
        title = f"{phase.number} {phase.title}"
        table.row(title, str(len(phase.items)), str(phase.effort), items[phase.items[0]].title)
    return table
