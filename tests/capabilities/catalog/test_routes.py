"""Workspaces over HTTP: published, read, and their problems accepted by who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.app.serving import Centre, serving
from tests.capabilities.catalog.test_catalog import INVENTORY, PRINT

from chittyops.interface.codec import dump
from chittyops.interface.web.access import Role
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

SHOP = "/api/v1/workspaces/shop"
ACCEPTANCE = f"{SHOP}/acceptances/{PRINT}"


@pytest.fixture
async def centre(home: Home, database: Database) -> AsyncIterator[Centre]:
    async with serving(home, database) as running, running.client(running.admin_token) as client:
        assert (await client.put(f"{SHOP}/inventory", json=dump(INVENTORY))).status_code == 200
        yield running


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


async def test_what_is_put_is_listed_and_read(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as client:
        (listed,) = (await client.get("/api/v1/workspaces")).json()["items"]
        read = (await client.get(f"{SHOP}/inventory")).json()
    assert (listed["name"], listed["stats"]) == ("shop", {"services": 1, "problems": 1})
    assert read["services"][0]["environments"]["production"]["bindings"]["kv"] == [{"binding": "CACHE", "id": "x"}]


async def test_a_problem_is_accepted_and_withdrawn(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as client:
        answer = await client.put(ACCEPTANCE, json={"reason": "a demo", "until": in_days(7)})
        assert (answer.status_code, answer.json()["reason"]) == (200, "a demo")
        (problem,) = (await client.get(f"{SHOP}/problems")).json()["items"]
        assert problem["accepted"]["until"] == in_days(7)
        assert (await client.delete(ACCEPTANCE)).status_code == 204
        (problem,) = (await client.get(f"{SHOP}/problems")).json()["items"]
        assert problem["accepted"] is None


async def test_a_viewer_reads_and_changes_nothing(centre: Centre) -> None:
    async with centre.client(await centre.token(Role.VIEWER)) as client:
        assert (await client.get(f"{SHOP}/problems")).status_code == 200
        body = {"reason": "x", "until": in_days(1)}
        assert (await client.put(ACCEPTANCE, json=body)).status_code == 403
        assert (await client.put(f"{SHOP}/inventory", json=dump(INVENTORY))).status_code == 403


async def test_what_is_no_inventory_is_refused_field_by_field(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as client:
        answer = await client.put(f"{SHOP}/inventory", json={"workspace": 1, "services": [{}], "problems": []})
    assert answer.status_code == 422
    assert any(each["message"].startswith("services.0.name") for each in answer.json()["problems"])


async def test_an_unknown_workspace(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as client:
        assert (await client.get("/api/v1/workspaces/other/problems")).status_code == 404
