"""Tasks run with real processes: output, exit codes, locks, limits, signals, records, schedules."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from tests.capabilities.tasks.conftest import NOON, Hands, MakeTasks
from tests.needs import BASH

from chittyops.capabilities.tasks.model import Result
from chittyops.capabilities.tasks.providers import history
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound
from chittyops.kernel.secret import REDACTED, SecretRef
from chittyops.kernel.service import Task
from chittyops.runtime.process import ProcessIdentity


async def _until(path: Path) -> None:
    for _ in range(500):
        if path.exists():
            return
        await asyncio.sleep(0.01)
    message = f"{path} did not appear"
    raise AssertionError(message)


async def _lives(record: Path) -> bool:
    """Return whether the process whose number ``record`` holds is still there a moment later."""
    await asyncio.sleep(0.05)
    return ProcessIdentity.of(int(record.read_text())).alive()


@BASH
async def test_output_and_exit_code_are_passed_through_and_recorded(make: MakeTasks) -> None:
    task = Task("say", "file", "say.sh", inputs={"NAME": True})
    tasks = make(
        task,
        files={"say.sh": 'echo "hello $NAME $1"; echo oops >&2; exit 7\n'},
        environ={"NAME": "you", "PATH": os.environ["PATH"]},
    )
    written: list[str] = []
    run = await tasks.run(task, ("there",), written.append)
    assert "".join(written) == "hello you there\noops\n"
    assert (run.result, run.exit_code) == (Result.FAILED, 7)
    assert tasks.runs(task) == [run]
    assert tasks.log(task, run.id) == "hello you there\noops\n"


async def test_secrets_show_nowhere(make: MakeTasks, tmp_path: Path) -> None:
    task = Task(
        "leak", "command", "sh -c 'echo a $KEY b; printf $KEY'", secrets={"KEY": SecretRef.parse("file:.env#KEY")}
    )
    tasks = make(task, files={".env": "KEY=s3cr3t-value-1234\n"})
    written: list[str] = []
    await tasks.run(task, (), written.append)
    assert "".join(written) == f"a {REDACTED} b\n{REDACTED}"
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"s3cr3t" in path.read_bytes()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


async def test_a_secret_in_one_endless_line_is_not_cut_in_two(make: MakeTasks) -> None:
    line = "import os; os.write(1, b'x' * 65000); os.write(1, os.environ['KEY'].encode() * 300)"
    task = Task("long", "command", f'python3 -c "{line}"', secrets={"KEY": SecretRef.parse("file:.env#KEY")})
    tasks = make(task, files={".env": "KEY=s3cr3t-value-1234\n"})
    written: list[str] = []
    await tasks.run(task, (), written.append)
    assert "".join(written) == "x" * 65000 + REDACTED * 300


async def test_missing_inputs_are_found_before_anything_runs(make: MakeTasks, tmp_path: Path) -> None:
    task = Task("t", "command", "touch ran", inputs={"NEEDED": True})
    tasks = make(task)
    with pytest.raises(Misconfigured, match="NEEDED"):
        await tasks.run(task, (), print)
    assert not (tmp_path / "shop" / "ran").exists()
    assert tasks.runs(task) == []


async def test_a_program_that_is_not_there_is_a_failed_run(make: MakeTasks) -> None:
    task = Task("t", "command", "no-such-program-here")
    tasks = make(task)
    with pytest.raises(Misconfigured, match="no-such-program-here"):
        await tasks.run(task, (), print)
    assert [(run.result, run.exit_code) for run in tasks.runs(task)] == [(Result.FAILED, 127)]


async def test_it_never_runs_twice_at_once(make: MakeTasks, tmp_path: Path) -> None:
    task = Task("slow", "command", "sh -c 'touch begun; while [ ! -e go ]; do sleep 0.02; done; echo x >> done'")
    tasks = make(task)
    root = tmp_path / "shop"
    first = asyncio.create_task(tasks.run(task, (), print))
    await _until(root / "begun")
    assert tasks.runs(task)[0].result is Result.RUNNING
    with pytest.raises(Conflict, match="running already"):
        await tasks.run(task, (), print)
    second = asyncio.create_task(tasks.run(task, (), print, wait=True))
    (root / "go").touch()
    assert {(await first).result, (await second).result} == {Result.DONE}
    assert (root / "done").read_text() == "x\nx\n"


async def test_tasks_of_one_lock_never_run_at_once(make: MakeTasks, tmp_path: Path) -> None:
    one = Task("one", "command", "sh -c 'touch begun; sleep 30'", lock="database")
    two = Task("two", "command", "true", service="a", lock="database")
    tasks = make(one, two)
    running = asyncio.create_task(tasks.run(one, (), print))
    await _until(tmp_path / "shop" / "begun")
    with pytest.raises(Conflict, match="database"):
        await tasks.run(two, (), print)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await tasks.run(two, (), print)).result is Result.DONE
    assert tasks.runs(one)[0].result is Result.LOST


async def test_the_time_limit_ends_all_of_it(make: MakeTasks, tmp_path: Path) -> None:
    task = Task("slow", "command", "sh -c 'sleep 60 & echo $! > child; wait'", timeout_seconds=0.5)
    tasks = make(task)
    run = await tasks.run(task, (), print)
    assert (run.result, run.exit_code) == (Result.TIMED_OUT, 124)
    assert not await _lives(tmp_path / "shop" / "child")


async def test_ctrl_c_is_handed_down_to_all_of_it(make: MakeTasks, tmp_path: Path) -> None:
    script = 'sleep 60 & echo $! > child\ntrap "echo caught; exit 3" INT\ntouch begun\nwait\n'
    task = Task("slow", "file", "slow.sh")
    tasks = make(task, files={"slow.sh": script})
    written: list[str] = []
    running = asyncio.create_task(tasks.run(task, (), written.append))
    await _until(tmp_path / "shop" / "begun")
    os.kill(os.getpid(), signal.SIGINT)
    run = await running
    assert (run.result, run.exit_code) == (Result.INTERRUPTED, 130)
    assert "caught\n" in written
    assert not await _lives(tmp_path / "shop" / "child")


async def test_what_is_left_in_the_background_neither_blocks_nor_stays(make: MakeTasks, tmp_path: Path) -> None:
    task = Task("t", "command", "sh -c 'sleep 60 & echo $! > child'")
    run = await asyncio.wait_for(make(task).run(task, (), print), 20)
    assert run.result is Result.DONE
    assert not await _lives(tmp_path / "shop" / "child")


async def test_a_folder_outside_is_refused(make: MakeTasks) -> None:
    task = Task("t", "command", "true", folder="../elsewhere")
    with pytest.raises(Misconfigured, match="not there"):
        await make(task).run(task, (), print)


async def test_only_the_latest_runs_are_kept(make: MakeTasks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_RUNS", 2)
    monkeypatch.setattr(history, "_SLACK", 1)
    task = Task("t", "command", "true")
    tasks = make(task)
    runs = [await tasks.run(task, (), print) for _ in range(4)]
    assert [run.id for run in tasks.runs(task)] == [run.id for run in reversed(runs[2:])]
    with pytest.raises(NotFound):
        tasks.log(task, runs[0].id)


async def test_a_line_cut_off_in_the_record_does_no_harm(make: MakeTasks, tmp_path: Path) -> None:
    task = Task("t", "command", "true")
    tasks = make(task)
    run = await tasks.run(task, (), print)
    record = next((tmp_path / "home").rglob("history.jsonl"))
    record.write_text(record.read_text() + '{"id": "half')
    assert tasks.runs(task) == [run]


async def test_what_is_due_runs_once_however_often_it_was_missed(make: MakeTasks, clock: Hands) -> None:
    task = Task("t", "command", "true", schedule="0 * * * *")
    tasks = make(task, Task("never", "command", "true"))
    assert tasks.due() == []
    clock.moment = NOON + timedelta(hours=5)
    assert tasks.due() == [task]
    await tasks.run(task, (), print, trigger="schedule")
    assert tasks.due() == []
    clock.moment += timedelta(hours=1)
    assert tasks.due() == [task]
    assert tasks.runs(task)[0].trigger == "schedule"


def test_only_one_runs_what_is_due(make: MakeTasks) -> None:
    tasks = make()
    held = tasks.schedule_lock()
    assert held is not None
    assert tasks.schedule_lock() is None
    os.close(held)
