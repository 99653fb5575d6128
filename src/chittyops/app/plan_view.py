"""A plan as people read it: what happens to each service, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chittyops.interface.codec import dump
from chittyops.interface.terminal import Cell, Table, Terminal
from chittyops.kernel.plan import Action, Change, PlannedService

if TYPE_CHECKING:
    from chittyops.workflows.ship import Proposal

REASONS_SHOWN = 3
STYLES = {Action.DEPLOY: "green", Action.SKIP: "dim", Action.UNAVAILABLE: "yellow"}
WORDS = {Action.DEPLOY: "deploy", Action.SKIP: "skip", Action.UNAVAILABLE: "cannot"}


def show_plan(plan: Proposal, terminal: Terminal, *, data: bool = True) -> None:
    """Write the plan: as data, or as a remark on stderr before it is applied."""
    table = plan_table(plan)
    if data:
        terminal.emit(dump(plan), table)
    elif not terminal.json:
        terminal.note(table.render(width=terminal.error_width, colour=terminal.error_colour))
    terminal.note(f"plan {plan.id} for {plan.fleet} in {plan.environment}: {summary(plan.services)}")


def plan_table(plan: Proposal) -> Table:
    """Return one row for each service."""
    table = Table("service", "action", "why")
    for each in plan.services:
        table.row(
            each.name,
            Cell(WORDS[each.action], STYLES[each.action]),
            Cell(why(each), "dim" if each.action is Action.SKIP else ""),
        )
    return table


def summary(services: Iterable[PlannedService]) -> str:
    """Return how many services get which action."""
    counts = dict.fromkeys(Action, 0)
    for each in services:
        counts[each.action] += 1
    parts = [f"{counts[Action.DEPLOY]} to deploy", f"{counts[Action.SKIP]} to skip"]
    if counts[Action.UNAVAILABLE]:
        parts.append(f"{counts[Action.UNAVAILABLE]} cannot run here")
    return ", ".join(parts)


def why(service: PlannedService, shown: int = REASONS_SHOWN) -> str:
    """Return the first reasons, and how many there are besides."""
    reasons = [reason(each) for each in service.reasons]
    more = f", and {len(reasons) - shown} more" if len(reasons) > shown else ""
    said = ", ".join(reasons[:shown]) + more
    return "; ".join(part for part in (service.note, said) if part)


def reason(change: Change) -> str:
    """Return one reason in words: ``file src/app.py changed``."""
    if change.kind == "new":
        return "new"
    if change.kind == "forced":
        return "forced"
    if change.kind == "reload":
        return "its secrets are read anew"
    if change.kind == "rollback":
        return f"back to {change.name}"
    verb = "changed" if change.before and change.after else "added" if change.after else "removed"
    return f"{change.kind} {change.name} {verb}"
