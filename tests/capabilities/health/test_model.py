"""The rules by which probes become health."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.health.model import (
    HealthState,
    HealthStatus,
    ProbeResult,
    ProbeTarget,
    ServiceKey,
    change,
    transition,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = ProbeTarget(ServiceKey("shop", "local", "cart"), "http://127.0.0.1:1", "/health", "r2-abc", 2.0, 5.0)
GOOD = ProbeResult(TARGET, START, ok=True, build_id="r2-abc", latency_ms=3.0)
BAD = ProbeResult(TARGET, START, ok=False, detail="refuses connections")


def after(*results: ProbeResult) -> HealthState:
    """Return the state after ``results``, a second apart."""
    state: HealthState | None = None
    for second, result in enumerate(results):
        state = transition(state, replace(result, at=START + timedelta(seconds=second)), slow_ms=100)
    assert state is not None
    return state


def test_one_good_answer_is_enough_to_be_healthy() -> None:
    assert after(GOOD).status is HealthStatus.HEALTHY
    assert after(BAD, BAD, BAD, BAD, GOOD).status is HealthStatus.HEALTHY


def test_three_failures_in_a_row_make_unhealthy_and_two_do_not() -> None:
    assert after(GOOD, BAD, BAD).status is HealthStatus.HEALTHY
    assert after(GOOD, BAD, BAD, GOOD, BAD, BAD).status is HealthStatus.HEALTHY
    state = after(GOOD, BAD, BAD, BAD)
    assert (state.status, state.failures, state.detail) == (HealthStatus.UNHEALTHY, 3, "refuses connections")


def test_a_service_never_seen_well_is_unknown_until_it_failed_three_times() -> None:
    assert after(BAD, BAD).status is HealthStatus.UNKNOWN
    assert after(BAD, BAD, BAD).status is HealthStatus.UNHEALTHY


def test_another_build_than_deployed_makes_degraded_and_says_which() -> None:
    state = after(GOOD, replace(GOOD, build_id="r1-old"))
    assert state.status is HealthStatus.DEGRADED
    assert "r1-old" in state.detail
    assert "r2-abc" in state.detail


def test_a_service_that_reports_no_build_is_not_blamed_for_it() -> None:
    assert after(replace(GOOD, build_id="")).status is HealthStatus.HEALTHY


def test_a_slow_answer_makes_degraded() -> None:
    assert after(replace(GOOD, latency_ms=100.5)).status is HealthStatus.DEGRADED
    assert after(replace(GOOD, latency_ms=100.0)).status is HealthStatus.HEALTHY


def test_since_is_when_the_present_status_began() -> None:
    state = after(GOOD, GOOD, BAD, BAD, BAD, BAD)
    assert state.since == START + timedelta(seconds=4)
    assert state.checked_at == START + timedelta(seconds=5)


def test_a_late_result_changes_nothing() -> None:
    state = after(GOOD, GOOD)
    assert transition(state, replace(BAD, at=START), slow_ms=100) is state


results = st.builds(
    ProbeResult,
    target=st.just(TARGET),
    at=st.just(START),
    ok=st.booleans(),
    detail=st.sampled_from(["", "no answer"]),
    build_id=st.sampled_from(["", "r1-old", "r2-abc"]),
    latency_ms=st.none() | st.floats(0, 500),
)


@given(st.lists(results, min_size=1, max_size=30))
def test_changes_chain_up_and_match_the_states(found: list[ProbeResult]) -> None:
    state: HealthState | None = None
    status = HealthStatus.UNKNOWN
    for second, result in enumerate(found):
        at = START + timedelta(seconds=second)
        following = transition(state, replace(result, at=at), slow_ms=100)
        made = change(state, following)
        assert (made is not None) == (following.status is not status)
        if made:
            assert (made.before, made.after, made.at) == (status, following.status, at)
            assert following.since == at
        if result.ok:
            assert following.failures == 0
            assert following.status in {HealthStatus.HEALTHY, HealthStatus.DEGRADED}
        state, status = following, following.status
