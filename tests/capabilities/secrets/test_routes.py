"""The API of secrets, over HTTP and with a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.app.serving import Centre, serving

from chittyops.interface.web.access import Role
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

PATH = "/api/v1/fleets/shop/environments/staging/secret-pushes"
PLACE: dict[str, Any] = {
    "sinks": ["cart/ci"],
    "kind": "github",
    "written": ["API_KEY"],
    "removed": [],
    "left": ["TOKEN"],
}


@pytest.fixture
async def centre(home: Home, database: Database) -> AsyncIterator[Centre]:
    async with serving(home, database) as running:
        yield running


async def test_a_push_is_in_the_audit_log_by_names(centre: Centre) -> None:
    async with centre.client(await centre.token(Role.OPERATOR)) as client:
        assert (await client.post(PATH, json={"places": [PLACE]})).status_code == 204
        (entry, *_) = (await client.get("/api/v1/audit")).json()["items"]
    assert (entry["actor"], entry["action"], entry["target"]) == ("test-operator", "secrets.push", "shop/staging")
    assert entry["detail"] == {"places": [PLACE]}


async def test_viewers_push_nothing(centre: Centre) -> None:
    async with centre.client(await centre.token(Role.VIEWER)) as client:
        assert (await client.post(PATH, json={"places": [PLACE]})).status_code == 403


@pytest.mark.parametrize("body", [{}, {"places": []}, {"places": [{**PLACE, "values": {"API_KEY": "x"}}]}])
async def test_what_is_no_push_is_refused(centre: Centre, body: dict[str, Any]) -> None:
    async with centre.client(centre.admin_token) as client:
        assert (await client.post(PATH, json=body)).status_code == 422


ROTATIONS = "/api/v1/fleets/shop/environments/staging/rotations"
ROTATION: dict[str, Any] = {"root": "/shop", "secret": "API_KEY", "file": "staging", "rotator": "token"}


async def test_a_rotation_is_asked_for_once_shown_with_its_steps_and_taken_back(centre: Centre) -> None:
    async with centre.client(await centre.token(Role.OPERATOR)) as client:
        key = {"Idempotency-Key": "one"}
        first, second = [await client.post(ROTATIONS, json=ROTATION, headers=key) for _ in range(2)]
        assert (first.status_code, second.status_code) == (201, 201)
        made = first.json()
        assert second.json()["id"] == made["id"]
        other = await client.post(ROTATIONS, json=ROTATION)
        assert other.status_code == 409
        assert made["id"] in other.json()["detail"]
        assert (made["status"], made["actor"], made["level"]) == ("queued", "test-operator", "fleet")
        assert [step["name"] for step in made["steps"]][:2] == ["check", "create"]
        assert {step["status"] for step in made["steps"]} == {"waiting"}
        listed = (await client.get("/api/v1/rotations", params={"fleet": "shop"})).json()["items"]
        assert [each["id"] for each in listed] == [made["id"]]
        cancelled = await client.post(f"/api/v1/rotations/{made['id']}/cancel")
        assert (cancelled.status_code, cancelled.json()["cancel_requested"]) == (202, True)
        assert (await client.post(f"/api/v1/rotations/{made['id']}/resume")).status_code == 409
        assert (await client.get("/api/v1/rotations/rot-none")).status_code == 404
        acts = [each["action"] for each in (await client.get("/api/v1/audit")).json()["items"]]
        assert acts[:2] == ["rotation.cancel", "rotation.create"]


@pytest.mark.parametrize(
    "change",
    [{"rotator": "magic"}, {"secret": "A=b"}, {"level": "world"}, {"value": "x"}, {"file": "../x"}, {"root": ""}],
    ids=lambda change: next(iter(change)),
)
async def test_what_is_no_rotation_is_refused(centre: Centre, change: dict[str, Any]) -> None:
    async with centre.client(centre.admin_token) as client:
        assert (await client.post(ROTATIONS, json=ROTATION | change)).status_code == 422


async def test_viewers_see_rotations_and_change_none(centre: Centre) -> None:
    async with centre.client(await centre.token(Role.VIEWER)) as client:
        assert (await client.post(ROTATIONS, json=ROTATION)).status_code == 403
        assert (await client.get("/api/v1/rotations")).json()["items"] == []
        assert (await client.post("/api/v1/rotations/rot-1/cancel")).status_code == 403


async def test_what_was_pushed_was_read(centre: Centre) -> None:
    path = "/api/v1/fleets/shop/environments/staging/secrets/access"
    async with centre.client(centre.admin_token) as client:
        await client.post(PATH, json={"places": [PLACE, {**PLACE, "sinks": ["mail/ci"], "written": ["KEY"]}]})
        items = (await client.get(path)).json()["items"]
        assert [(each["service"], each["names"], each["through"]) for each in items] == [
            ("mail", ["KEY"], "push"),
            ("cart", ["API_KEY"], "push"),
        ]
        assert [each["service"] for each in (await client.get(path, params={"name": "KEY"})).json()["items"]] == [
            "mail"
        ]
        page = (await client.get(path, params={"limit": 1})).json()
        rest = (await client.get(path, params={"limit": 1, "cursor": page["next_cursor"]})).json()
        assert [each["service"] for each in page["items"] + rest["items"]] == ["mail", "cart"]
