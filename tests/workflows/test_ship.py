"""From files to a plan: which services and which environment are meant, and what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from chittyops.interface.client import Client
from chittyops.kernel.errors import Misconfigured, NotFound, Refused
from chittyops.kernel.event import Json
from chittyops.kernel.service import Environment, Fleet
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.workflows.ship import (
    Proposal,
    Wanted,
    default_environment,
    expand,
    gather,
    place,
    propose,
    read,
    upload,
)

FLEET = """\
fleet: shop
environments: {staging: {provider: local}, local: {provider: local}}
services:
  catalog: {path: catalog, owners: [ada], secrets: {KEY: "file:.env#KEY"}}
  web: {path: web, depends_on: [catalog]}
groups: {all: [catalog, web]}
"""


class Recorder:
    """Stands where the client of the centre does, and keeps what is sent."""

    def __init__(self) -> None:
        self.sent: dict[str, Json] = {}
        self.bundles: dict[str, bytes] = {}

    def post(self, path: str, body: dict[str, Json]) -> Mapping[str, Json]:
        self.sent = {"path": path, **body}
        return {"id": "p1", "kind": "deploy", "fleet": "shop", "environment": "local", "base": "", "services": []}

    def put(self, path: str, body: object, content_type: str) -> None:
        assert content_type == "application/x-tar"
        self.bundles[path] = b"".join(cast("list[bytes]", body))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("catalog", "web"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(f"print('{name}')\n")
    (tmp_path / "catalog" / ".env").write_text("KEY=hunter2\n")
    (tmp_path / "chittyops.yaml").write_text(FLEET)
    return tmp_path


def test_the_environment_meant_is_local_else_the_only_one(folder: Path) -> None:
    assert read(folder, None).environment.name == "local"
    assert read(folder, "staging").environment.name == "staging"
    assert default_environment(["production"]) == "production"


@pytest.mark.parametrize("names", [["staging", "production"], []], ids=["two", "none"])
def test_a_choice_of_environments_is_left_to_the_user(names: list[str]) -> None:
    with pytest.raises(Misconfigured, match="--env") as caught:
        default_environment(names)
    assert (", ".join(names) or "none") in caught.value.hint


def test_groups_stand_for_their_services(folder: Path) -> None:
    fleet = read(folder, None)
    assert expand(fleet, ["web", "all"]) == ("web", "catalog")
    assert expand(fleet, []) == ()


@pytest.mark.parametrize(
    ("word", "hint"), [("catlog", 'did you mean "catalog"?'), ("xyzzy", "known here: all, catalog, web")]
)
def test_a_word_that_is_neither_is_refused_with_a_hint(folder: Path, word: str, hint: str) -> None:
    with pytest.raises(NotFound) as caught:
        expand(read(folder, None), [word])
    assert caught.value.hint == hint


def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    assert place("../x", "a b") == "/fleets/..%2Fx/environments/a%20b"


def test_a_plan_is_asked_for_with_the_files_and_without_secrets(folder: Path, home: Home) -> None:
    fleet, client = read(folder, None), Recorder()
    inputs = gather(fleet, home, SystemClock(), keyed=True)
    plan = propose(cast("Client", client), fleet, inputs, Wanted(("web",), changed=True))
    assert plan.id == "p1"
    assert client.sent["path"] == "/fleets/shop/environments/local/plans"
    assert client.sent["select"] == ["web"]
    assert (client.sent["changed"], client.sent["force"]) == (True, False)
    document = cast("dict[str, dict[str, dict[str, Json]]]", client.sent["document"])
    assert document["services"]["catalog"]["owners"] == ["ada"]
    assert document["services"]["web"]["depends_on"] == ["catalog"]
    assert "file:.env#KEY" in str(client.sent) or "'location': '.env'" in str(client.sent)
    assert "hunter2" not in str(client.sent)


def test_the_value_of_a_secret_counts_only_for_the_centre_of_this_machine(folder: Path, home: Home) -> None:
    def digests(*, keyed: bool) -> str:
        return gather(read(folder, None), home, SystemClock(), keyed=keyed)[0].digest

    here, elsewhere = digests(keyed=True), digests(keyed=False)
    (folder / "catalog" / ".env").write_text("KEY=hunter3\n")
    assert digests(keyed=True) != here
    assert digests(keyed=False) == elsewhere


def test_what_the_centre_lacks_is_uploaded_and_named(folder: Path, home: Home) -> None:
    client, told = Recorder(), list[str]()
    catalog, web = gather(read(folder, None), home, SystemClock(), keyed=False)
    plan = Proposal("p1", "deploy", "shop", "local", "", (), (web.content,))
    upload(cast("Client", client), plan, [catalog, web], told.append)
    assert told == ["web"]
    assert b"print('web')" in client.bundles[f"/bundles/{web.content}"]


def test_files_that_changed_after_the_plan_are_not_uploaded(folder: Path, home: Home) -> None:
    inputs = gather(read(folder, None), home, SystemClock(), keyed=False)
    plan = Proposal("p1", "deploy", "shop", "local", "", (), ("0" * 64,))
    with pytest.raises(Refused, match="changed since plan p1"):
        upload(cast("Client", Recorder()), plan, inputs, lambda _name: None)


def test_a_fleet_without_groups_expands_nothing() -> None:
    fleet = Fleet("x", "/", Environment("local"), {})
    with pytest.raises(NotFound, match="no service or group called a"):
        expand(fleet, ["a"])
