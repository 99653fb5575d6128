"""A release of sixty services outlives kill -9 of any process of the centre, at any moment."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from pathlib import Path

import pytest
from tests.chaos.centre import SERVICES, running

from chittyops.runtime.process import Command, ProcessIdentity, detach

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

VICTIMS = ("worker", "api", "postgres", "nats")
KILLS_LONG, KILLS_SHORT = 100, 8
PLACES = ("before", "unrecorded", "recorded")


@pytest.mark.timeout(3000)
async def test_random_kills(tmp_path: Path, long_form: bool) -> None:
    wanted = KILLS_LONG if long_form else KILLS_SHORT
    dice = random.Random(20261122)
    async with running(tmp_path) as chaos:
        version = 0
        while chaos.killed.total() < wanted:
            version += 1
            release_id = await chaos.start_release(f"v{version}")
            going = asyncio.create_task(chaos.ended(release_id))
            await chaos.check(await chaos.kill_while(going, VICTIMS, dice))
        await chaos.check_events()
        await chaos.check_processes()
        sys.stderr.write(f"kills: {dict(chaos.killed)} in {version} releases\n")


@pytest.mark.timeout(3000)
async def test_a_kill_at_every_recorded_step_boundary(tmp_path: Path, long_form: bool) -> None:
    ledger = tmp_path / "boundaries"
    every = 1 if long_form else 20
    async with running(tmp_path, CHAOS_BOUNDARIES=str(ledger), CHAOS_EVERY=str(every)) as chaos:
        release = await chaos.ended(await chaos.start_release("v1"))
        await chaos.check(release)
        await chaos.check_events()
        await chaos.check_processes()
        passed = set(ledger.read_text().splitlines())
    steps = ["begin", *(f"s{n}" for n in range(SERVICES)), "finish"]
    # The last one may be beaten by the end of the test itself.
    assert {f"{step} {place}" for step in steps for place in PLACES} - passed <= {"finish recorded"}


@pytest.mark.timeout(600)
async def test_two_workers_one_frozen_and_woken(tmp_path: Path) -> None:
    async with running(tmp_path) as chaos:
        frozen = chaos.process("worker")
        release_id = await chaos.start_release("v1")
        await asyncio.sleep(1.5)
        frozen.signal(signal.SIGSTOP)
        second = _second_worker(dict(chaos.environ), tmp_path)
        try:
            going = asyncio.create_task(chaos.ended(release_id))
            await asyncio.wait([going], timeout=8)
            frozen.signal(signal.SIGCONT)
            release = await going
            await chaos.check(release)
            await chaos.check_events()
            await chaos.check_processes()
            assert await frozen.ended(timeout_seconds=20), "a worker that was replaced must leave"
        finally:
            await second.stop()


def _second_worker(environ: dict[str, str], folder: Path) -> ProcessIdentity:
    with (folder / "second.log").open("wb") as log:
        command = Command((sys.executable, "-P", "-m", "chittyops", "worker"), environ)
        return detach(command, output=log.fileno())
