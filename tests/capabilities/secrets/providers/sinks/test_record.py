"""The record of pushes: private, without values, and whole whenever it is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.vendors.accounts import Time

from chittyops.capabilities.secrets.model import Pushed
from chittyops.capabilities.secrets.providers.sinks.record import HomeRecord, fingerprint
from chittyops.kernel.errors import Conflict
from chittyops.kernel.secret import Secret
from chittyops.runtime.home import Home


@pytest.fixture
def record(home: Home) -> HomeRecord:
    return HomeRecord(home, "shop", "production", Time())


def test_a_push_is_begun_finished_and_forgotten(record: HomeRecord) -> None:
    record.begin("here", {"A": "a1", "B": "b1"})
    record.finish("here", ["A"])
    record.begin("there", {"A": "a1"})
    at = "2026-01-01T00:00:00+00:00"
    assert record.read("here") == {"A": Pushed("a1", finished=True, at=at), "B": Pushed("b1", finished=False, at=at)}
    record.forget("here", ["A"])
    assert set(record.read("here")) == {"B"}
    assert set(record.read("there")) == {"A"}


def test_environments_and_fleets_are_apart(home: Home, record: HomeRecord) -> None:
    record.begin("here", {"A": "a1"})
    assert HomeRecord(home, "shop", "staging", Time()).read("here") == {}
    assert HomeRecord(home, "other", "production", Time()).read("here") == {}


def test_its_file_is_private(home: Home, record: HomeRecord) -> None:
    record.begin("here", {"A": "a1"})
    path = home.path / "pushes/shop/production.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_fingerprints_tell_values_apart_and_nothing_else(home: Home, tmp_path: Path) -> None:
    mark = fingerprint(home)
    assert mark("A", Secret("1")) == fingerprint(home)("A", Secret("1"))
    assert len({mark("A", Secret("1")), mark("A", Secret("2")), mark("B", Secret("1"))}) == 3
    other = Home.locate({"CHITTYOPS_HOME": str(tmp_path / "other")})
    assert fingerprint(other)("A", Secret("1")) != mark("A", Secret("1"))


def test_one_push_at_a_time(home: Home, record: HomeRecord) -> None:
    held = record.lock()
    with pytest.raises(Conflict, match="production of shop already"):
        HomeRecord(home, "shop", "production", Time()).lock()
    os.close(held)
    os.close(record.lock())
