"""The plan: the recommendations in phases, each phase the ground of the next."""

from __future__ import annotations

from collections.abc import Sequence

from chittyops.capabilities.audit.model import Phase, Recommendation
from chittyops.capabilities.audit.service.themes import PHASES


def phases(found: Sequence[Recommendation]) -> tuple[Phase, ...]:
    """Return the phases that have something to do; within one, ``found``'s own order holds."""
    plan = []
    for number, (title, goal) in PHASES.items():
        items = [each for each in found if each.phase == number]
        if items:
            names = tuple(each.name for each in items)
            plan.append(Phase(number, title, goal, names, sum(each.effort for each in items)))
    return tuple(plan)
