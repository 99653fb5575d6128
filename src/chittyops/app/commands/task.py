"""``chittyops task``: the managed tasks of the fleet file, run, looked at, and run when they are due."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.interface.codec import dump
from chittyops.interface.terminal import Cell, Table, Terminal, group, pass_terminal
from chittyops.interface.terminal.table import key_values
from chittyops.kernel.errors import ChittyOpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chittyops.capabilities.tasks.model import Run
    from chittyops.capabilities.tasks.wiring import Tasks
    from chittyops.kernel.service import Task

RESULT_STYLES = {"done": "green", "running": "cyan", "failed": "red", "timed-out": "red", "lost": "yellow"}
TASK = click.argument("title", metavar="TASK")


@group("task", short_help="Run managed tasks: inputs checked, locked, timed, recorded.")
def task() -> None:
    """Run the managed tasks of the fleet file: scripts with their inputs checked, locked, timed and recorded."""


@task.command("list")
@pass_terminal
def list_(terminal: Terminal) -> None:
    """List the tasks, when each is due next (UTC), and how each ended last."""
    from chittyops.capabilities.tasks.wiring import next_run

    tasks = _tasks()
    items = []
    table = Table("task", "runs", "schedule", "next", "last", "what it does")
    for each in tasks.fleet.tasks.values():
        runs = tasks.runs(each)
        due = next_run(each, tasks.clock.now())
        last = (
            Cell(f"{runs[0].result}, {_time(runs[0].started_at)}", RESULT_STYLES.get(runs[0].result, ""))
            if runs
            else "never"
        )
        table.row(each.title, f"{each.kind}: {each.value}", each.schedule, _time(due), last, each.description)
        items.append(
            {**_declared(each), "next": due.isoformat() if due else None, "last": dump(runs[0]) if runs else None}
        )
    terminal.emit({"items": items}, table)
    if not items:
        terminal.note("the fleet file declares no task; `chittyops adopt` makes tasks of scripts")


@task.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@TASK
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--wait", is_flag=True, help="Wait while it runs already, instead of refusing.")
@pass_terminal
def run(terminal: Terminal, title: str, arguments: tuple[str, ...], *, wait: bool) -> int:
    """Run TASK with ARGUMENTS and end with its exit code; options for `run` itself stand before TASK.

    Its inputs are checked first. It reads our input unless that is a terminal. Ctrl-C is handed down to it.
    """
    tasks = _tasks()
    found = tasks.named(title)
    # Everything after TASK belongs to the script, and so does what follows a `--` that npm put there.
    given = arguments[1:] if arguments[:1] == ("--",) else arguments
    out = terminal.err if terminal.json else terminal.out
    finished = asyncio.run(tasks.run(found, given, _writer(out.write, out.flush), wait=wait))
    _tell(terminal, finished)
    return finished.exit_code or 0


@task.command("show")
@TASK
@pass_terminal
def show(terminal: Terminal, title: str) -> None:
    """Show what TASK runs, what it reads, its limits, and when it is due."""
    from chittyops.capabilities.tasks.wiring import next_run

    tasks = _tasks()
    found = tasks.named(title)
    due = next_run(found, tasks.clock.now())
    needed = [f"{name}{'' if must else ' (optional)'}" for name, must in found.inputs.items()]
    rows = [
        ("task", found.title),
        ("does", found.description or "-"),
        ("runs", f"{found.kind}: {found.value}"),
        ("in", found.folder),
        ("inputs", ", ".join(needed) or "none"),
        ("arguments", f"at least {found.arguments}" if found.arguments else "as you like"),
        ("secrets", ", ".join(f"{name} ({reference})" for name, reference in found.secrets.items()) or "none"),
        ("time limit", f"{found.timeout_seconds:g} s"),
        ("lock", found.lock or "its own"),
        ("schedule", f"{found.schedule} UTC, next {_time(due)}" if due else "none"),
    ]
    data = {**_declared(found), "next": due.isoformat() if due else None}
    terminal.emit(data, key_values(rows, colour=terminal.colour))


@task.command("history")
@click.argument("title", metavar="[TASK]", required=False)
@click.option("-n", "limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs.")
@click.option("--log", "number", metavar="RUN", help="Show what this run of TASK wrote.")
@pass_terminal
def history(terminal: Terminal, title: str | None, limit: int, number: str | None) -> None:
    """List the runs of TASK (of all tasks by default), the latest first."""
    tasks = _tasks()
    if number:
        if not title:
            message = "--log wants the task, too"
            raise click.UsageError(message)
        text = tasks.log(tasks.named(title), number)
        terminal.emit({"run": number, "log": text}, text.rstrip("\n"))
        return
    chosen = [tasks.named(title)] if title else list(tasks.fleet.tasks.values())
    runs = sorted((each for one in chosen for each in tasks.runs(one)), key=lambda each: each.started_at, reverse=True)
    table = Table("run", "task", "result", "code>", "took>", "started", "by")
    for each in runs[:limit]:
        took = f"{each.seconds:.1f}s" if each.ended_at else ""
        code = "" if each.exit_code is None else str(each.exit_code)
        result = Cell(each.result, RESULT_STYLES.get(each.result, ""))
        table.row(each.id, each.task, result, code, took, _time(each.started_at), each.trigger)
    terminal.emit({"items": dump_runs(runs[:limit])}, table)


@task.command("due")
@click.option("--run", "really", is_flag=True, help="Run them, one after the other.")
@pass_terminal
def due(terminal: Terminal, *, really: bool) -> int:
    """List the tasks that are due by their schedules; with --run, run them. Made to be called by any cron.

    A schedule counts from when it is first looked at; what was missed several times runs once.
    """
    tasks = _tasks()
    if not really:
        found = tasks.due()
        table = Table("task", "schedule")
        for each in found:
            table.row(each.title, each.schedule)
        terminal.emit({"items": [_declared(each) for each in found]}, table)
        return 0
    held = tasks.schedule_lock()
    if held is None:
        terminal.note("what is due is being run already")
        terminal.emit({"items": []})
        return 0
    try:
        return _run_due(terminal, tasks)
    finally:
        os.close(held)


def _run_due(terminal: Terminal, tasks: Tasks) -> int:
    finished: list[Run] = []
    refused = 0
    for each in tasks.due():
        terminal.note(f"{each.title}:")
        out = terminal.err if terminal.json else terminal.out
        try:
            writer = _writer(out.write, out.flush)
            finished.append(asyncio.run(tasks.run(each, (), writer, trigger="schedule")))
        except ChittyOpsError as error:
            # One task that cannot run must not keep the others from their turn.
            from chittyops.interface.terminal import report

            report(error, terminal)
            refused += 1
            continue
        _tell(terminal, finished[-1], quiet_json=True)
    terminal.emit({"items": dump_runs(finished)})
    return 1 if refused or any(each.exit_code for each in finished) else 0


def dump_runs(runs: Sequence[Run]) -> list[object]:
    """Return ``runs`` as JSON data."""
    return [dump(each) for each in runs]


def _tasks() -> Tasks:
    from chittyops.capabilities.fleet.wiring import read_fleet
    from chittyops.capabilities.tasks.wiring import Tasks
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home

    return Tasks(read_fleet(Path()), Home.locate(os.environ), SystemClock(), os.environ)


def _writer(write: Callable[[str], object], flush: Callable[[], object]) -> Callable[[str], None]:
    def both(text: str) -> None:
        write(text)
        flush()

    return both


def _tell(terminal: Terminal, finished: Run, *, quiet_json: bool = False) -> None:
    if terminal.json and not quiet_json:
        terminal.emit(dump(finished))
    text = f"{finished.task}: {finished.result} after {finished.seconds:.1f}s, exit code {finished.exit_code}"
    terminal.note(text, RESULT_STYLES.get(finished.result, ""))


def _declared(found: Task) -> dict[str, object]:
    data: dict[str, object] = dump(found)
    secrets = {name: str(reference) for name, reference in found.secrets.items()}
    return {**data, "title": found.title, "secrets": secrets}


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
