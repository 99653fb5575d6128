"""Who read which secrets, and when: a file that is only ever appended to, without values."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection

from chittyops.kernel.clock import Clock
from chittyops.kernel.secret import SecretScope
from chittyops.runtime.home import Home

FILE = ("audit", "secret-reads.jsonl")

ReadLog = Callable[[str, SecretScope, Collection[str]], None]
"""Records that somebody (an agent, a socket) read secrets of a service."""


def read_log(home: Home, clock: Clock) -> ReadLog:
    """Return what appends to the log of ``home``."""
    path = home.file(*FILE)

    def record(reader: str, scope: SecretScope, names: Collection[str]) -> None:
        entry = {
            "at": clock.now().isoformat(timespec="milliseconds"),
            "reader": reader,
            "fleet": scope.fleet,
            "environment": scope.environment,
            "service": scope.service,
            "names": sorted(names),
        }
        # One write for one line: several processes append to it.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{json.dumps(entry)}\n".encode())
        finally:
            os.close(descriptor)

    return record
