"""``chittyops config diff``: what files say, what the last release brought, and what runs, value by value."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal
from chittyops.kernel.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chittyops.capabilities.config.service.drift import Comparison, Seen
    from chittyops.kernel.service import Fleet
    from chittyops.workflows.drift import Deployed

STYLES = {"in step": "green", "not deployed": "yellow", "drifted": "red", "unknown": "dim"}
WIDEST = 48


@command("diff")
@click.argument("services", nargs=-1, metavar="[SERVICE...]")
@click.option("--env", "environment", metavar="NAME", help="The environment; `local` by default, else the only one.")
@click.option("--all", "everything", is_flag=True, help="Show what is in step, too.")
@click.option("--exit-code", is_flag=True, help="End with 1 where something has drifted.")
@pass_terminal
def diff(
    terminal: Terminal, services: tuple[str, ...], *, environment: str | None, everything: bool, exit_code: bool
) -> int:
    """Compare the configuration of SERVICEs (or groups; all by default) three ways.

    Desired is what the files say, applied what the last release brought, live what the process has (for secrets in
    sinks: last pushed from here, and what is there). What is live and was never applied has drifted: somebody changed
    it outside of a release. Secrets are compared by fingerprint and never shown.
    """
    from chittyops.app.commands.target import REMOTE, connect
    from chittyops.capabilities.config.service.drift import Verdict
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home
    from chittyops.workflows import drift
    from chittyops.workflows.ship import expand, read

    fleet = read(Path.cwd(), environment)
    chosen = expand(fleet, services)
    home = Home.locate(os.environ)
    known = drift.deployed(connect(terminal), fleet)
    wanted = chosen or tuple(dict.fromkeys((*fleet.services, *known)))
    found = list(drift.services(fleet, wanted, known, home, keyed=REMOTE not in os.environ))
    with terminal.progress("looking at sinks", delayed=True):
        elsewhere = asyncio.run(drift.sinks(fleet, wanted, home, SystemClock()))
    found += elsewhere.comparisons
    told = [each for each in found if everything or each.verdict is not Verdict.IN_STEP]
    problems = [f"{name}: {known[name].problem}" for name in wanted if name in known and known[name].problem]
    terminal.emit(_data(fleet, told, found, (*problems, *elsewhere.unseen)), _table(told) if told else "")
    for problem in (*problems, *elsewhere.unseen):
        terminal.warn(f"not looked at: {problem}")
    _sum_up(terminal, fleet, found, known)
    return int(exit_code and any(each.verdict is Verdict.DRIFTED for each in found))


def _sum_up(terminal: Terminal, fleet: Fleet, found: Sequence[Comparison], known: dict[str, Deployed]) -> None:
    counts = {verdict: sum(each.verdict == verdict for each in found) for verdict in STYLES}
    where = f"{number(len(found), 'value')} of {fleet.name} in {fleet.environment.name}"
    terminal.note(f"{where}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count))
    if counts["drifted"]:
        terminal.note("`chittyops deploy --force SERVICE` and `chittyops secrets push` bring back what files say")
    elif counts["not deployed"] and known:
        terminal.note("`chittyops deploy` brings what is not deployed")
    elif counts["not deployed"]:
        terminal.note("nothing is deployed here: `chittyops deploy`")


def _table(found: Sequence[Comparison]) -> Table:
    placed = any(each.place for each in found)
    table = Table("service", "key", *(("where",) if placed else ()), "desired", "applied", "live", "verdict")
    for each in found:
        sides = (_shown(side) for side in (each.desired, each.applied, each.live))
        cell = Cell(each.verdict, STYLES[each.verdict])
        table.row(each.service, each.key, *((each.place,) if placed else ()), *sides, cell)
    return table


def _shown(side: Seen) -> str:
    shown = side.text
    return shown if len(shown) <= WIDEST else f"{shown[: WIDEST - 1]}…"


def _data(
    fleet: Fleet, told: Sequence[Comparison], found: Sequence[Comparison], problems: Sequence[str]
) -> dict[str, object]:
    return {
        "fleet": fleet.name,
        "environment": fleet.environment.name,
        "items": [
            {
                "service": each.service,
                "key": each.key,
                "place": each.place,
                "secret": each.secret,
                "desired": _value(each.desired),
                "applied": _value(each.applied),
                "live": _value(each.live),
                "verdict": str(each.verdict),
            }
            for each in told
        ],
        "counts": {verdict: sum(each.verdict == verdict for each in found) for verdict in STYLES},
        "problems": list(problems),
    }


def _value(side: Seen) -> str | None:
    """Return a side as data: null where there is no value."""
    return None if side.known and side.value is None and not side.shown else side.text
