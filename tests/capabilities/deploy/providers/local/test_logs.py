"""Logs hold every line once, with its time, without secrets, and do not grow without end."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.deploy.providers.local import logs
from chittyops.capabilities.deploy.providers.local.logs import MAX_LINE, Lines, Pipe, Redactor, ServiceLog
from chittyops.runtime.clock import SystemClock


def feed(lines: Lines, data: bytes, cuts: list[int]) -> list[str]:
    found: list[str] = []
    at = 0
    for cut in [*cuts, len(data)]:
        found += lines.feed(data[at : at + cut])
        at += cut
    return found + lines.feed(data[at:], final=True)


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20), max_size=8),
    st.lists(st.integers(0, 7), max_size=20),
)
def test_lines_are_the_same_however_they_arrive(texts: list[str], cuts: list[int]) -> None:
    data = "".join(f"{text}\n" for text in texts).encode()
    assert feed(Lines(Redactor([])), data, cuts) == texts


@given(
    st.lists(st.sampled_from(["planted-4711", "x", "plan", "\n", "ted-4711", "ä"]), max_size=12),
    st.lists(st.integers(0, 9), max_size=20),
)
def test_no_secret_shows_however_it_arrives(parts: list[str], cuts: list[int]) -> None:
    found = feed(Lines(Redactor(["planted-4711"])), "".join(parts).encode(), cuts)
    assert not any("planted-4711" in line for line in found)


@given(st.integers(0, 40), st.integers(0, 3))
def test_a_secret_in_an_endless_line_does_not_show(before: int, times: int) -> None:
    text = "x" * (MAX_LINE - before) + "planted-4711" * (times + 1) + "y" * MAX_LINE
    lines = feed(Lines(Redactor(["planted-4711"])), text.encode(), [MAX_LINE, 5, 3, 7, 100])
    assert "planted" not in "".join(lines)
    assert "".join(lines).count("y") == MAX_LINE
    assert max(map(len, lines)) <= MAX_LINE


def test_secrets_of_several_lines_and_escaped_ones_are_hidden() -> None:
    redact = Redactor(['-----BEGIN\nabc"def\n-----END'])
    assert redact('abc"def') == "[redacted]"
    assert redact('{"key": "-----BEGIN\\nabc\\"def\\n-----END"}') == '{"key": "[redacted]"}'


def test_bytes_that_are_no_text_do_not_stop_the_log() -> None:
    assert feed(Lines(Redactor([])), b"a\xff\xfe\nb\xc3\n\xf0\x9f", []) == ["a\ufffd\ufffd", "b\ufffd", "\ufffd"]


@pytest.fixture
def log(tmp_path: Path) -> ServiceLog:
    return ServiceLog(tmp_path / "web.log", SystemClock())


def texts(lines: list[str]) -> list[str]:
    return [line.partition(" ")[2] for line in lines]


def test_files_are_rotated_and_only_so_many_kept(
    log: ServiceLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_FILE_BYTES", 200)
    for number in range(200):
        log.write([f"line {number}"])
    files = sorted(tmp_path.iterdir())
    assert len(files) == 5
    assert max(path.stat().st_size for path in files) <= 200
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    assert texts(log.tail(12)) == [f"line {number}" for number in range(188, 200)]


def test_tail_returns_the_last_lines(log: ServiceLog) -> None:
    assert log.tail(5) == []
    log.write(["a", "b", "c"])
    assert texts(log.tail(2)) == ["b", "c"]
    assert log.tail(0) == []


async def test_followers_get_the_tail_and_then_each_line_once(log: ServiceLog) -> None:
    log.write(["a", "b"])
    following = log.follow(1)
    assert (await anext(following)).endswith(" b")
    log.write(["c"])
    assert (await anext(following)).endswith(" c")
    await following.aclose()  # type: ignore[attr-defined]


async def test_a_slow_follower_misses_the_oldest_lines(log: ServiceLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_FOLLOWER_LINES", 3)
    log.write(["first"])
    following = log.follow(1)
    await anext(following)
    log.write(map(str, range(10)))
    assert texts([await anext(following) for _ in range(3)]) == ["7", "8", "9"]
    await following.aclose()  # type: ignore[attr-defined]


async def test_a_pipe_is_read_until_its_writers_are_gone(log: ServiceLog, tmp_path: Path) -> None:
    import os

    pipe, recent = Pipe(tmp_path / "pipe"), deque[str](maxlen=2)
    output = pipe.create()
    pipe.read_into(log, Lines(Redactor([])), recent)
    os.write(output, b"one\ntwo\nthree")
    await asyncio.sleep(0.05)
    os.close(output)
    await pipe.drained(2)
    assert texts(log.tail(9)) == ["one", "two", "three"]
    assert list(recent) == ["two", "three"]
    pipe.remove()
    assert not (tmp_path / "pipe").exists()
