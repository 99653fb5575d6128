"""The log of reads has one line for each, whoever writes at the same time, and no value."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chittyops.capabilities.secrets.providers.read_log import FILE, read_log
from chittyops.kernel.secret import SecretScope
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home


def test_reads_are_appended_line_by_line(tmp_path: Path) -> None:
    record = read_log(Home(tmp_path), SystemClock())
    scope = SecretScope("/root", "shop", "local", "api")
    names = [f"NAME_{number}" for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: record("agent", scope, names[number:]), range(100)))
    path = tmp_path.joinpath(*FILE)
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert sorted(len(each["names"]) for each in entries) == list(range(1, 101))
    assert {(each["reader"], each["fleet"], each["environment"], each["service"]) for each in entries} == {
        ("agent", "shop", "local", "api")
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
