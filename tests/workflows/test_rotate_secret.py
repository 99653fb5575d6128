"""A rotation against real tables, files and programs: forward, held, taken back, stuck, resumed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.capabilities.secrets.providers.rotators.authorities import PROGRAM

from chittyops.capabilities.deploy.wiring import deploys
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.model import Level, Part, Slot
from chittyops.capabilities.secrets.service.rotation.model import KEY_LEVEL, Rotation, RotationRequest
from chittyops.kernel import dotenv
from chittyops.kernel.errors import Conflict
from chittyops.kernel.event import Json
from chittyops.kernel.secret import Secret
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.durable import Reservation, StepFunction
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database
from chittyops.workflows.rotate_acts import Acts
from chittyops.workflows.rotate_secret import RotationWorkflow, workflow_id

FIRST, SECOND = "value-key-1", "value-key-2-"
PART = Part(Level.FLEET, "", "local")


class Plain:
    """Steps that are taken one after the other and remembered by nobody."""

    async def run(self, name: str, function: StepFunction, *args: Json) -> Json:
        """Take the step."""
        return await function(*args)

    def reserve(self) -> Reservation:
        """Fail: a rotation's steps come one after the other."""
        raise AssertionError


def overtaken() -> NoReturn:
    message = "overtaken"
    raise Conflict(message)


@dataclass
class Centre:
    """A workspace, the tables, and what carries rotations out."""

    root: Path
    home: Home
    records: Any
    workflow: RotationWorkflow

    def set(self, name: str, value: str) -> None:
        store = wiring.fleet_store(read_fleet(self.root), self.home, {})
        store.save(store.open("local"), {Slot(PART, name): Secret(value)})

    def stored(self, name: str = "KEY") -> str:
        value = wiring.fleet_store(read_fleet(self.root), self.home, {}).open("local").values[Slot(PART, name)]
        assert value
        return value.reveal()

    def sink(self, service: str) -> Mapping[str, str]:
        return dotenv.parse((self.root / service / ".env").read_text())

    def authority(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / "authority.json").read_text())
        return found

    async def ask(self, **changes: Any) -> str:
        given: dict[str, Any] = {"secret": "KEY", "file": "local", "level": "fleet", "rotator": "command", **changes}
        request = RotationRequest("shop", "local", str(self.root), **given)
        return str((await self.records.rotations.create(request, "me")).id)

    async def go(self, rotation_id: str) -> Rotation:
        """Do one go at it and return what it came to."""
        ((_, generation),) = await self.records.progress.queued()
        await self.workflow.run(Plain(), workflow_id(rotation_id, generation))
        rotation: Rotation = await self.records.rotations.rotation(rotation_id)
        return rotation

    def kept(self) -> list[str]:
        folder = self.home.path / "rotations"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def centre(tmp_path: Path, home: Home, database: Database) -> Centre:
    root = tmp_path / "shop"
    for name in ("cart", "mail"):
        (root / name).mkdir(parents=True)
        (root / name / ".env").write_text("# mine\nOWN=kept\n")
    recipient = wiring.new_key(home, SystemClock(), keyring=False)
    (root / "rotate.py").write_text(PROGRAM)
    (root / "authority.json").write_text(json.dumps({"live": {"key-1": FIRST}, "marks": {}, "log": []}))
    (root / "chittyops.yaml").write_text(
        f"""fleet: shop
environments: {{local: {{provider: local}}}}
secrets:
  recipients: {{me: {recipient}}}
  policies:
    KEY: {{rotate: {{kind: command, command: "{sys.executable} rotate.py", overlap_seconds: "0"}}}}
services:
  cart: {{path: cart, secrets: {{KEY: "sops:KEY"}}, sinks: {{env: {{kind: dotenv}}}}}}
  mail: {{path: mail, secrets: {{MAIL_KEY: "sops:KEY", OTHER: "sops:OTHER"}}, sinks: {{env: {{kind: dotenv}}}}}}
"""
    )
    clock = SystemClock()
    records = wiring.records(database, home, clock)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    acts = Acts(home, environ, deploys(database, home, clock), clock)
    made = Centre(root, home, records, RotationWorkflow(records.progress, acts, "worker", overtaken))
    made.set("KEY", FIRST)
    return made


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


