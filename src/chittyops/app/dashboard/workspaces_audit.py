"""The audit of a workspace as it was last published: made when somebody asks, kept until it is published anew."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chittyops.app.report import report_on
from chittyops.app.report.html import html
from chittyops.app.report.markdown import markdown
from chittyops.capabilities.audit.model import MISSING, Coverage, Report
from chittyops.capabilities.catalog.model import Published
from chittyops.interface.codec import dump
from chittyops.kernel.inventory import CAPABILITIES

MOST_ROWS: Final = 150
"""Services in the table of capabilities, those that lack most first; the files have all."""


def _json(report: Report) -> str:
    return json.dumps(dump(report), indent=2, ensure_ascii=False)


FILES: Final[dict[str, tuple[str, Callable[[Report], str]]]] = {
    "html": ("text/html; charset=utf-8", html),
    "md": ("text/markdown; charset=utf-8", markdown),
    "json": ("application/json", _json),
}
"""The forms in which the report is taken away, with their media types."""


class Audits:
    """Reports by workspace."""

    def __init__(self) -> None:
        """Know none yet."""
        self._made: dict[str, tuple[Published, Report]] = {}

    async def report(self, published: Published) -> Report:
        """Return the report of ``published``. A large one takes seconds: other requests do not wait for it."""
        name = published.workspace.name
        known = self._made.get(name)
        if known is None or known[0].workspace != published.workspace:
            known = self._made[name] = published, await asyncio.to_thread(report_on, published.inventory)
        return known[1]


@dataclass(frozen=True, slots=True)
class AuditView:
    """The parts of a report that its page shows."""

    report: Report
    matrix: Sequence[Coverage]
    phases: Sequence[tuple[Any, Sequence[Any]]]
    totals: dict[str, dict[str, int]]
    """By capability, how many services are in each state."""


def audit_view(report: Report) -> AuditView:
    """Return what the page shows of ``report``."""
    by_name = {each.name: each for each in report.recommendations}

    def lacking(row: Coverage) -> tuple[int, str]:
        return -sum(mark.state == MISSING for mark in row.marks.values()), row.service

    totals: dict[str, dict[str, int]] = {name: {} for name in CAPABILITIES}
    for row in report.coverage:
        for name, mark in row.marks.items():
            totals[name][mark.state] = totals[name].get(mark.state, 0) + 1
    return AuditView(
        report,
        sorted(report.coverage, key=lacking)[:MOST_ROWS],
        [(phase, [by_name[name] for name in phase.items]) for phase in report.phases],
        totals,
    )
