"""The picture of a release: what the events make of it, and that it always fits."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.app.board import Board
from chittyops.app.board_view import BoardView, seconds_text
from chittyops.app.plan_view import reason, summary, why
from chittyops.capabilities.deploy.model import OnFailure, Release, ReleaseService, ReleaseStatus, ServiceStatus
from chittyops.interface.client import StreamEvent
from chittyops.interface.terminal import Terminal
from chittyops.interface.terminal.text import columns
from chittyops.kernel.plan import Action, Change, PlannedService

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Still:
    """A clock that stands at so many seconds after the release began."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self._seconds)

    def monotonic_seconds(self) -> float:
        return self._seconds


def release(**services: tuple[str, ...]) -> Release:
    rows = tuple(
        ReleaseService(name, Action.DEPLOY, ServiceStatus.WAITING, depends_on=needed)
        for name, needed in services.items()
    )
    return Release(
        "shop-1", "shop", 1, "local", "deploy", ReleaseStatus.RUNNING, OnFailure.ROLLBACK, 2, "me", BEGAN,
        started_at=BEGAN, services=rows,
    )  # fmt: skip


def state(service: str, status: str, seconds: float = 0, phase: str = "", error: str = "") -> StreamEvent:
    at = (BEGAN + timedelta(seconds=seconds)).isoformat()
    return StreamEvent("state", {"service": service, "status": status, "phase": phase, "error": error, "at": at}, "1")


def log(service: str, text: str) -> StreamEvent:
    return StreamEvent("log", {"service": service, "text": text}, "1")


def picture(board: Board, seconds: float, width: int = 80, height: int = 24, *, encoding: str = "utf-8") -> list[str]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return BoardView(board, Still(seconds), Terminal(err=stream, environ={})).render(width, height).splitlines()


def told(board: Board, *events: StreamEvent) -> Board:
    for event in events:
        board.apply(event, BEGAN)
    return board


def test_each_service_has_a_line_that_says_what_it_does_and_waits_for() -> None:
    board = told(
        Board(release(inventory=(), catalog=("inventory",), web=("catalog",), mail=(), news=())),
        state("inventory", "running", 0),
        state("inventory", "succeeded", 1.2),
        state("catalog", "running", 1.5, "preparing"),
        log("catalog", "building"),
        state("mail", "running", 0.5, "verifying"),
    )
    title, *lines = picture(board, 4.0)
    assert title.startswith("shop-1  local  ━━━━━─")
    assert title.endswith("1/5  4.0s  running")
    assert lines[0] == " ✓ inventory    1.2s  succeeded"
    assert lines[1][3:] == "catalog      2.5s  preparing  building"
    assert lines[2] == " · web                waits for catalog"
    assert lines[4] == " · news               waits for a slot"


def test_a_failure_shows_its_error_and_the_end_of_its_log() -> None:
    board = told(
        Board(release(a=(), b=("a",))),
        state("a", "running"),
        *(log("a", f"line {number}") for number in range(20)),
        state("a", "failed", 2, error="exited with code 1"),
        state("b", "blocked", 2, error="a failed"),
    )
    lines = picture(board, 3)
    assert " ✗ a    2.0s  failed: exited with code 1" in lines
    assert " ⊘ b          blocked: a failed" in lines
    assert lines[-1] == "   a | line 19"
    assert len([line for line in lines if " | line " in line]) == 5


def test_a_lost_connection_is_shown() -> None:
    board = Board(release(a=()))
    board.gap = "the stream ended"
    assert picture(board, 1)[0].endswith("1.0s  reconnecting")


def test_a_terminal_without_unicode_gets_ascii() -> None:
    board = told(Board(release(a=(), b=())), state("a", "running"))
    assert "\n".join(picture(board, 1, encoding="ascii")).isascii()


def test_where_there_is_little_room_what_matters_is_shown() -> None:
    names = {f"s{number:03}": () for number in range(200)}
    board = told(Board(release(**names)), state("s150", "failed", error="no"), state("s199", "running"))
    lines = picture(board, 1, height=10)
    assert len(lines) <= 10
    assert any("s150" in line for line in lines)
    assert any("s199" in line for line in lines)
    assert "   and 194 more" in lines


@given(st.integers(10, 200), st.integers(5, 60), st.integers(1, 80), st.text(max_size=300))
def test_the_picture_never_outgrows_the_terminal(width: int, height: int, services: int, text: str) -> None:
    board = Board(release(**{f"service-{number}": () for number in range(services)}))
    told(board, state("service-0", "running"), log("service-0", text), state("service-0", "failed", error=text))
    lines = picture(board, 1, width, height)
    assert len(lines) <= height
    assert all(columns(line) <= max(width, 40) for line in lines)


def test_a_resumed_service_begins_its_time_again() -> None:
    board = told(Board(release(a=())), state("a", "running", 0), state("a", "failed", 9), state("a", "running", 20))
    assert board.lines["a"].seconds(Still(21).now()) == 1.0


def test_only_changes_are_reported() -> None:
    board = Board(release(a=()))
    assert board.apply(state("a", "running", phase="preparing"), BEGAN) is board.lines["a"]
    assert board.apply(state("a", "running", phase="preparing"), BEGAN) is None
    assert board.apply(state("elsewhere", "running"), BEGAN) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0s"), (9.94, "9.9s"), (59, "59s"), (65, "1m05s"), (7_260, "2h01m")]
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change("file", "src/app.py", "1", "2"), "file src/app.py changed"),
        (Change("config", "LOG_LEVEL", "", "2"), "config LOG_LEVEL added"),
        (Change("secret", "KEY", "1", ""), "secret KEY removed"),
        (Change("dependency", "catalog", "1", "2"), "dependency catalog changed"),
        (Change("new", "catalog", "", "2"), "new"),
        (Change("forced", "catalog"), "forced"),
        (Change("rollback", "shop-3", "1", "2"), "back to shop-3"),
    ],
    ids=lambda value: value.kind if isinstance(value, Change) else "",
)
def test_reasons_are_words(change: Change, text: str) -> None:
    assert reason(change) == text


def test_many_reasons_are_cut_short() -> None:
    changes = tuple(Change("file", name, "1", "2") for name in "abcde")
    planned = PlannedService("x", Action.DEPLOY, "d", reasons=changes)
    assert why(planned) == "file a changed, file b changed, file c changed, and 2 more"


def test_a_summary_counts_what_cannot_run() -> None:
    services = [PlannedService(str(n), action, "d") for n, action in enumerate([*Action, Action.DEPLOY])]
    assert summary(services) == "2 to deploy, 1 to skip, 1 cannot run here"
