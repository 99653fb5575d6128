"""Managed tasks put together with the disk and the processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chittyops.capabilities.tasks import service
from chittyops.capabilities.tasks.model import Prepared, Run, is_due, next_run
from chittyops.capabilities.tasks.providers import runner
from chittyops.capabilities.tasks.providers.folder import DiskFolder
from chittyops.capabilities.tasks.providers.history import History
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound
from chittyops.kernel.service import Fleet, Task
from chittyops.runtime.filelock import lock, try_lock
from chittyops.runtime.home import Home
from chittyops.runtime.redaction import redacted_text

__all__ = ["Tasks", "next_run"]

Write = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tasks:
    """The managed tasks of a fleet, on this machine."""

    fleet: Fleet
    home: Home
    clock: Clock
    environ: Mapping[str, str]

    @property
    def _history(self) -> History:
        return History(self.home, self.fleet.name)

    def named(self, title: str) -> Task:
        """Return the task ``title`` stands for. Raises NotFound."""
        return service.named(title, self.fleet.tasks)

    def runs(self, task: Task) -> list[Run]:
        """Return the runs of ``task``, the latest first."""
        return self._history.runs(task)

    def log(self, task: Task, number: str) -> str:
        """Return what a run wrote. Raises NotFound."""
        run = next((run for run in self.runs(task) if run.id == number), None)
        path = Path(run.log) if run else None
        if path is None or not path.exists():
            message = f"{task.title} has no log of a run {number}"
            raise NotFound(message, hint=f"`chittyops task history {task.title}` lists its runs")
        return path.read_text("utf-8", errors="replace")

    async def run(
        self, task: Task, arguments: Sequence[str], write: Write, *, wait: bool = False, trigger: str = "hand"
    ) -> Run:
        """Run ``task`` to its end and record it; ``write`` gets what it writes, without secrets.

        Raises Misconfigured for inputs that are missing, Conflict where it runs already and ``wait`` is not set.
        """
        root = Path(self.fleet.root)
        folder = root / task.folder
        if not folder.resolve().is_relative_to(root.resolve()) or not folder.is_dir():
            message = f"the folder {task.folder} of {task.title} is not there"
            raise Misconfigured(message, hint="`folder` must lie within the workspace")
        prepared = service.prepare(task, arguments, self.environ, DiskFolder(folder, root))
        held = await self._lock(task, wait=wait)
        try:
            run = self._history.begin(task, self.clock.now(), trigger)
            started = self.clock.monotonic_seconds()
            try:
                ended = await self._logged(prepared, run, folder, write, held)
            except Misconfigured:
                self._end(task, run, runner.CANNOT_RUN, started)
                raise
            return self._end(task, run, ended, started)
        finally:
            os.close(held)

    def _end(self, task: Task, run: Run, ended: runner.Ended, started: float) -> Run:
        seconds = round(self.clock.monotonic_seconds() - started, 3)
        ended_at = self.clock.now()
        finished = replace(run, result=ended.result, exit_code=ended.code, ended_at=ended_at, seconds=seconds)
        self._history.end(task, finished)
        return finished

    def due(self) -> list[Task]:
        """Return the tasks whose schedule came round since they last ran."""
        now = self.clock.now()
        found = []
        for task in self.fleet.tasks.values():
            if task.schedule:
                since = self._history.seen_since(task, now)
                runs = self.runs(task)
                last = max(runs[0].started_at, since) if runs else since
                found += [task] if is_due(task, last, now) else []
        return found

    def schedule_lock(self) -> int | None:
        """Return a descriptor that keeps others from running what is due, or None when somebody does already."""
        return try_lock(self._history.schedule_lock_path())

    async def _lock(self, task: Task, *, wait: bool) -> int:
        path = self._history.lock_path(task)
        held = try_lock(path)
        if held is None and wait:
            held = await lock(path, timeout_seconds=float("inf"))
        if held is None:
            what = f"a task of the lock {task.lock}" if task.lock else task.title
            message = f"{what} is running already"
            raise Conflict(message, hint="--wait waits for its end")
        return held

    async def _logged(self, prepared: Prepared, run: Run, folder: Path, write: Write, held: int) -> runner.Ended:
        descriptor = os.open(run.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as log:

            def both(text: str) -> None:
                text = redacted_text(text)
                log.write(text)
                log.flush()
                write(text)

            return await runner.run(prepared, folder, both, keep=held)
