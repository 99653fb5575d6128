"""Logs: one line for each event, from structlog and from libraries alike, without secrets."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from chittyops.runtime import logs
from chittyops.runtime.redaction import conceal


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_carry_time_level_logger_context_and_fields() -> None:
    stream = io.StringIO()
    logs.configure(stream, json=True)
    logs.bind(process="worker")
    structlog.get_logger("a.b").info("release started", release="shop-1", services=3)
    [line] = lines(stream)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "release started",
        "level": "info",
        "logger": "a.b",
        "process": "worker",
        "release": "shop-1",
        "services": 3,
    }


def test_library_logs_and_warnings_take_the_same_way() -> None:
    stream = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logs.configure(stream, json=True)
        logging.getLogger("somebody.else").warning("seen %s", "twice")
        logging.getLogger("uvicorn.error").error("cannot bind")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    events = [(line["logger"], line["level"], line["event"].splitlines()[0]) for line in lines(stream)]
    assert events[:2] == [("somebody.else", "warning", "seen twice"), ("uvicorn.error", "error", "cannot bind")]
    assert events[2][0] == "py.warnings"


def test_chatty_libraries_speak_from_warning_on_unless_debugging() -> None:
    stream = io.StringIO()
    logs.configure(stream, json=True)
    logging.getLogger("httpx").info("HTTP Request")
    logging.getLogger("dbos").info("Executor ID")
    assert lines(stream) == []
    logs.configure(stream, json=True, level="debug")
    logging.getLogger("httpx").info("HTTP Request")
    assert [line["event"] for line in lines(stream)] == ["HTTP Request"]


def test_a_line_below_the_level_is_dropped() -> None:
    stream = io.StringIO()
    logs.configure(stream, json=True, level="warning")
    structlog.get_logger("x").info("quiet")
    structlog.get_logger("x").warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_shows_in_message_fields_context_or_traceback(as_json: bool) -> None:
    conceal("pl4nted-value")
    stream = io.StringIO()
    logs.configure(stream, json=as_json)
    logs.bind(note="pl4nted-value")
    log = structlog.get_logger("x")
    url = "postgresql://u:hidden-pw@h/d"
    try:
        int("pl4nted-value in " + url)
    except ValueError:
        log.exception(
            "failed with pl4nted-value", url=url, headers={"Authorization": "hidden-pw"}, raw=b"pl4nted-value"
        )
        logging.getLogger("lib").exception("again %s", url)
    assert "ValueError" in stream.getvalue()
    assert "pl4nted-value" not in stream.getvalue()
    assert "hidden-pw" not in stream.getvalue()


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    plain, colour, refused = io.StringIO(), Terminal(), Terminal()
    for stream in (plain, colour):
        logs.configure(stream, json=False)
        structlog.get_logger("x").info("hello")
    monkeypatch.setenv("NO_COLOR", "1")
    logs.configure(refused, json=False)
    structlog.get_logger("x").info("hello")
    assert ["\x1b[" in stream.getvalue() for stream in (plain, colour, refused)] == [False, True, False]


def test_importing_redaction_loads_no_logging_library() -> None:
    code = "import sys, chittyops.runtime.redaction; print('structlog' in sys.modules, 'rich' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "False"]
