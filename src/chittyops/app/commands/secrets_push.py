"""``chittyops secrets push``: the secrets of services, brought to where the services run."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal, report
from chittyops.kernel.errors import ChittyOpsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chittyops.capabilities.secrets.service.push.apply import Job, Outcome
    from chittyops.capabilities.secrets.service.push.pushes import Planned
    from chittyops.kernel.event import Json
    from chittyops.kernel.service import Fleet

STATE_STYLES = {
    "added": "green",
    "changed": "yellow",
    "unchanged": "dim",
    "unknown": "yellow",
    "unfinished": "red",
    "extra": "cyan",
}
STATE_WORDS = {
    "unknown": "unknown: cannot be read, and was not pushed from here",
    "unfinished": "unfinished: an earlier push was interrupted",
}


@command("push", short_help="Bring secrets to where services run.")
@click.argument("services", nargs=-1, metavar="[SERVICE...]")
@click.option("--env", "environment", metavar="NAME", help="The environment; `local` by default, else the only one.")
@click.option("--sink", default="", metavar="NAME", help="Only sinks of this name.")
@click.option("--prune", is_flag=True, help="Remove what is there and nothing declares.")
@click.option("--dry-run", is_flag=True, help="Show what would change and change nothing.")
@click.option("--unchanged", is_flag=True, help="Show what is unchanged, too.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_terminal
def push(
    terminal: Terminal,
    services: tuple[str, ...],
    *,
    environment: str | None,
    sink: str,
    prune: bool,
    dry_run: bool,
    unchanged: bool,
    yes: bool,
) -> int:
    """Push the secrets of SERVICEs (all by default) to their sinks: files, Cloudflare, Railway, Vercel, GitHub.

    Shows first what would change, by name and never by value. What cannot be read there is compared with the last
    push from here. Interrupted or failed in part, the next push completes it.
    """
    from chittyops.workflows.ship import read

    fleet = read(Path.cwd(), environment)
    shown = _Shown(terminal, fleet, prune=prune, unchanged=unchanged)
    return asyncio.run(_push(shown, services, sink, dry_run=dry_run, yes=yes))


async def _push(shown: _Shown, services: tuple[str, ...], sink: str, *, dry_run: bool, yes: bool) -> int:
    from chittyops.capabilities.secrets import wiring
    from chittyops.capabilities.secrets.service.push.places import ACCOUNT_VARIABLE, places
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home

    terminal, home = shown.terminal, Home.locate(os.environ)
    meant = places(shown.fleet, services, sink, account=os.environ.get(ACCOUNT_VARIABLE, ""))
    values = wiring.push_values(shown.fleet, meant, wiring.reader(home, os.environ))
    async with wiring.pushes(shown.fleet, home, os.environ, SystemClock(), alone=not dry_run) as pushes:
        with terminal.progress(f"looking at {len(meant)} place{'s' * (len(meant) != 1)}"):
            planned = await pushes.plan(meant, values)
        shown.plan(planned)
        count = shown.count(planned.jobs)
        if planned.unreached or dry_run or not count:
            return shown.done(planned, ())
        question = f"push {count} secret{'s' * (count != 1)} to {shown.fleet.environment.name} of {shown.fleet.name}?"
        terminal.confirm(question, yes=yes)
        jobs = [job for job in planned.jobs if job.plan.writes or (shown.prune and job.plan.extra)]
        with terminal.progress("pushing", len(jobs)) as progress:
            outcomes = await pushes.push(jobs, prune=shown.prune, advance=progress.advance)
    _record(terminal, shown.fleet, outcomes)
    return shown.done(planned, outcomes)


class _Shown:
    """What a person, or a program, gets to see of a push."""

    def __init__(self, terminal: Terminal, fleet: Fleet, *, prune: bool, unchanged: bool) -> None:
        self.terminal, self.fleet, self.prune = terminal, fleet, prune
        self._unchanged = unchanged

    def count(self, jobs: Sequence[Job]) -> int:
        """Return how many secrets would be written or removed."""
        return sum(len(job.plan.writes) + len(job.plan.extra) * self.prune for job in jobs)

    def plan(self, planned: Planned) -> None:
        """Show what would change: a table on stdout, unless that is for JSON."""
        table = Table("sink", "where", "secret", "state")
        for job in planned.jobs:
            for change in job.plan.changes:
                if change.state != "unchanged" or self._unchanged:
                    state = STATE_WORDS.get(change.state, str(change.state))
                    removed = " (removed)" if change.state == "extra" and self.prune else ""
                    cell = Cell(state + removed, STATE_STYLES[change.state])
                    place = job.plan.place
                    table.row(place.title, f"{place.kind} {place.where}", change.name, cell)
        if len(table) and not self.terminal.json:
            self.terminal.emit(None, table)
        same = sum(change.state == "unchanged" for job in planned.jobs for change in job.plan.changes)
        if same and not self._unchanged:
            self.terminal.note(f"{same} unchanged", "dim")
        if any(job.plan.extra for job in planned.jobs) and not self.prune:
            self.terminal.note("what is extra stays; --prune removes it")
        for place in (job.plan.place for job in planned.jobs):
            for source in place.left_out:
                self.terminal.note(
                    f"{place.title}: {source.variable} is left out: only a deployed service has it", "dim"
                )

    def done(self, planned: Planned, outcomes: Sequence[Outcome]) -> int:
        """Show how it ended and return the exit code."""
        errors = [each.error for each in planned.unreached] + [each.error for each in outcomes if each.error]
        by_place = {outcome.plan.place.id: outcome for outcome in outcomes}
        self.terminal.emit(
            {
                "fleet": self.fleet.name,
                "environment": self.fleet.environment.name,
                "places": [_dump(job, by_place.get(job.plan.place.id)) for job in planned.jobs],
                "unreached": [
                    {"sinks": list(each.place.sinks), "error": each.error.message} for each in planned.unreached
                ],
            }
        )
        written = sum(len(outcome.written) for outcome in outcomes)
        removed = sum(len(outcome.removed) for outcome in outcomes)
        if outcomes:
            self.terminal.note(f"{written} written" + (f", {removed} removed" if removed else ""))
        elif not errors and not self.count(planned.jobs):
            self.terminal.note("nothing to push: unchanged is there as it should be")
        for unreached in planned.unreached:
            self.terminal.warn(f"{unreached.place.title} could not be looked at; nothing was pushed anywhere")
        for outcome in outcomes:
            if outcome.error:
                self.terminal.warn(f"{outcome.plan.place.title}: not done: {', '.join(outcome.left)}")
        return max([report(error, self.terminal) for error in errors], default=0)


def _dump(job: Job, outcome: Outcome | None) -> dict[str, object]:
    place = job.plan.place
    return {
        "sinks": list(place.sinks),
        "kind": place.kind,
        "target": dict(place.target),
        "changes": [{"name": change.name, "state": str(change.state)} for change in job.plan.changes],
        "left_out": [f"{source.service}/{source.variable}" for source in place.left_out],
        "written": list(outcome.written) if outcome else [],
        "removed": list(outcome.removed) if outcome else [],
        "left": list(outcome.left) if outcome else [],
        "error": outcome.error.message if outcome and outcome.error else None,
    }


def _record(terminal: Terminal, fleet: Fleet, outcomes: Sequence[Outcome]) -> None:
    """Tell the centre, where one runs, what was pushed: names alone."""
    from chittyops.interface.client import Address, Client
    from chittyops.kernel.errors import Unavailable
    from chittyops.workflows.ship import place

    body: dict[str, Json] = {
        "places": [
            {
                "sinks": list(each.plan.place.sinks),
                "kind": each.plan.place.kind,
                "written": list(each.written),
                "removed": list(each.removed),
                "left": list(each.left),
            }
            for each in outcomes
        ]
    }
    client = Client(lambda: Address.locate(os.environ))
    try:
        client.post(f"{place(fleet.name, fleet.environment.name)}/secret-pushes", body)
    except Unavailable:
        terminal.note("no operations centre runs here: the push is in no audit log", "dim")
    except ChittyOpsError as error:
        terminal.warn(f"the push is in no audit log: {error.message}")
