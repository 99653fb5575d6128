"""The runs of tasks in the state directory: a JSON line when one begins, one when it ends, and its log."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from chittyops.capabilities.tasks.model import Result, Run
from chittyops.kernel.service import Task
from chittyops.runtime.filelock import try_lock
from chittyops.runtime.home import Home

KEPT_RUNS = 200
_SLACK = 100


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one fleet's tasks."""

    home: Home
    fleet: str

    def lock_path(self, task: Task) -> Path:
        """Return the file whose lock a run of ``task`` holds."""
        name = f"shared.{task.lock}" if task.lock else _folder(task)
        return self.home.file("tasks", self.fleet, "locks", name)

    def schedule_lock_path(self) -> Path:
        """Return the file whose lock is held by whoever runs what is due."""
        return self.home.file("tasks", self.fleet, "locks", "due")

    def begin(self, task: Task, now: datetime, trigger: str) -> Run:
        """Record that ``task`` begins to run."""
        number = f"{now:%Y%m%dT%H%M%S}-{now.microsecond // 1000:03d}"
        log = self._file(task, "logs", f"{number}.log")
        run = Run(number, task.title, now, trigger=trigger, log=str(log))
        self._append(task, {"id": run.id, "started_at": now.isoformat(), "trigger": trigger})
        return run

    def end(self, task: Task, run: Run) -> None:
        """Record how a run ended, and forget the oldest ones."""
        ended = run.ended_at or run.started_at
        line = {"id": run.id, "result": run.result, "ended_at": ended.isoformat(), "seconds": run.seconds}
        self._append(task, {**line, "exit_code": run.exit_code})
        self._prune(task)

    def runs(self, task: Task) -> list[Run]:
        """Return the runs of ``task``, the latest first."""
        found: dict[str, Run] = {}
        for line in self._lines(task):
            key = str(line.get("id"))
            if "started_at" in line:
                log = str(self._file(task, "logs", f"{key}.log"))
                started = datetime.fromisoformat(line["started_at"])
                found[key] = Run(key, task.title, started, Result.LOST, trigger=line["trigger"], log=log)
            elif key in found:
                found[key] = replace(
                    found[key],
                    result=Result(line["result"]),
                    ended_at=datetime.fromisoformat(line["ended_at"]),
                    seconds=line["seconds"],
                    exit_code=line["exit_code"],
                )
        runs = list(reversed(found.values()))
        if runs and runs[0].result is Result.LOST and self._locked(task):
            runs[0] = replace(runs[0], result=Result.RUNNING)
        return runs

    def seen_since(self, task: Task, now: datetime) -> datetime:
        """Return since when the schedule of ``task`` is looked at: what was due before is not made up for."""
        name = f"tasks/{self.fleet}/scheduled"
        self.home.file("tasks", self.fleet, "scheduled.json")
        seen = self.home.read_private(name) or {}
        key = f"{task.title} {task.schedule}"
        if key not in seen:
            self.home.write_private(name, {**seen, key: now.isoformat()})
            return now
        return datetime.fromisoformat(seen[key])

    def _locked(self, task: Task) -> bool:
        descriptor = try_lock(self.lock_path(task))
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def _file(self, task: Task, *parts: str) -> Path:
        return self.home.file("tasks", self.fleet, "runs", _folder(task), *parts)

    def _append(self, task: Task, line: dict[str, Any]) -> None:
        path = self._file(task, "history.jsonl")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as stream:
            stream.write(json.dumps(line).encode() + b"\n")

    def _lines(self, task: Task) -> Iterator[dict[str, Any]]:
        try:
            text = self._file(task, "history.jsonl").read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return
        for line in text.splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue  # cut off when the machine stopped

    def _prune(self, task: Task) -> None:
        runs = self.runs(task)
        if len(runs) < KEPT_RUNS + _SLACK:
            return
        kept = {run.id for run in runs[:KEPT_RUNS]}
        lines = [line for line in self._lines(task) if line.get("id") in kept]
        path = self._file(task, "history.jsonl")
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines(json.dumps(line).encode() + b"\n" for line in lines)
        fresh.replace(path)
        for run in runs[KEPT_RUNS:]:
            Path(run.log).unlink(missing_ok=True)


def _folder(task: Task) -> str:
    """Return one name for a task: names hold no dots, so that no two tasks share it."""
    return f"{task.service}.{task.name}"