async def test_the_new_value_is_everywhere_and_the_old_one_has_ended(centre: Centre) -> None:
    rotation = await centre.go(await centre.ask())
    assert (rotation.status, rotation.error) == ("succeeded", "")
    value = centre.stored()
    assert value.startswith(SECOND)
    assert centre.sink("cart") == {"OWN": "kept", "KEY": value}
    assert centre.sink("mail") == {"OWN": "kept", "MAIL_KEY": value}
    assert centre.authority()["live"] == {"key-2": value}
    assert centre.kept() == []
    assert "value-key" not in str(rotation)


async def test_reads_of_a_rotation_are_on_record(centre: Centre) -> None:
    await centre.go(await centre.ask())
    await centre.records.access.take_in()
    reads = await centre.records.access.reads("shop", "local", name=None, service=None, before=None, limit=10)
    assert {(each.service, each.names, each.through) for each in reads} == {
        ("cart", ("KEY",), "rotation"),
        ("mail", ("MAIL_KEY",), "rotation"),
    }


async def test_one_that_is_held_leaves_both_alive_until_it_is_resumed(centre: Centre) -> None:
    rotation = await centre.go(await centre.ask(hold=True))
    assert rotation.status == "held"
    assert set(centre.authority()["live"]) == {"key-1", "key-2"}
    assert centre.stored().startswith(SECOND)
    assert len(centre.kept()) == 1
    await centre.records.rotations.resume(rotation.id, "me")
    assert (await centre.go(rotation.id)).status == "succeeded"
    assert set(centre.authority()["live"]) == {"key-2"}
    assert centre.authority()["log"].count("create") == 1


async def test_one_that_is_held_can_be_taken_back(centre: Centre) -> None:
    rotation = await centre.go(await centre.ask(hold=True))
    await centre.records.rotations.cancel(rotation.id, "me")
    rotation = await centre.go(rotation.id)
    assert (rotation.status, rotation.error) == ("rolled_back", "cancelled")
    assert centre.stored() == centre.sink("cart")["KEY"] == centre.sink("mail")["MAIL_KEY"] == FIRST
    assert centre.authority()["live"] == {"key-1": FIRST}
    assert centre.kept() == []


async def test_a_running_one_stops_when_it_is_cancelled(centre: Centre) -> None:
    replace(centre.root / "chittyops.yaml", 'overlap_seconds: "0"', 'overlap_seconds: "60"')
    rotation_id = await centre.ask()
    going = asyncio.create_task(centre.go(rotation_id))
    async with asyncio.timeout(30):
        while not (await centre.records.rotations.rotation(rotation_id)).begun("overlap"):
            await asyncio.sleep(0.05)
    await centre.records.rotations.cancel(rotation_id, "me")
    rotation = await asyncio.wait_for(going, 20)
    assert (rotation.status, rotation.error) == ("rolled_back", "overlap: cancelled")
    assert centre.stored() == FIRST
    assert centre.authority()["live"] == {"key-1": FIRST}


async def test_what_fails_at_the_end_stays_and_goes_on_when_it_is_resumed(centre: Centre) -> None:
    replace(centre.root / "rotate.py", "else:\n", "elif operation == 'revoke':\n    sys.exit(1)\nelse:\n")
    rotation = await centre.go(await centre.ask())
    assert rotation.status == "failed"
    assert "revoke: " in rotation.error
    assert centre.stored().startswith(SECOND)
    assert set(centre.authority()["live"]) == {"key-1", "key-2"}
    (centre.root / "rotate.py").write_text(PROGRAM)
    await centre.records.rotations.resume(rotation.id, "me")
    rotation = await centre.go(rotation.id)
    assert rotation.status == "succeeded"
    assert centre.authority()["log"].count("create") == 1
    assert set(centre.authority()["live"]) == {"key-2"}


async def test_nothing_is_made_where_a_place_cannot_be_reached(centre: Centre) -> None:
    (centre.root / "mail" / ".env").unlink()
    (centre.root / "mail" / ".env").symlink_to("elsewhere")
    rotation = await centre.go(await centre.ask())
    assert rotation.status == "rolled_back"
    assert "mail/.env is a link" in rotation.error
    assert "create" not in centre.authority()["log"]
    assert "KEY" not in centre.sink("cart")


