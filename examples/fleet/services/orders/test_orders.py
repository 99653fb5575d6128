"""What taking an order means. Needs a PostgreSQL database by ORDERS_TEST_DATABASE_URL; skips those tests without."""

from __future__ import annotations

import asyncio
import os
import unittest
from typing import TYPE_CHECKING
from unittest import mock
from uuid import uuid4

import httpx

import announcer
import orders
import store

if TYPE_CHECKING:
    from nats.js import JetStreamContext

DATABASE_URL = os.environ.get("ORDERS_TEST_DATABASE_URL", "")


def catalogue(request: httpx.Request) -> httpx.Response:
    """Answer as the catalogue would."""
    if request.url.path != "/products/mug":
        return httpx.Response(404, json={"error": "unknown"})
    return httpx.Response(200, json={"sku": "mug", "price_cents": 1400, "on_hand": 5})


class Wire:
    """The part of a stream an announcer publishes to, on paper."""

    def __init__(self) -> None:
        """Start with nothing published."""
        self.ids: list[str] = []

    async def publish(self, subject: str, body: bytes, headers: dict[str, str]) -> None:
        """Write down what was published."""
        assert subject == announcer.PLACED
        assert body
        self.ids.append(headers["Nats-Msg-Id"])


class OrdersCase(unittest.IsolatedAsyncioTestCase):
    """The application, with a catalogue on paper."""

    async def asyncSetUp(self) -> None:
        """Talk to the application without a network."""
        environment = {
            "CHITTYOPS_BUILD_ID": "b1",
            "RECEIPT_KEY": "only for tests",
            "CATALOG_URL": "http://catalog",
            "DATABASE_URL": DATABASE_URL,
        }
        self.enterContext(mock.patch.dict(os.environ, environment))
        neighbour = httpx.AsyncClient(transport=httpx.MockTransport(catalogue))
        orders.app.state.client = await self.enterAsyncContext(neighbour)
        orders.app.state.placed = asyncio.Event()
        transport = httpx.ASGITransport(orders.app)
        self.client = await self.enterAsyncContext(httpx.AsyncClient(transport=transport, base_url="http://orders"))


class RefusalTest(OrdersCase):
    """Orders that are not taken touch no database."""

    async def test_unknown_product(self) -> None:
        """The shop sells what its catalogue lists."""
        reply = await self.client.post("/orders", json={"sku": "unicorn"})
        self.assertEqual((reply.status_code, reply.json()["error"]), (422, "the shop sells no unicorn"))

    async def test_more_than_there_is(self) -> None:
        """Nobody buys what the warehouse does not hold."""
        self.assertEqual((await self.client.post("/orders", json={"sku": "mug", "quantity": 6})).status_code, 409)

    async def test_nonsense(self) -> None:
        """What is not an order is refused with an example of one."""
        for body in (b"", b"[]", b'{"quantity": 1}', b'{"sku": "mug", "quantity": "many"}'):
            with self.subTest(body):
                self.assertEqual((await self.client.post("/orders", content=body)).status_code, 422)

    async def test_someone_elses_receipt(self) -> None:
        """An order is shown to whoever placed it only."""
        url = f"/orders/{uuid4()}"
        self.assertEqual((await self.client.get(url, params={"receipt": orders.receipt(uuid4())})).status_code, 403)
        self.assertEqual((await self.client.get("/orders/nothing")).status_code, 404)


@unittest.skipUnless(DATABASE_URL, "ORDERS_TEST_DATABASE_URL is not set")
class OrderTest(OrdersCase):
    """An order's way through the database."""

    async def asyncSetUp(self) -> None:
        """Bring the database up to date; twice, because every start does."""
        await super().asyncSetUp()
        await asyncio.gather(store.migrate(), store.migrate())

    async def test_placed_shown_and_shipped(self) -> None:
        """The customer sees the order change."""
        placed = (await self.client.post("/orders", json={"sku": "mug", "quantity": 2})).json()
        self.assertEqual((placed["total_cents"], placed["status"]), (2800, "placed"))
        for _ in range(2):
            self.assertEqual((await self.client.post(f"/orders/{placed['id']}/shipped")).status_code, 200)
        url = f"/orders/{placed['id']}"
        shown = (await self.client.get(url, params={"receipt": placed["receipt"]})).json()
        self.assertEqual(shown["status"], "shipped")

    async def test_announced_once(self) -> None:
        """Each order leaves the outbox once."""
        placed = (await self.client.post("/orders", json={"sku": "mug"})).json()
        wire = Wire()
        stream: JetStreamContext = wire  # type: ignore[assignment]
        await announcer.announce_pending(stream)
        await announcer.announce_pending(stream)
        self.assertEqual(wire.ids.count(placed["id"]), 1)

    async def test_healthy(self) -> None:
        """Health means that the database answers."""
        self.assertEqual((await self.client.get("/health")).json(), {"status": "ok", "build": "b1"})

    async def test_unhealthy_without_its_database(self) -> None:
        """A database that is away makes the service unwell, and says so."""
        with mock.patch.dict(os.environ, {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}):
            reply = await self.client.get("/health")
        self.assertEqual((reply.status_code, reply.json()["status"]), (503, "failing"))


if __name__ == "__main__":
    unittest.main()
