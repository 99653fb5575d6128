"""Where processes find the database and the broker."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import asdict, replace

import pytest

from chittyops.kernel.errors import Unavailable
from chittyops.runtime.endpoints import READY_RECORD, SUPERVISOR_RECORD, Endpoints
from chittyops.runtime.home import Home
from chittyops.runtime.process import ProcessIdentity

EXTERNAL = {"CHITTYOPS_DATABASE_URL": "postgresql://u:pw@db/d", "CHITTYOPS_NATS_URL": "tls://n"}


def supervised(home: Home, *, ready: bool = True) -> None:
    """Leave what a supervisor (this process) leaves."""
    own = ProcessIdentity.of(os.getpid())
    home.write_private("run/postgres", {"port": 1111})
    home.write_private("run/nats", {"port": 2222})
    home.write_private(SUPERVISOR_RECORD, asdict(own))
    if ready:
        home.write_private(READY_RECORD, asdict(own))


def test_external_ones_come_from_the_environment(home: Home) -> None:
    assert Endpoints.resolve(EXTERNAL, home) == Endpoints("postgresql://u:pw@db/d", "tls://n")


def test_embedded_ones_come_from_the_supervisor(home: Home) -> None:
    supervised(home)
    found = Endpoints.resolve({}, home)
    assert found.database_url.startswith("postgresql://chittyops:")
    assert found.database_url.endswith("@127.0.0.1:1111/chittyops")
    assert found.nats_url.endswith("@127.0.0.1:2222")
    assert "127.0.0.1" not in repr(found)


def test_one_of_each_may_be_mixed(home: Home) -> None:
    supervised(home)
    found = Endpoints.resolve({"CHITTYOPS_NATS_URL": "tls://n"}, home)
    assert (found.nats_url, ":1111/" in found.database_url) == ("tls://n", True)


@pytest.mark.parametrize("environ", [{}, {"CHITTYOPS_NATS_URL": "tls://n"}], ids=["nothing", "half"])
def test_without_either_the_error_says_what_to_do(home: Home, environ: dict[str, str]) -> None:
    with pytest.raises(Unavailable, match="not running") as caught:
        Endpoints.resolve(environ, home)
    assert "chittyops up" in caught.value.hint


def test_what_a_dead_supervisor_left_is_not_believed(home: Home) -> None:
    supervised(home)
    dead = replace(ProcessIdentity.of(os.getpid()), started=1.0)
    home.write_private(SUPERVISOR_RECORD, asdict(dead))
    home.write_private(READY_RECORD, asdict(dead))
    with pytest.raises(Unavailable):
        Endpoints.resolve({}, home)


def test_under_a_supervisor_external_ones_count_once_the_schema_is_there(home: Home) -> None:
    supervised(home, ready=False)
    with pytest.raises(Unavailable):
        Endpoints.resolve(EXTERNAL, home)
    supervised(home)
    assert Endpoints.resolve(EXTERNAL, home).nats_url == "tls://n"


def test_waiting_ends_when_they_are_there(home: Home) -> None:
    later = threading.Timer(0.2, supervised, [home])
    later.start()
    assert ":1111/" in Endpoints.wait({}, home, timeout_seconds=10).database_url
    later.join()


def test_waiting_gives_up(home: Home) -> None:
    started_at = time.monotonic()
    with pytest.raises(Unavailable):
        Endpoints.wait({}, home, timeout_seconds=0.1)
    assert time.monotonic() - started_at < 5
