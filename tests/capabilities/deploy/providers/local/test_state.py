"""What is remembered: whole files, newest callers, restarts that wait longer each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.deploy.model import Desired, Target
from chittyops.capabilities.deploy.providers.local.instance import Backoff
from chittyops.capabilities.deploy.providers.local.state import InstanceRecord, ServiceRecord, StateFolder
from chittyops.capabilities.deploy.providers.local.wire import Failure
from chittyops.kernel.errors import Cancelled, ChittyOpsError, Conflict, Misconfigured, NotFound, Refused, Unavailable
from chittyops.kernel.secret import SecretRef
from chittyops.kernel.service import Service
from chittyops.runtime.process import ProcessIdentity

SERVICE = Service("web", "web", secrets={"KEY": SecretRef.parse("file:.env#KEY")})
TARGET = Target("shop", "local", "shop-3", "b", 2, Desired(SERVICE, {"file.a": "1"}, "c", "d", "/s"), {"x": "http://y"})
RECORD = ServiceRecord("shop/local/web", 4711)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    instance = InstanceRecord(TARGET, 81, ProcessIdentity(1, 2.0), wanted=True, replaces="a")
    record = replace(RECORD.fenced(TARGET), active="b").with_instance("b", instance)
    folder = StateFolder(tmp_path)
    folder.save(RECORD)
    folder.save(record)
    assert list(folder.all()) == [record]
    assert [path.name for path in (tmp_path / "shop" / "local").iterdir()] == ["web.json"]
    assert record.without_instance("b").instances == {}


@given(st.tuples(st.integers(1, 12), st.integers(1, 12)), st.tuples(st.integers(1, 12), st.integers(1, 12)))
def test_only_older_callers_are_refused(first: tuple[int, int], second: tuple[int, int]) -> None:
    def target(release: int, attempt: int) -> Target:
        return replace(TARGET, release=f"shop-{release}", attempt=attempt)

    record = RECORD.fenced(target(*first))
    if second >= first:
        record.fenced(target(*second))
    else:
        with pytest.raises(Conflict):
            record.fenced(target(*second))


def test_restarts_wait_longer_each_time_up_to_half_a_minute() -> None:
    backoff = Backoff()
    delays = [backoff.exited(number * 100.0, 0.1) for number in range(12)]
    for number, delay in enumerate(delays):
        longest = min(0.5 * 2**number, 30.0)
        assert longest * 0.75 <= delay <= longest
    assert not backoff.looping


def test_a_minute_of_life_makes_up_for_it() -> None:
    backoff = Backoff()
    for number in range(5):
        backoff.exited(number, 0.1)
    assert backoff.looping
    assert backoff.exited(100.0, 61.0) <= 0.5
    assert not backoff.looping


@pytest.mark.parametrize(
    "error",
    [
        NotFound("a", hint="h"),
        Conflict("a"),
        Refused("a"),
        Unavailable("a"),
        Misconfigured("a"),
        Cancelled("a"),
        ChittyOpsError("a", permanent=False),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_arrive_as_they_were_raised(error: ChittyOpsError) -> None:
    arrived = Failure.of(error).error()
    assert type(arrived) is type(error)
    assert (arrived.message, arrived.hint, arrived.permanent) == (error.message, error.hint, error.permanent)
