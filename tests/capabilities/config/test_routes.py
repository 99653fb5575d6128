"""Published configuration over HTTP and in a real database: put, read, bounded, by role, without any secret."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.app.configurations import MISPLACED, PLANTED, write_shop
from tests.app.serving import Centre, serving

from chittyops.app.api import LARGER_BODIES
from chittyops.capabilities.config.model import Snapshot
from chittyops.capabilities.config.service.published import MOST_ENVIRONMENTS
from chittyops.interface.codec import dump
from chittyops.interface.web.access import Role
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database
from chittyops.workflows.publish_configuration import describe
from chittyops.workflows.ship import document

SHOP = "/api/v1/configurations/shop"
READ = (
    "/api/v1/configurations", SHOP, f"{SHOP}/services/cart", f"{SHOP}/services/cart?environment=production",
    f"{SHOP}/secrets", f"{SHOP}/secrets?service=cart&environment=preview",
    "/api/v1/fleets/shop/environments/production/configuration",
)  # fmt: skip


@pytest.fixture
async def centre(home: Home, database: Database) -> AsyncIterator[Centre]:
    async with serving(home, database) as running:
        yield running


@pytest.fixture
def body(centre: Centre, tmp_path: Path) -> dict[str, Any]:
    write_shop(tmp_path, centre.home)
    found = describe(tmp_path, centre.home, SystemClock())
    return {"root": found.fleet.root, "document": document(found.fleet), "snapshot": dump(found.snapshot)}


async def put(centre: Centre, body: object, token: str = "") -> httpx.Response:
    async with centre.client(token or centre.admin_token) as client:
        return await client.put(SHOP, json=body)


async def test_what_is_put_is_read(centre: Centre, body: dict[str, Any]) -> None:
    answer = await put(centre, body, await centre.token(Role.OPERATOR))
    assert answer.status_code == 200
    async with centre.client(await centre.token(Role.VIEWER)) as client:
        (listed,) = (await client.get("/api/v1/configurations")).json()["items"]
        assert listed["environments"] == ["staging", "production", "preview"]
        assert listed["services"]["cart"]["missing"] == 2
        values = (await client.get(f"{SHOP}/services/cart?environment=production")).json()["environments"]
        (level,) = [each for each in values["production"] if each["key"] == "LOG_LEVEL"]
        assert (level["value"], level["words"][0]["line"]) == ("warning", 7)
        assert list(values) == ["production"]
        marks = (await client.get(f"{SHOP}/secrets?service=accounts&environment=staging")).json()
        assert [(each["variable"], each["state"]) for each in marks["items"]] == [
            ("SESSION_KEY", "missing"), ("DATABASE_URL", "missing"),
        ]  # fmt: skip
        assert marks["unused"] == [{"name": "LEFT_OVER", "origin": "fleet, all environments"}]
        fleet = (await client.get("/api/v1/fleets/shop")).json()
        assert fleet["document"]["services"]["cart"]["depends_on"] == ["catalog", "accounts"]


async def test_published_again_it_replaces_what_was_there(centre: Centre, body: dict[str, Any]) -> None:
    await put(centre, body)
    del body["snapshot"]["services"]["cart"]
    assert (await put(centre, body)).status_code == 200
    async with centre.client(centre.admin_token) as client:
        assert "cart" not in (await client.get(SHOP)).json()["services"]
        assert (await client.get(f"{SHOP}/services/cart")).status_code == 404
        audit = (await client.get("/api/v1/audit")).json()["items"]
    assert [each["action"] for each in audit].count("publish configuration") == 2


async def test_no_answer_and_no_row_holds_the_value_of_a_secret(centre: Centre, body: dict[str, Any]) -> None:
    sent = json.dumps(body)
    assert PLANTED not in sent
    assert MISPLACED not in sent
    await put(centre, body)
    async with centre.client(centre.admin_token) as client:
        for path in READ:
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert PLANTED not in answer.text, path
            assert MISPLACED not in answer.text, path
    async with centre.database.transaction() as tx:
        rows = await tx.rows("SELECT c::text AS text FROM configuration c UNION ALL SELECT s::text FROM"
                             " configuration_service s UNION ALL SELECT a::text FROM audit a")  # fmt: skip
    assert len(rows) > 5
    assert not [row for row in rows if PLANTED in row["text"] or MISPLACED in row["text"]]


async def test_who_may_only_look_publishes_nothing(centre: Centre, body: dict[str, Any]) -> None:
    assert (await put(centre, body, await centre.token(Role.VIEWER))).status_code == 403
    async with centre.client() as client:
        for path in READ:
            assert (await client.get(path)).status_code == 401, path


async def test_what_is_no_configuration_is_refused(centre: Centre, body: dict[str, Any]) -> None:
    for wrong in (
        {}, {"snapshot": {"environments": "x", "services": {}}}, {**body, "values": []},
        {"snapshot": {"environments": [], "services": {"../x": {}}}},
        {"snapshot": {"environments": ["A B"], "services": {}}},
        {"snapshot": dump(Snapshot(tuple(f"e{n}" for n in range(MOST_ENVIRONMENTS + 1)), {}))},
    ):  # fmt: skip
        answer = await put(centre, wrong)
        assert answer.status_code == 422, wrong
    async with centre.client(centre.admin_token) as client:
        assert (await client.get("/api/v1/configurations")).json()["items"] == []
        assert (await client.get(f"{SHOP}/secrets")).status_code == 404
        assert (await client.get(SHOP)).status_code == 404


async def test_a_body_beyond_its_bound_is_refused_before_it_is_sent(centre: Centre) -> None:
    def announced(size: int) -> int:
        with closing(http.client.HTTPConnection(centre.url.removeprefix("http://"), timeout=30)) as connection:
            connection.putrequest("PUT", SHOP)
            connection.putheader("Content-Length", str(size))
            connection.endheaders()
            return connection.getresponse().status

    assert await asyncio.to_thread(announced, LARGER_BODIES["/api/v1/configurations/"] + 1) == 413