async def test_what_somebody_sets_meanwhile_is_theirs(centre: Centre) -> None:
    rotation = await centre.go(await centre.ask(hold=True))
    centre.set("KEY", "set-by-hand")
    await centre.records.rotations.cancel(rotation.id, "me")
    rotation = await centre.go(rotation.id)
    assert rotation.status == "rolled_back"
    assert centre.stored() == centre.sink("cart")["KEY"] == "set-by-hand"
    assert centre.authority()["live"] == {"key-1": FIRST}


async def test_an_unset_secret_is_not_rotated(centre: Centre) -> None:
    rotation = await centre.go(await centre.ask(secret="OTHER", rotator="token"))
    assert rotation.status == "rolled_back"
    assert "OTHER is not set" in rotation.error


async def test_a_token_whose_second_variable_nobody_reads_is_refused(centre: Centre) -> None:
    rotation = await centre.go(await centre.ask(rotator="token", previous="KEY_PREVIOUS"))
    assert rotation.status == "rolled_back"
    assert "no service reads KEY_PREVIOUS" in rotation.error
    assert centre.stored() == FIRST


async def test_a_token_goes_through_both_stages_and_leaves_one_value(centre: Centre) -> None:
    replace(centre.root / "chittyops.yaml", "KEY: {rotate", "NOT: {rotate")
    replace(centre.root / "chittyops.yaml", 'OTHER: "sops:OTHER"', 'OTHER: "sops:KEY_PREVIOUS"')
    rotation = await centre.go(await centre.ask(rotator="token", previous="KEY_PREVIOUS", hold=True))
    assert rotation.status == "held", rotation.error
    assert centre.stored("KEY_PREVIOUS") == FIRST
    value = centre.stored()
    assert centre.sink("mail") == {"OWN": "kept", "MAIL_KEY": value, "OTHER": FIRST}
    await centre.records.rotations.resume(rotation.id, "me")
    assert (await centre.go(rotation.id)).status == "succeeded"
    assert centre.stored() == centre.stored("KEY_PREVIOUS") == value != FIRST
    assert centre.sink("mail") == {"OWN": "kept", "MAIL_KEY": value, "OTHER": value}


async def test_a_key_of_this_home_is_rotated_with_every_file_of_the_store(centre: Centre) -> None:
    old = read_fleet(centre.root).store.recipients["me"]
    rotation = await centre.go(await centre.ask(secret="me", level=KEY_LEVEL, rotator="age"))
    assert (rotation.status, rotation.error) == ("succeeded", "")
    new = read_fleet(centre.root).store.recipients["me"]
    assert new != old
    store = wiring.fleet_store(read_fleet(centre.root), centre.home, {})
    assert [outline.recipients for outline in store.outlines().values()] == [(new,)]
    assert centre.stored() == FIRST
    assert (centre.home.path / "keys" / "age-retired.txt").read_text().startswith("AGE-SECRET-KEY-1")
    assert len((centre.home.path / "keys" / "age.txt").read_text().split("AGE-SECRET-KEY-1")) == 2
    assert centre.kept() == []


async def test_a_key_that_is_taken_back_leaves_the_store_to_the_old_one(centre: Centre) -> None:
    old = read_fleet(centre.root).store.recipients["me"]
    rotation = await centre.go(await centre.ask(secret="me", level=KEY_LEVEL, rotator="age", hold=True))
    assert rotation.status == "held", rotation.error
    await centre.records.rotations.cancel(rotation.id, "me")
    rotation = await centre.go(rotation.id)
    assert rotation.status == "rolled_back"
    store = wiring.fleet_store(read_fleet(centre.root), centre.home, {})
    assert [outline.recipients for outline in store.outlines().values()] == [(old,)]
    assert read_fleet(centre.root).store.recipients == {"me": old}
    assert centre.stored() == FIRST


async def test_no_value_comes_into_the_database(centre: Centre, database: Database) -> None:
    await centre.go(await centre.ask())
    async with database.transaction() as tx:
        for table in ("rotation", "rotation_step", "outbox", "audit", "secret_access"):
            for row in await tx.rows(f"SELECT CAST(t AS text) AS text FROM {table} t"):
                assert "value-key" not in row["text"]
