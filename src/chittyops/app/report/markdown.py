"""The report in Markdown: a document to commit, read in a diff, and show beside the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from chittyops.app.report.words import (
    EFFORTS,
    SHORT,
    STATES,
    SYMBOLS,
    grouped,
    place,
    replaced_by,
    some,
    titles,
)
from chittyops.capabilities.audit.model import MISSING, PARTIAL, Report
from chittyops.capabilities.audit.service.integrations import KINDS
from chittyops.interface.terminal.text import clean
from chittyops.kernel.inventory import CAPABILITIES, Evidence
from chittyops.kernel.words import number

NAMES: Final = 12
PLACES: Final = 3
PROBLEMS: Final = 20
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|#~&])")
_NUMBERED: Final = re.compile(r"^(\d+)([.)])")


def markdown(report: Report) -> str:
    """Return the report as one Markdown document (CommonMark, with the tables of GitHub)."""
    parts = (
        _head, _recommendations, _phases, _coverage, _radii, _leaks, _functions, _duplicates, _integrations, _problems
    )  # fmt: skip
    return "\n".join(line for part in parts for line in part(report)).rstrip() + "\n"


def plain(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is, on one line and within a table."""
    return _NUMBERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", clean(text)))


def code(text: str) -> str:
    """Return ``text`` as code, within a table too."""
    cleaned = clean(text).replace("|", "\\|")
    if "`" not in cleaned:
        return f"`{cleaned}`" if cleaned else ""
    longest = max(len(run) for run in re.findall(r"`+", cleaned))
    fence = "`" * (longest + 1)
    return f"{fence} {cleaned} {fence}"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table; a title that ends in ``>`` is aligned to the right."""
    yield f"| {' | '.join(title.rstrip('>') for title in titles)} |"
    yield "|" + "|".join("---:" if title.endswith(">") else "---" for title in titles) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _places(found: Sequence[Evidence], most: int = PLACES) -> str:
    shown = ", ".join(code(place(each)) for each in found[:most])
    return f"{shown} and {len(found) - most} more" if len(found) > most else shown


def _names(names: Sequence[str], most: int = NAMES) -> str:
    return plain(some(names, most))


def _head(report: Report) -> Iterator[str]:
    figures = report.summary
    yield f"# Operations audit of {plain(report.workspace)}"
    yield ""
    yield from (f"- {plain(sentence)}" for sentence in figures.verdict)
    yield ""
    severities = ", ".join(f"{each.count} {each.name}" for each in figures.severities)
    rows = (
        ("Services", f"{figures.services} alive, {figures.found} found"),
        ("Platforms", ", ".join(f"{plain(each.name)} {each.count}" for each in figures.platforms)),
        ("Status", ", ".join(f"{plain(each.name)} {each.count}" for each in figures.statuses)),
        ("Repositories", str(figures.repositories)),
        ("Ops functions", f"{figures.functions} ({figures.duplicated} with duplicates)"),
        ("Scripts", str(figures.scripts)),
        ("Workflows", f"{figures.workflows} ({figures.inert_workflows} never run)"),
        ("Dependencies", f"{figures.dependencies} ({number(figures.undefined_targets, 'target')} undefined)"),
        ("Problems", severities),
        ("Committed credentials", str(figures.leaks)),
        ("Capabilities there", f"{figures.coverage} %"),
    )
    yield from _table(("Figure", "Value"), rows)


def _recommendations(report: Report) -> Iterator[str]:
    yield "## What to do first"
    yield ""
    yield "Impact, effort and risk run from 1 to 5. The order is that of the score, 4 x impact - effort - risk + 6;"
    yield "what exposes a secret stands above all."
    yield ""
    titles = ("#>", "What", "How many>", "Impact>", "Effort>", "Risk>", "Score>", "Services", "Command", "Why")
    rows = (
        (
            str(rank), f"**{plain(each.title)}**. {plain(each.reason)}", str(each.count), str(each.impact),
            str(each.effort), str(each.risk), str(each.score), _names(each.services, 4), code(replaced_by(each)),
            plain(each.why),
        )
        for rank, each in enumerate(report.recommendations, 1)
    )  # fmt: skip
    yield from _table(titles, rows)


def _phases(report: Report) -> Iterator[str]:
    yield "## Plan"
    yield ""
    items = {each.name: each for each in report.recommendations}
    for phase in report.phases:
        yield f"### Phase {phase.number}: {plain(phase.title)}"
        yield ""
        yield plain(phase.goal)
        yield ""
        found = (items[name] for name in phase.items)
        rows = (
            (plain(each.title), str(each.count), EFFORTS[each.effort], code(replaced_by(each)), plain(each.unlocks))
            for each in found
        )
        yield from _table(("Item", "How many>", "Effort", "Command", "Unlocks"), rows)


def _coverage(report: Report) -> Iterator[str]:
    yield "## What each service has"
    yield ""
    yield ", ".join(f"{SYMBOLS[state]} {word}" for state, word in STATES.items())
    yield ""
    heads = tuple(SHORT[name] for name in CAPABILITIES)
    names = titles(report.coverage)
    rows = (
        (plain(names[row.path, row.service]), *(SYMBOLS[row.marks[name].state] for name in CAPABILITIES))
        for row in report.coverage
    )
    yield from _table(("Service", *heads), rows)
    yield ", ".join(f"{SHORT[name]} {title.lower()}" for name, title in CAPABILITIES.items())
    yield ""
    yield "### What is missing or partial"
    yield ""
    lacking = (
        (
            plain(names[row.path, row.service]),
            plain(CAPABILITIES[name]),
            STATES[mark.state],
            plain(mark.reason),
            _places(mark.evidence),
        )
        for row in report.coverage
        for name, mark in row.marks.items()
        if mark.state in {MISSING, PARTIAL}
    )
    yield from _table(("Service", "Capability", "State", "Why", "Evidence"), lacking)


def _radii(report: Report) -> Iterator[str]:
    yield "## Blast radius"
    yield ""
    yield "What breaks with a service: those that call it, and those that call these."
    yield ""
    rows = (
        (
            plain(each.service), str(len(each.direct) + len(each.transitive)), f"{each.share} %",
            _names(each.direct), _names(each.transitive),
        )
        for each in report.radii
        if each.direct
    )  # fmt: skip
    yield from _table(("Service", "In all>", "Share>", "Directly", "Further"), rows)


def _leaks(report: Report) -> Iterator[str]:
    if report.leaks:
        yield "## Committed credentials"
        yield ""
        yield "In the order in which to rotate them. Values are never read into this report."
        yield ""
        rows = (
            (
                str(each.order), code(each.kind), code(each.fingerprint), _places(each.places, 10),
                _names(each.services), _names(each.downstream), plain(each.reason),
            )
            for each in report.leaks
        )  # fmt: skip
        yield from _table(("#>", "Kind", "Fingerprint", "Places", "Services", "Downstream", "Why here"), rows)


def _functions(report: Report) -> Iterator[str]:
    yield "## Scattered ops functions"
    yield ""
    for service, found in grouped(report.functions).items():
        yield f"### {plain(service) or 'Of no service'}"
        yield ""
        rows = (
            (
                code(place(Evidence(each.path, each.line))), plain(each.name), each.kind, plain(", ".join(each.verbs)),
                CAPABILITIES.get(each.capability, "-"), code(replaced_by(each)) or "stays",
            )
            for each in found
        )  # fmt: skip
        yield from _table(("Place", "Name", "Kind", "What it does", "Capability", "Replaced by"), rows)


def _duplicates(report: Report) -> Iterator[str]:
    if report.duplicates:
        yield "## Duplicates"
        yield ""
        rows = (
            (
                code(each.name), "exactly" if each.exact else "nearly", str(len(each.members)), str(each.lines),
                _places(each.members, 10),
            )
            for each in report.duplicates
        )  # fmt: skip
        yield from _table(("Function", "The same", "Copies>", "Lines too many>", "Places"), rows)


def _integrations(report: Report) -> Iterator[str]:
    yield "## Integration points"
    yield ""
    for kind, found in groupby(report.integrations, key=lambda each: each.kind):
        yield f"### {KINDS[kind]}"
        yield ""
        rows = (
            (
                plain(each.name), _names(each.services),
                plain(each.detail) + ("" if each.reachable else " (not reachable)"), _places(each.evidence),
            )
            for each in found
        )  # fmt: skip
        yield from _table(("What", "Services", "How", "Evidence"), rows)


def _problems(report: Report) -> Iterator[str]:
    yield "## Problems"
    yield ""
    for kind in report.summary.codes:
        found = [each for each in report.problems if (each.code, each.severity) == (kind.code, kind.severity)]
        yield f"### {kind.code} ({kind.severity}, {kind.count})"
        yield ""
        if kind.meaning:
            yield plain(kind.meaning)
            yield ""
        shown = found[:PROBLEMS]
        yield from (f"- {code(place(Evidence(each.path, each.line)))} {plain(each.message)}" for each in shown)
        if len(found) > PROBLEMS:
            yield f"- and {len(found) - PROBLEMS} more"
        yield ""
