"""What happens to an order event."""

from __future__ import annotations

import json
import os
import unittest
from typing import TYPE_CHECKING
from unittest import mock

import httpx

import fulfilment

if TYPE_CHECKING:
    from nats.aio.msg import Msg


class Event:
    """An order event on paper, which remembers how it was answered."""

    data = json.dumps({"id": "0b5c1c52-7a4d-4f0e-9d2b-1f1f1f1f1f1f", "sku": "mug"}).encode()

    def __init__(self) -> None:
        """Start unanswered."""
        self.answer = ""

    async def ack(self) -> None:
        """Note that it was handled."""
        self.answer = "ack"

    async def nak(self, delay: float) -> None:
        """Note that it shall come again."""
        self.answer = f"again in {delay} s"

    async def term(self) -> None:
        """Note that it is dropped."""
        self.answer = "dropped"


async def outcome(status: int) -> tuple[str, fulfilment.Warehouse]:
    """Return how an event is answered when the orders service answers with ``status``."""
    orders = httpx.MockTransport(lambda _: httpx.Response(status))
    event = Event()
    message: Msg = event  # type: ignore[assignment]
    async with httpx.AsyncClient(transport=orders) as client:
        warehouse = fulfilment.Warehouse(client)
        with mock.patch.dict(os.environ, {"ORDERS_URL": "http://orders"}):
            await warehouse.handle(message)
    return event.answer, warehouse


class HandleTest(unittest.IsolatedAsyncioTestCase):
    """An event is done when the orders service knows."""

    async def test_sent_off(self) -> None:
        """An order that was sent off is counted and has a parcel."""
        answer, warehouse = await outcome(200)
        self.assertEqual((answer, warehouse.handled), ("ack", 1))
        self.assertEqual(warehouse.parcels[0]["tracking"], "PKG-0b5c1c52")

    async def test_comes_again(self) -> None:
        """While the orders service is away the event waits."""
        answer, warehouse = await outcome(503)
        self.assertEqual((answer, warehouse.handled), ("again in 1.0 s", 0))

    async def test_order_that_does_not_exist(self) -> None:
        """An event that can never be handled does not come again for ever."""
        answer, warehouse = await outcome(404)
        self.assertEqual((answer, warehouse.handled), ("dropped", 0))


class HealthTest(unittest.IsolatedAsyncioTestCase):
    """Health means that events arrive."""

    async def test_health(self) -> None:
        """It is unwell until it listens, and tells how much it has done."""
        self.enterContext(mock.patch.dict(os.environ, {"CHITTYOPS_BUILD_ID": "b1"}))
        async with httpx.AsyncClient() as unused:
            warehouse = fulfilment.app.state.warehouse = fulfilment.Warehouse(unused)
            transport = httpx.ASGITransport(fulfilment.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://fulfilment") as client:
                self.assertEqual((await client.get("/health")).status_code, 503)
                warehouse.listening = True
                self.assertEqual((await client.get("/health")).json(), {"status": "ok", "build": "b1", "handled": 0})


if __name__ == "__main__":
    unittest.main()
