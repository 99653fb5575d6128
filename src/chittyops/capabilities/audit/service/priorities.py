"""What to do first: each recommendation with impact, effort and risk, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.audit.model import (
    MISSING,
    PARTIAL,
    SEVERITIES,
    Coverage,
    Duplicates,
    Function,
    Knowledge,
    Leak,
    Radius,
    Recommendation,
)
from chittyops.capabilities.audit.service import themes
from chittyops.capabilities.audit.service.fleet import Fleet
from chittyops.capabilities.audit.service.functions import by_capability
from chittyops.capabilities.audit.service.themes import Theme
from chittyops.kernel.inventory import CAPABILITIES, Evidence, Finding
from chittyops.kernel.words import number

BASE: Final = {"leak": 5, "error": 4, "gap": 3, "warning": 3, "scattered": 3, "info": 2}
"""Impact before it is known how far it reaches."""
VITAL: Final = frozenset({"health", "backup", "testing", "secrets", "deploy"})
"""Capabilities whose lack weighs a step more than that of others."""
FAR_PER_CENT: Final = 25
"""From this share of all services on, something reaches far."""
EFFORT_PLACES: Final = (2, 6, 20, 60)
"""Up to so many places to change, the effort is 1, 2, 3, 4; above, 5."""
GUARDED: Final = 3
"""A service is worth guarding when so many break with it."""
GUARDS: Final = ("health", "testing", "backup")
"""What a service has to have that many need."""
SHOWN_EVIDENCE: Final = 10
HIGHEST: Final = 5
_PRODUCTION: Final = ("prod", "live", "main")


@dataclass(frozen=True, slots=True)
class _Case:
    """What a recommendation is made from. ``base`` is a key of BASE."""

    name: str
    theme: Theme
    base: str
    count: int
    services: tuple[str, ...]
    reason: str
    evidence: tuple[Evidence, ...] = ()
    bonus: int = 0


def recommendations(
    fleet: Fleet,
    knowledge: Knowledge,
    *,
    found: Sequence[Function],
    duplicates: Sequence[Duplicates],
    rows: Sequence[Coverage],
    radii: Sequence[Radius],
    leaks: Sequence[Leak],
) -> tuple[Recommendation, ...]:
    """Return what to do, the urgent first, then by score; of equal ones that of the earlier phase, then by name."""
    cases = [
        *_of_leaks(leaks),
        *_of_problems(fleet, knowledge.meanings),
        *_of_functions(found),
        *_of_duplicates(duplicates),
        *_of_gaps(rows),
        *_of_guards(rows, radii),
    ]
    ranked = [(case, _rated(case, fleet, knowledge)) for case in cases]
    ranked.sort(key=lambda pair: (*_urgency(pair[0]), -pair[1].score, pair[1].phase, pair[1].name))
    return tuple(rated for _, rated in ranked)


def _urgency(case: _Case) -> tuple[bool, bool]:
    """Order what stands above any score: a credential that is out, then files and variables that hold secrets."""
    return not case.theme.urgent, case.base != "leak"


def _of_leaks(leaks: Sequence[Leak]) -> Iterator[_Case]:
    if leaks:
        services = tuple(dict.fromkeys(name for each in leaks for name in each.services))
        places = tuple(place for each in leaks for place in each.places)
        kinds = ", ".join(dict.fromkeys(each.kind for each in leaks))
        yield _Case("rotate-credentials", themes.LEAKS, "leak", len(leaks), services, f"Committed: {kinds}.", places)


def _of_problems(fleet: Fleet, meanings: Mapping[str, tuple[str, str]]) -> Iterator[_Case]:
    codes: dict[str, list[Finding]] = defaultdict(list)
    for each in fleet.inventory.problems:
        codes[each.code].append(each)
    leaked = {"committed-credential"} if fleet.inventory.credentials else set()
    for code, problems in sorted(codes.items()):
        worst = min(problems, key=_severity).severity
        theme = themes.PROBLEMS.get(code) or themes.OTHERS.get(worst)
        if code in leaked or theme is None or (worst == "info" and (theme.urgent or theme.phase != themes.STOP)):
            continue
        services = tuple(sorted({each.service for each in problems if each.service in fleet.by_name}))
        meaning = meanings.get(code, ("", ""))[1] or f"For example: {min(problems, key=_severity).message}"
        evidence = tuple(dict.fromkeys(Evidence(each.path, each.line) for each in problems))
        yield _Case(code, theme, worst, len(problems), services, meaning, evidence)


def _severity(problem: Finding) -> int:
    return SEVERITIES.index(problem.severity)


def _of_functions(found: Sequence[Function]) -> Iterator[_Case]:
    for capability, members in by_capability(found).items():
        if len(members) > 1:
            services = tuple(sorted({each.service for each in members if each.service}))
            kinds = ", ".join(sorted({each.kind for each in members}))
            reason = f"{CAPABILITIES[capability]}: {len(members)} functions ({kinds}) where one command would do."
            evidence = tuple(Evidence(each.path, each.line) for each in members)
            yield _Case(
                f"unite-{capability}",
                themes.FUNCTIONS[capability],
                "scattered",
                len(members),
                services,
                reason,
                evidence,
            )


def _of_duplicates(duplicates: Sequence[Duplicates]) -> Iterator[_Case]:
    groups = [each for each in duplicates if len(each.members) > 1]
    if groups:
        services = tuple(sorted({name for each in groups for name in each.services}))
        lines = sum(each.lines for each in groups)
        members = sum(len(each.members) for each in groups)
        reason = f"{members} functions are {len(groups)} in truth; {lines} lines are there more than once."
        places = tuple(member for each in groups for member in each.members)
        yield _Case("duplicates", themes.DUPLICATES, "scattered", len(groups), services, reason, places)


def _of_gaps(rows: Sequence[Coverage]) -> Iterator[_Case]:
    for capability, theme in themes.GAPS.items():
        lacking = [row for row in rows if row.marks[capability].state == MISSING]
        if lacking:
            services = tuple(dict.fromkeys(row.service for row in lacking))
            reason = f"{CAPABILITIES[capability]}: {row_reason(lacking, capability)}."
            places = tuple(Evidence(row.path, 0) for row in lacking)
            bonus = 0 if capability in VITAL else -1
            yield _Case(f"missing-{capability}", theme, "gap", len(lacking), services, reason, places, bonus=bonus)


def row_reason(rows: Sequence[Coverage], capability: str) -> str:
    """Return in words why ``rows`` lack ``capability``: the most frequent reason."""
    reasons = [row.marks[capability].reason for row in rows]
    return max(sorted(set(reasons)), key=reasons.count)


def _of_guards(rows: Sequence[Coverage], radii: Sequence[Radius]) -> Iterator[_Case]:
    marks = {row.service: row for row in reversed(rows)}
    guarded = []
    for each in radii:
        needed = len(each.direct) + len(each.transitive) >= GUARDED and each.share >= FAR_PER_CENT
        if needed and any(marks[each.service].marks[name].state in {MISSING, PARTIAL} for name in GUARDS):
            guarded.append(each)
    if guarded:
        names = tuple(each.service for each in guarded)
        worst = guarded[0]
        reason = (
            f"{len(worst.direct) + len(worst.transitive)} services break with {worst.service}; what so many need "
            f"has to have {', '.join(CAPABILITIES[name].lower() for name in GUARDS)}."
        )
        places = tuple(Evidence(marks[name].path, 0) for name in names)
        yield _Case("guard", themes.GUARD, "gap", len(guarded), names, reason, places, bonus=1)


def _rated(case: _Case, fleet: Fleet, knowledge: Knowledge) -> Recommendation:
    theme = case.theme
    total = max(len(fleet.by_name), 1)
    alive = [name for name in case.services if name in fleet.by_name]
    reach = fleet.reach(alive)
    far = 100 * reach >= FAR_PER_CENT * total and reach > 1
    near = reach <= 1
    impact = _scaled(BASE[case.base] + case.bonus + far - near)
    places = len(case.evidence) or case.count
    effort = _scaled(1 + sum(places > limit for limit in EFFORT_PLACES) + theme.labour)
    live = bool(theme.hazard) and _live(alive, fleet)
    risk = _scaled(1 + theme.hazard + (bool(theme.hazard) and far) + live)
    command = theme.command
    return Recommendation(
        name=case.name,
        title=theme.title.format(code=case.name),
        reason=case.reason,
        impact=impact,
        effort=effort,
        risk=risk,
        score=4 * impact - effort - risk + 6,
        why=_why(case, reach, total, places, live=live),
        phase=theme.phase,
        command=f"chittyops {command}",
        planned=not knowledge.can(command.split()[0], ""),
        services=case.services,
        unlocks=theme.unlocks,
        count=case.count,
        places=places,
        urgent=theme.urgent,
        evidence=tuple(dict.fromkeys(case.evidence))[:SHOWN_EVIDENCE],
    )


def _why(case: _Case, reach: int, total: int, places: int, *, live: bool) -> str:
    kind = {"leak": "a leak", "gap": "a gap", "scattered": "scattered work"}.get(case.base, f"worst is {case.base}")
    affected = f"{number(len(case.services), 'service')} affected" if case.services else "no service of its own"
    hazard = ("changes nothing that runs", "changes what the next deploy does", "changes what runs now")
    production = ", production too" if live else ""
    return (
        f"impact: {kind}, {affected}, {reach} of {total} with all that depend on them; "
        f"effort: {number(places, 'place')} to change; risk: {hazard[case.theme.hazard]}{production}"
    )


def _live(services: Iterable[str], fleet: Fleet) -> bool:
    """Return whether any of the services has production to lose: named so, or the only environment there is."""
    environments = (fleet.by_name[name].environments for name in services)
    return any(not stages or any(stage.startswith(_PRODUCTION) for stage in stages) for stages in environments)


def _scaled(value: int) -> int:
    return max(1, min(HIGHEST, value))
