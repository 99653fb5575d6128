"""A secret in use is rotated while the worker is killed at each step: no request fails, one credential ends, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.chaos import rotating
from tests.chaos.centre import Chaos, running
from tests.chaos.rotating import NAME, SINKS, Client, Stage

from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.service.rotation.steps import backward, forward
from chittyops.runtime.clock import SystemClock
from chittyops.workflows import ship

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

PLACES = ("before", "unrecorded", "recorded")
MID_STEP = ("identify", "create", "revoke", "store")


@asynccontextmanager
async def scene(
    tmp_path: Path, *, shared: bool = False, **variables: str
) -> AsyncIterator[tuple[Stage, Chaos, Client]]:
    """Run a centre with the fleet deployed, and a client that works."""
    async with rotating.staged(tmp_path / "fleet") as stage, running(tmp_path, **stage.variables, **variables) as chaos:
        (stage.write_shared if shared else stage.write)(chaos.home)
        release = await chaos.ended(await asyncio.to_thread(rotating.deploy, chaos))
        assert release.status == "succeeded", release.error
        asked = release.services[-1]
        client = Client(asked.address, tmp_path / "fleet" / asked.name / ".env")
        task = asyncio.create_task(client.run())
        try:
            yield stage, chaos, client
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def check_rotated(stage: Stage, chaos: Chaos, rotation: dict[str, Any]) -> None:
    """Check that the new credential is everywhere, and that the old one has ended, once."""
    assert rotation["status"] == "succeeded", rotation["error"]
    assert len(stage.authority.live) == 1
    (value,) = stage.authority.live.values()
    held = stage.held()
    assert len(held) == len(SINKS) == 10
    assert [place.get(NAME) for place in held] == [value] * 10
    store = wiring.fleet_store(read_fleet(chaos.folder), chaos.home, {})
    assert [secret.reveal() for secret in store.open("local").values.values() if secret] == [value]
    assert dict(stage.authority.revoked) == {"key-1": 1}
    assert list((chaos.home.path / "rotations").iterdir()) == []


async def check_records(stage: Stage, chaos: Chaos, values: set[str]) -> None:
    """Check that events say every step once, and that no value is in any row of the database."""
    await chaos._settled()
    async with chaos.database() as database, database.transaction() as tx:
        events = [row["event"] for row in await tx.rows("SELECT event FROM outbox ORDER BY id")]
        tables = await tx.rows(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'"
        )
        for table in tables:
            for row in await tx.rows(f"SELECT CAST(t AS text) AS text FROM {table['name']} t"):
                assert not any(value in row["text"] for value in values), table["name"]
    ends = [e for e in events if e["type"] == "org.chittyops.rotation.succeeded"]
    assert len(ends) == 1
    done = [e["data"]["step"] for e in events if e["type"] == "org.chittyops.rotation.step"]
    assert done == [step.name for step in forward(second=False)]


def check_disk(chaos: Chaos, values: set[str]) -> None:
    """Check that no value is in any file of the state directory, but in the sinks that are files."""
    for path in chaos.home.path.rglob("*"):
        if path.is_file() and "postgres" not in path.parts:
            data = path.read_bytes()
            assert not any(value.encode() in data for value in values), path


@pytest.mark.timeout(300)
async def test_no_request_fails_while_a_credential_in_use_is_rotated(tmp_path: Path) -> None:
    async with scene(tmp_path) as (stage, chaos, client):
        rotation = await rotating.ended(chaos, await asyncio.to_thread(rotating.begin, chaos))
        await asyncio.sleep(1)
        check_rotated(stage, chaos, rotation)
        assert client.failed == []
        assert client.asked > 100
        assert client.values == {stage.before, *stage.authority.live.values()}
        await check_records(stage, chaos, client.values)
        check_disk(chaos, client.values)
        path = f"{ship.place('chaos', 'local')}/secrets/access"
        reads = [dict(each) for each in await asyncio.to_thread(lambda: list(chaos.client.items(path)))]
        assert {(each["through"], each["service"]) for each in reads} == {("agent", "shop"), ("rotation", "shop")}
        assert json.dumps(rotation).count("value-") == 0


@pytest.mark.timeout(3000)
async def test_a_kill_at_every_step(tmp_path: Path, long_form: bool) -> None:
    ledger = tmp_path / "boundaries"
    every = 1 if long_form else 9
    async with scene(tmp_path, CHAOS_BOUNDARIES=str(ledger), CHAOS_EVERY=str(every)) as (stage, chaos, client):
        rotation = await rotating.ended(chaos, await asyncio.to_thread(rotating.begin, chaos), 2900)
        await asyncio.sleep(1)
        check_rotated(stage, chaos, rotation)
        assert client.failed == []
        await check_records(stage, chaos, client.values)
        passed = set(ledger.read_text().splitlines())
    wanted = {f"{step.name} {place}" for step in forward(second=False) for place in PLACES}
    wanted |= {f"{each} mid-step" for each in MID_STEP}
    assert wanted - passed == set()


@pytest.mark.timeout(3000)
async def test_a_failure_before_the_end_of_the_old_one_is_taken_back(tmp_path: Path, long_form: bool) -> None:
    ledger = tmp_path / "boundaries"
    variables = {"CHAOS_BOUNDARIES": str(ledger), "CHAOS_EVERY": "1" if long_form else "12"}
    async with scene(tmp_path, shared=False, **variables) as (stage, chaos, client):

        def refuses(operation: str) -> bool:
            # When the places have the new credential already, its verification by use fails.
            return operation == "verify" and stage.held()[-1].get(NAME, stage.before) != stage.before

        stage.authority.refuses = refuses
        rotation = await rotating.ended(chaos, await asyncio.to_thread(rotating.begin, chaos))
        await asyncio.sleep(1)
        assert rotation["status"] == "rolled_back", rotation["error"]
        assert "verify" in rotation["error"]
        assert list(stage.authority.live.values()) == [stage.before]
        assert [place.get(NAME) for place in stage.held()] == [stage.before] * 10
        assert "key-1" not in stage.authority.revoked
        assert stage.authority.revoked.total() == 1
        assert client.failed == []
        passed = set(ledger.read_text().splitlines())
        assert list((chaos.home.path / "rotations").iterdir()) == []
    back = [step.name for step in backward(second=False)]
    assert {f"{step} {place}" for step in ("turn", *back) for place in PLACES} - passed == set()


@pytest.mark.timeout(3000)
async def test_services_that_share_a_token_refuse_each_other_at_no_moment(tmp_path: Path, long_form: bool) -> None:
    ledger = tmp_path / "boundaries"
    every = "2" if long_form else "25"
    variables = {"CHAOS_BOUNDARIES": str(ledger), "CHAOS_EVERY": every}
    async with scene(tmp_path, shared=True, **variables) as (stage, chaos, client):
        body = {"rotator": "token", "previous": f"{NAME}_PREVIOUS"}
        rotation = await rotating.ended(chaos, await asyncio.to_thread(rotating.begin, chaos, **body))
        await asyncio.sleep(1)
        assert rotation["status"] == "succeeded", rotation["error"]
        assert [step["name"] for step in rotation["steps"]] == [step.name for step in forward(second=True)]
        store = wiring.fleet_store(read_fleet(chaos.folder), chaos.home, {})
        (value,) = {secret.reveal() for secret in store.open("local").values.values() if secret}
        assert value != stage.before
        assert client.failed == []
        assert client.values == {stage.before, value}
        check_disk(chaos, client.values)
        fleet = ship.read(chaos.folder, None)
        inputs = ship.gather(fleet, chaos.home, SystemClock(), keyed=True)
        assert ship.propose(chaos.client, fleet, inputs, ship.Wanted()).deploys == ()
        passed = set(ledger.read_text().splitlines())
    assert {f"{step.name} {place}" for step in forward(second=True) for place in PLACES} - passed == set()
