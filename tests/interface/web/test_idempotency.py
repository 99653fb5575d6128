"""A create that is sent twice is done once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chittyops.interface.web import problems
from chittyops.interface.web.access import Principal, Role
from chittyops.interface.web.idempotency import Idempotency
from chittyops.kernel.errors import Refused
from chittyops.runtime.postgres import Database


class Standing:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic_seconds(self) -> float:
        return 0.0


class As:
    """Says who asks, as authentication would."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = Request(scope).headers.get("x-actor", "ada")
        scope.setdefault("state", {})["principal"] = Principal(name, Role.ADMIN)
        await self._app(scope, receive, send)


class Service:
    """Counts how often it is done."""

    def __init__(self, database: Database) -> None:
        self.done = 0
        self.hold: asyncio.Event | None = None
        self.fail = False
        self.clock = Standing()
        app = FastAPI()
        problems.install(app)

        @app.post("/things", status_code=201)
        async def create(body: dict[str, Any]) -> dict[str, Any]:
            if self.hold:
                await self.hold.wait()
            if self.fail:
                raise Refused("not now")
            self.done += 1
            return {"number": self.done, **body}

        @app.post("/secrets", status_code=201)
        async def secret() -> dict[str, int]:
            self.done += 1
            return {"number": self.done}

        wrapped = As(Idempotency(app, database=database, clock=self.clock, exempt=frozenset({"/secrets"})))
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(wrapped), base_url="http://localhost")

    async def post(
        self, body: object = None, *, key: str = "k1", path: str = "/things", **headers: str
    ) -> httpx.Response:
        return await self.client.post(path, json=body or {"a": 1}, headers={"Idempotency-Key": key, **headers})


@pytest.fixture
def service(database: Database) -> Service:
    return Service(database)


async def test_the_same_request_is_answered_the_same_way_and_done_once(service: Service) -> None:
    first, second = await service.post(), await service.post()
    assert (first.status_code, first.json()) == (201, {"number": 1, "a": 1})
    assert (second.status_code, second.json()) == (201, {"number": 1, "a": 1})
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


async def test_another_request_with_the_key_is_refused(service: Service) -> None:
    await service.post()
    response = await service.post({"a": 2})
    assert response.status_code == 422
    assert service.done == 1


async def test_keys_belong_to_one_actor(service: Service) -> None:
    await service.post()
    assert (await service.post(**{"x-actor": "bob"})).json()["number"] == 2


async def test_without_a_key_everything_is_done(service: Service) -> None:
    for _ in range(2):
        await service.client.post("/things", json={})
    assert service.done == 2


async def test_while_the_first_is_worked_on_a_second_is_told_so(service: Service) -> None:
    service.hold = asyncio.Event()
    first = asyncio.create_task(service.post())
    await asyncio.sleep(0.2)
    assert (await service.post()).status_code == 409
    service.hold.set()
    assert (await first).status_code == 201
    assert (await service.post()).json() == {"number": 1, "a": 1}
    assert service.done == 1


async def test_a_failure_is_not_kept(service: Service) -> None:
    service.fail = True
    assert (await service.post()).status_code == 409
    service.fail = False
    assert (await service.post()).status_code == 201


async def test_a_key_whose_process_died_can_be_used_again_after_a_minute(service: Service) -> None:
    service.hold = asyncio.Event()
    cut_off = asyncio.create_task(service.post())
    await asyncio.sleep(0.2)
    service.clock.at += timedelta(seconds=61)
    service.hold.set()
    assert (await service.post()).status_code == 201
    await cut_off


async def test_answers_are_forgotten_after_a_day(service: Service) -> None:
    await service.post()
    service.clock.at += timedelta(days=1, seconds=1)
    assert (await service.post()).json()["number"] == 2


async def test_answers_with_secrets_are_never_stored(service: Service, database: Database) -> None:
    assert [(await service.post(path="/secrets")).json()["number"] for _ in range(2)] == [1, 2]
    async with database.transaction() as tx:
        assert await tx.rows("SELECT * FROM idempotency") == []


@pytest.mark.parametrize("key", ["x" * 256, "tab\there"])
async def test_a_key_that_is_none_is_refused(service: Service, key: str) -> None:
    assert (await service.post(key=key)).status_code == 422
