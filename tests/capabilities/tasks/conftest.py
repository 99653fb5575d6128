"""A fleet with tasks, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chittyops.capabilities.tasks.wiring import Tasks
from chittyops.kernel.service import Environment, Fleet, Task
from chittyops.runtime.home import Home

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        """Return the moment it shows."""
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def monotonic_seconds(self) -> float:
        """Return its seconds."""
        return self.moment.timestamp()


@pytest.fixture
def clock() -> Hands:
    return Hands()


MakeTasks = Callable[..., Tasks]


@pytest.fixture
def make(tmp_path: Path, clock: Hands) -> MakeTasks:
    """Return a function that makes the tasks of a fleet; ``files`` are put into its folder."""
    root = tmp_path / "shop"
    root.mkdir()

    def tasks(*found: Task, files: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None) -> Tasks:
        for name, text in (files or {}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        fleet = Fleet("shop", str(root), Environment("local"), {}, tasks={task.title: task for task in found})
        home = Home.locate({"CHITTYOPS_HOME": str(tmp_path / "home")})
        return Tasks(fleet, home, clock, environ if environ is not None else {"PATH": "/usr/local/bin:/usr/bin:/bin"})

    return tasks
