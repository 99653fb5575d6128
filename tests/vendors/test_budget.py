"""One budget of calls, however many processes share it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.vendors.accounts import Time

from chittyops.kernel.errors import Unavailable
from chittyops.vendors.budget import Budget


def budget(path: Path, time: Time, *, calls: int = 2, seconds: float = 30) -> Budget:
    return Budget(path / "b.json", "Vendor", calls, seconds, time, time.pause)


async def test_calls_within_the_budget_do_not_wait(tmp_path: Path) -> None:
    time = Time()
    for _ in range(2):
        await budget(tmp_path, time).take()
    assert time.waits == []


async def test_the_next_call_waits_for_the_next_window(tmp_path: Path) -> None:
    time = Time()
    for _ in range(3):
        await budget(tmp_path, time).take()
    assert time.waits == [30.0]


async def test_who_would_wait_too_long_is_told_when_to_come_back(tmp_path: Path) -> None:
    time = Time()
    few = budget(tmp_path, time, calls=1, seconds=3600)
    await few.take()
    with pytest.raises(Unavailable, match="before 01:00:00 UTC"):
        await few.take()


async def test_a_closed_budget_opens_again(tmp_path: Path) -> None:
    time = Time()
    budget(tmp_path, time).close(20)
    await budget(tmp_path, time).take()
    assert time.waits == [20.0]


async def test_a_clock_that_is_put_back_does_not_close_it(tmp_path: Path) -> None:
    time = Time()
    for _ in range(2):
        await budget(tmp_path, time).take()
    budget(tmp_path, time).close(20)
    time.at -= timedelta(days=1)
    await budget(tmp_path, time).take()
    assert time.waits == []


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"since": "x"}', '{"since": 1}'])
async def test_a_damaged_file_starts_anew(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "b.json").write_text(damaged)
    time = Time()
    await budget(tmp_path, time).take()
    assert time.waits == []


async def test_its_file_is_private(tmp_path: Path) -> None:
    await budget(tmp_path, Time()).take()
    assert (tmp_path / "b.json").stat().st_mode & 0o077 == 0
