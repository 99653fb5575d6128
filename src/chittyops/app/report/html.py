"""The report as one HTML file that needs nothing else: no network, no fonts, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chittyops.app.report.drawing import drawing
from chittyops.app.report.words import EFFORTS, SHORT, STATES, SYMBOLS, grouped, place, replaced_by, titles
from chittyops.capabilities.audit.model import MISSING, NOT_APPLICABLE, PARTIAL, PRESENT, Recommendation, Report
from chittyops.capabilities.audit.service.integrations import KINDS
from chittyops.interface.terminal.text import clean
from chittyops.kernel.inventory import CAPABILITIES, Finding
from chittyops.kernel.words import number

FOLDER: Final = Path(__file__).parent / "templates"
NAMES: Final = 24
"""Names of services that a cell shows; the JSON form has all."""
PLACES: Final = 5
PROBLEMS: Final = 15
SCALE: Final = range(1, 6)
RANKS: Final = {MISSING: 0, PARTIAL: 1, PRESENT: 2, NOT_APPLICABLE: 3}
"""The order of states when a table is sorted by them."""


def html(report: Report) -> str:
    """Return the report as a self-contained page."""
    style, script = _style(), _script()
    return _templates().get_template("report.html").render(
        report=report,
        figures=report.summary,
        style=style,
        script=script,
        policy=_policy(style, script),
        picture=drawing(report.map),
        cells=_cells(report.recommendations),
        plan=_plan(report),
        services=grouped(report.functions),
        integrations={kind: list(found) for kind, found in groupby(report.integrations, key=lambda each: each.kind)},
        problems=_problems(report),
        states=_states(report),
        lacking=_lacking(report),
        titles=titles(report.coverage),
    )  # fmt: skip


def _policy(style: Markup, script: Markup) -> str:
    """Return the content security policy: this style, this script, and nothing from anywhere."""
    own = f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _style() -> Markup:
    return Markup((FOLDER / "report.css").read_text("utf-8"))  # noqa: S704 (our own file)


@cache
def _script() -> Markup:
    return Markup((FOLDER / "report.js").read_text("utf-8"))  # noqa: S704 (our own file)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    templates.globals.update(
        capabilities=CAPABILITIES, short=SHORT, words=STATES, symbols=SYMBOLS, kinds=KINDS, efforts=EFFORTS,
        place=place, number=number, replaced_by=replaced_by, most_names=NAMES, most_places=PLACES, scale=SCALE,
        most_problems=PROBLEMS, ranks=RANKS,
    )  # fmt: skip
    return templates


def _cells(found: Sequence[Recommendation]) -> dict[tuple[int, int], list[int]]:
    """Return the ranks of the recommendations by impact and effort."""
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for rank, each in enumerate(found, 1):
        cells[each.impact, each.effort].append(rank)
    return dict(cells)


def _plan(report: Report) -> list[tuple[Any, list[tuple[int, Recommendation]]]]:
    """Return the phases, each with its recommendations and their ranks."""
    ranked = {each.name: (rank, each) for rank, each in enumerate(report.recommendations, 1)}
    return [(phase, [ranked[name] for name in phase.items]) for phase in report.phases]


def _problems(report: Report) -> Mapping[tuple[str, str], list[Finding]]:
    found: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for each in report.problems:
        found[each.code, each.severity].append(each)
    return found


def _states(report: Report) -> Mapping[str, Mapping[str, int]]:
    """Return how many services have each capability in each state."""
    return {
        name: {state: sum(row.marks[name].state == state for row in report.coverage) for state in STATES}
        for name in CAPABILITIES
    }


def _lacking(report: Report) -> list[tuple[Any, list[tuple[str, Any]], int, int]]:
    """Return each service with what it has, with what it lacks first, and how much is there of how much."""
    found = []
    for row in report.coverage:
        marks = [(name, mark) for name, mark in row.marks.items() if mark.state != NOT_APPLICABLE]
        marks.sort(key=lambda pair: RANKS[pair[1].state])
        found.append((row, marks, sum(mark.state == PRESENT for _, mark in marks), len(marks)))
    return found
