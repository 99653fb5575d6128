"""A report with only what somebody asked for. The figures and the verdict stay those of the whole workspace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from chittyops.capabilities.audit.model import SEVERITIES, Report
from chittyops.capabilities.audit.service.plan import phases
from chittyops.kernel.errors import NotFound
from chittyops.kernel.nearest import nearest

T = TypeVar("T")


def narrowed(report: Report, services: Sequence[str] = (), severity: str = "info") -> Report:
    """Return ``report`` with what is about ``services`` (all where none are named) and problems from ``severity`` on.

    Raises NotFound where a service is not in the report.
    """
    known = [row.service for row in report.coverage]
    for name in services:
        if name not in known:
            message = f"no service of the report is called {name}"
            raise NotFound(message, hint=nearest(name, known))
    least = SEVERITIES.index(severity)
    problems = tuple(each for each in report.problems if SEVERITIES.index(each.severity) <= least)
    codes = tuple(each for each in report.summary.codes if SEVERITIES.index(each.severity) <= least)
    report = replace(report, problems=problems, summary=replace(report.summary, codes=codes))
    return _about(report, frozenset(services)) if services else report


def _about(report: Report, wanted: frozenset[str]) -> Report:
    recommendations = _touching(report.recommendations, lambda each: each.services, wanted)
    links = tuple(each for each in report.map.links if {each.dependent, each.needed} & wanted)
    near = wanted | {name for each in links for name in (each.dependent, each.needed)}
    return replace(
        report,
        recommendations=recommendations,
        phases=phases(recommendations),
        coverage=tuple(each for each in report.coverage if each.service in wanted),
        functions=tuple(each for each in report.functions if each.service in wanted),
        duplicates=_touching(report.duplicates, lambda each: each.services, wanted),
        integrations=_touching(report.integrations, lambda each: each.services, wanted),
        map=replace(report.map, nodes=tuple(n for n in report.map.nodes if n.name in near), links=links),
        radii=tuple(each for each in report.radii if each.service in wanted),
        leaks=_touching(report.leaks, lambda each: each.services, wanted),
        problems=tuple(each for each in report.problems if each.service in wanted),
        credentials=tuple(each for each in report.credentials if each.service in wanted),
    )


def _touching(found: Sequence[T], services: Callable[[T], Sequence[str]], wanted: frozenset[str]) -> tuple[T, ...]:
    return tuple(each for each in found if wanted & set(services(each)))


def severe(report: Report, severity: str) -> int:
    """Return how many problems are at least as bad as ``severity``; committed credentials count as errors."""
    least = SEVERITIES.index(severity)
    return sum(SEVERITIES.index(each.severity) <= least for each in report.problems) + len(report.leaks)
