"""The audit, from an inventory alone: the same inventory gives the same report."""

from __future__ import annotations

from dataclasses import replace

from chittyops.capabilities.audit.model import SEVERITIES, Knowledge, Report
from chittyops.capabilities.audit.service import coverage, functions, leaks, plan, priorities, radius, summary
from chittyops.capabilities.audit.service.fleet import Fleet
from chittyops.capabilities.audit.service.integrations import integrations
from chittyops.kernel.inventory import Inventory


def audit(inventory: Inventory, knowledge: Knowledge | None = None) -> Report:
    """Return the report of ``inventory``; without ``knowledge`` every command counts as planned."""
    known = knowledge or Knowledge()
    fleet = Fleet(inventory)
    found, duplicates = functions.functions(fleet, known)
    rows, radii, leaked = coverage.coverage(fleet), radius.radii(fleet), leaks.leaks(fleet)
    points = integrations(fleet)
    first = priorities.recommendations(
        fleet, known, found=found, duplicates=duplicates, rows=rows, radii=radii, leaks=leaked
    )
    figures = summary.summary(
        fleet, known.meanings, found=found, duplicates=duplicates, rows=rows, integrations=points, leaks=leaked
    )
    problems = sorted(
        inventory.problems, key=lambda each: (SEVERITIES.index(each.severity), each.path, each.line, each.code)
    )
    return Report(
        workspace=inventory.workspace,
        summary=replace(figures, verdict=summary.verdict(figures, rows, radii, duplicates, first)),
        recommendations=first,
        phases=plan.phases(first),
        coverage=rows,
        functions=found,
        duplicates=duplicates,
        integrations=points,
        map=radius.dependency_map(fleet),
        radii=radii,
        leaks=leaked,
        problems=tuple(problems),
        credentials=inventory.credentials,
    )
