"""Every broken fleet file gives one clear error with its place, and shows no secret."""

from __future__ import annotations

import random
import shutil
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.kernel.errors import Misconfigured, Problem

FOLDER = Path(__file__).parent / "broken"
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text())
NEVER_SHOWN = ("not-to-be-shown-1234", "99887766")
WHOLE = """\
fleet: shop
environments:
  local: {provider: local}
  staging: {protected: true}
defaults:
  health: {path: /health}
  config: {LOG_LEVEL: info}
services:
  catalog:
    path: a
    depends_on: [inventory]
    secrets: {API_KEY: "file:.dev.vars#API_KEY"}
    databases: {orders: {engine: postgres, env: DATABASE_URL}}
    deploy: {command: python -m catalog, start_timeout_seconds: 30, limits: {memory_mb: 256}}
    environments: {staging: {config: {LOG_LEVEL: debug}}}
  inventory:
    path: b
    deploy: {module: inventory}
    config: {URL: "${catalog.LOG_LEVEL}/${service.LOG_LEVEL}", DSN: "a:${secret:KEY}"}
    secrets: {KEY: "sops:KEY"}
    sinks: {edge: {kind: cloudflare, account: x, secrets: [KEY]}}
    wrangler: {kv_namespaces: [{binding: A, id: "${service.URL}"}], routes: [a/*]}
    environments: {staging: {wrangler: {kv_namespaces: [{binding: A, $patch: delete}]}}}
groups:
  core: [catalog, inventory]
  edge: {services: [catalog], config: {ZONE: "${env.name}-${service.name}"}, environments: {local: {tags: [x]}}}
secrets:
  recipients: {alice: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p}
  policies: {API_KEY: {max_age_days: 90, rotate: {kind: token, length: 40}}}
rules: {levels: {groups: [core], require: [LOG_LEVEL], values: {LOG_LEVEL: {one_of: [info, debug]}}}}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "workspace"
    for folder in ("a", "b", "c", "part-a-folder/chittyops.yaml"):
        (root / folder).mkdir(parents=True)
    (root / "file.txt").write_text("")
    (root / "link").symlink_to(tmp_path)
    for part in FOLDER.glob("*.part.yaml"):
        own = root / part.name.removesuffix(".part.yaml")
        own.mkdir()
        shutil.copy(part, own / "chittyops.yaml")
    monkeypatch.chdir(root)
    return root


def test_every_file_is_in_the_table() -> None:
    files = {path.stem for path in FOLDER.glob("*.yaml") if not path.name.endswith(".part.yaml")}
    assert files == set(EXPECTED)
    assert len(files) >= 60


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_broken_file(name: str, workspace: Path) -> None:
    shutil.copy(FOLDER / f"{name}.yaml", workspace / "chittyops.yaml")
    with pytest.raises(Misconfigured) as raised:
        read_fleet(workspace)
    first = raised.value.problems[0]
    assert str(first.place) == EXPECTED[name]["at"]
    assert first.message.startswith(EXPECTED[name]["says"])
    assert raised.value.message == first.message
    for secret in NEVER_SHOWN:
        assert secret not in repr(raised.value.problems)


def test_all_problems_are_reported_at_once_in_the_order_of_the_text(workspace: Path) -> None:
    text = (
        "fleet: Shop\nservices:\n  a: {path: a, depnds_on: [x]}\n  b: {path: a, depends_on: [zz]}\n  c: {path: ../c}\n"
    )
    (workspace / "chittyops.yaml").write_text(text)
    with pytest.raises(Misconfigured) as raised:
        read_fleet(workspace)
    assert [str(each.place) for each in raised.value.problems] == [
        "chittyops.yaml:1:8",
        "chittyops.yaml:3:16",
        "chittyops.yaml:4:13",
        "chittyops.yaml:4:29",
        "chittyops.yaml:5:13",
    ]


def test_the_whole_file_is_right(workspace: Path) -> None:
    (workspace / "chittyops.yaml").write_text(WHOLE)
    assert list(read_fleet(workspace).services) == ["catalog", "inventory"]


def _mutated(seed: int, kinds: list[str]) -> bytes:
    """Return the whole file with one thing after another done to it."""
    chance = random.Random(seed)
    data = WHOLE.encode()
    for kind in kinds:
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.randrange(1, 40))
        if kind == "cut":
            data = data[:at] + data[to:]
        elif kind == "double":
            data = data[:to] + data[at:]
        elif kind == "insert":
            data = (
                data[:at]
                + chance.choice([b"\t", b"\x00", b"\xff", b"[", b"}", b": ", b"&a ", b"*a", b"- "])
                + data[at:]
            )
        elif kind == "truncate":
            data = data[:at]
    return data


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 1 << 32), st.lists(st.sampled_from(["cut", "double", "insert", "truncate"]), min_size=1, max_size=4)
)
def test_whatever_is_done_to_a_file_it_is_read_or_refused_with_a_place(
    workspace: Path, seed: int, kinds: list[str]
) -> None:
    (workspace / "chittyops.yaml").write_bytes(_mutated(seed, kinds))
    assert all(each.place is not None and each.place.line for each in _problems(workspace))


def _problems(workspace: Path) -> tuple[Problem, ...]:
    """Return what is wrong with the fleet file; any error but Misconfigured fails the test."""
    try:
        read_fleet(workspace)
    except Misconfigured as error:
        return error.problems
    return ()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_bytes_that_are_no_fleet_file_are_refused_with_a_place(workspace: Path, data: bytes) -> None:
    (workspace / "chittyops.yaml").write_bytes(data)
    with pytest.raises(Misconfigured) as raised:
        read_fleet(workspace)
    assert all(each.place is not None and each.place.line for each in raised.value.problems)


def test_a_huge_file_is_refused(workspace: Path) -> None:
    (workspace / "chittyops.yaml").write_bytes(b"#" * (5 << 20))
    with pytest.raises(Misconfigured, match="larger than 4 MiB"):
        read_fleet(workspace)
