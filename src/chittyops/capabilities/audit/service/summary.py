"""The key figures, and what they say in a few plain sentences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from chittyops.capabilities.audit.model import (
    MISSING,
    SEVERITIES,
    CodeCount,
    Count,
    Coverage,
    Duplicates,
    Function,
    Integration,
    Leak,
    Radius,
    Recommendation,
    Summary,
)
from chittyops.capabilities.audit.service.coverage import covered
from chittyops.capabilities.audit.service.fleet import Fleet
from chittyops.kernel.inventory import CAPABILITIES, Finding

SHOWN_PLATFORMS: Final = 3


def summary(
    fleet: Fleet,
    meanings: Mapping[str, tuple[str, str]],
    *,
    found: Sequence[Function],
    duplicates: Sequence[Duplicates],
    rows: tuple[Coverage, ...],
    integrations: Sequence[Integration],
    leaks: Sequence[Leak],
) -> Summary:
    """Return the figures, without the verdict."""
    inventory = fleet.inventory
    severities = Counter(each.severity for each in inventory.problems)
    repositories = {each.repository for each in inventory.services}
    return Summary(
        services=len(fleet.services),
        found=len(inventory.services),
        repositories=inventory.stats.get("repositories") or len(repositories),
        platforms=_counts(each.platform for each in fleet.services),
        statuses=_counts(each.status for each in inventory.services),
        scripts=len(inventory.scripts),
        functions=sum(bool(each.capability) for each in found),
        duplicated=sum(len(each.members) for each in duplicates),
        workflows=len(inventory.workflows),
        inert_workflows=sum(not each.active for each in inventory.workflows),
        dependencies=sum(each.kind == "service" for each in integrations),
        undefined_targets=sum(each.kind == "undefined" for each in integrations),
        severities=tuple(Count(name, severities[name]) for name in SEVERITIES),
        codes=_codes(inventory.problems, meanings),
        leaks=len(leaks),
        coverage=covered(rows),
    )


def _counts(names: Iterable[str]) -> tuple[Count, ...]:
    found = Counter(names)
    return tuple(Count(name, found[name]) for name in sorted(found, key=lambda name: (-found[name], name)))


def _codes(problems: Iterable[Finding], meanings: Mapping[str, tuple[str, str]]) -> tuple[CodeCount, ...]:
    kinds: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for each in problems:
        kinds[each.severity, each.code].append(each)
    order = sorted(kinds, key=lambda kind: (SEVERITIES.index(kind[0]), -len(kinds[kind]), kind[1]))
    return tuple(
        CodeCount(
            code,
            severity,
            len(kinds[severity, code]),
            meanings.get(code, ("", ""))[1],
            kinds[severity, code][0].message,
        )
        for severity, code in order
    )


def verdict(
    figures: Summary,
    rows: Sequence[Coverage],
    radii: Sequence[Radius],
    duplicates: Sequence[Duplicates],
    first: Sequence[Recommendation],
) -> tuple[str, ...]:
    """Return what the figures say, each sentence made from them alone."""
    if not figures.services:
        return ("No service of one's own was found: there is no operation to audit.", *_leaked(figures))
    return tuple(_sentences(figures, rows, radii, duplicates, first))


def _sentences(
    figures: Summary,
    rows: Sequence[Coverage],
    radii: Sequence[Radius],
    duplicates: Sequence[Duplicates],
    first: Sequence[Recommendation],
) -> Iterator[str]:
    shown, others = figures.platforms[:SHOWN_PLATFORMS], figures.platforms[SHOWN_PLATFORMS:]
    platforms = [f"{each.count} on {each.name}" for each in shown]
    if others:
        platforms.append(f"{sum(each.count for each in others)} on {_number(len(others), 'other')}")
    yield (
        f"{_number(figures.services, 'service')} in {_number(figures.repositories, 'repository', 'repositories')} "
        f"({_listed(platforms)}), and {_number(figures.functions, 'ops function')} in the scripts and workflows "
        "that run them."
    )
    errors, warnings = (next(each.count for each in figures.severities if each.name == name) for name in SEVERITIES[:2])
    yield from _leaked(figures)
    if errors or warnings:
        found = f"{_number(errors, 'error')} and {_number(warnings, 'warning')} stand in the files"
        yield f"{found}; an error breaks a deploy, loses a binding or leaks a secret."
    else:
        yield "No error and no warning was found in the files."
    yield f"Of the capabilities that apply, {figures.coverage} per cent are there; {_gaps(rows)}."
    if duplicates:
        yield f"{_number(figures.duplicated, 'script')} are {len(duplicates)} in truth: the others are copies."
    if figures.inert_workflows:
        yield f"{figures.inert_workflows} of {_number(figures.workflows, 'workflow')} never run."
    if radii and radii[0].direct:
        broken = len(radii[0].direct) + len(radii[0].transitive)
        verb = "breaks" if broken == 1 else "break"
        yield f"{radii[0].service} has the largest blast radius: {_number(broken, 'service')} {verb} with it."
    if first:
        title = first[0].title
        yield f"First: {title[0].lower()}{title[1:]}."


def _leaked(figures: Summary) -> Iterator[str]:
    if figures.leaks:
        committed = "is committed and must be" if figures.leaks == 1 else "are committed and must be"
        yield f"{_number(figures.leaks, 'credential')} {committed} rotated first."


def _gaps(rows: Sequence[Coverage]) -> str:
    lacking = Counter(name for row in rows for name, each in row.marks.items() if each.state == MISSING)
    if not lacking:
        return "none is missing altogether"
    worst = sorted(lacking, key=lambda name: (-lacking[name], name))[:3]
    return "most often missing: " + _listed([f"{CAPABILITIES[name].lower()} ({lacking[name]})" for name in worst])


def _number(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"  # noqa: PLR2004 (two need no comma)
