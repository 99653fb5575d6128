"""The supervisor's log and the rotation of all of them."""

from __future__ import annotations

import io
import json
import os
import stat
from pathlib import Path

from chittyops.app.supervisor_log import rotate, say_to
from chittyops.runtime.clock import SystemClock


def test_events_are_json_lines() -> None:
    stream = io.StringIO()
    say = say_to(stream, SystemClock())
    say("starts", pid=1)
    say("restarts", process="api", reason="é\n")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["pid"], first["process"]) == ("starts", 1, "supervisor")
    assert (second["process"], second["reason"]) == ("api", "é\n")
    assert first["at"].endswith("Z")


def test_a_big_log_is_moved_away_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    writer = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in range(5):
        os.write(writer, f"{number}".encode() * 11)
        rotate(tmp_path, max_bytes=10, backups=3)
    os.write(writer, b"now")
    os.close(writer)
    assert log.read_text() == "now"
    assert [(tmp_path / f"api.log.{n}").read_text()[0] for n in (1, 2, 3)] == ["4", "3", "2"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["api.log", "api.log.1", "api.log.2", "api.log.3"]
    assert stat.S_IMODE((tmp_path / "api.log.1").stat().st_mode) & 0o077 == 0


def test_a_small_log_stays(tmp_path: Path) -> None:
    (tmp_path / "api.log").write_text("small")
    rotate(tmp_path, max_bytes=1000, backups=3)
    assert [path.name for path in tmp_path.iterdir()] == ["api.log"]
