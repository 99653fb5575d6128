"""A run of a managed task, and what is known of a task's runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chittyops.kernel.cron import Cron
from chittyops.kernel.service import Task


class Result(StrEnum):
    """How a run ended. LOST: whoever watched it died."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    INTERRUPTED = "interrupted"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a task. ``trigger`` is hand or schedule; ``log`` is the path of what it wrote."""

    id: str
    task: str
    started_at: datetime
    result: Result = Result.RUNNING
    ended_at: datetime | None = None
    seconds: float = 0.0
    exit_code: int | None = None
    trigger: str = "hand"
    log: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task ready to run: every input is there. ``concealed`` are the values that no log may show."""

    task: Task
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    concealed: frozenset[str] = field(repr=False)


def next_run(task: Task, now: datetime) -> datetime | None:
    """Return when ``task`` is due next after ``now``, in UTC; None where it has no schedule."""
    return Cron.parse(task.schedule).after(now) if task.schedule else None


def is_due(task: Task, since: datetime, now: datetime) -> bool:
    """Return whether the schedule of ``task`` came round after ``since``, its last run, and until ``now``."""
    moment = next_run(task, since)
    return moment is not None and moment <= now
