"""What the catalogue promises, with and without the services it asks."""

from __future__ import annotations

import unittest
from unittest import mock

import httpx

import catalog


def neighbours(request: httpx.Request) -> httpx.Response:
    """Answer as inventory and reviews would."""
    replies = {"/stock": {"mug": 4}, "/ratings": {"mug": {"stars": 4.5, "count": 2}}}
    return httpx.Response(200, json=replies[request.url.path])


class CatalogTest(unittest.IsolatedAsyncioTestCase):
    """Products as a customer sees them."""

    async def test_offers_carry_stock_and_stars(self) -> None:
        """What the neighbours know is part of the offer."""
        urls = {"INVENTORY_URL": "http://inventory", "REVIEWS_URL": "http://reviews"}
        with mock.patch.dict("os.environ", urls):
            async with httpx.AsyncClient(transport=httpx.MockTransport(neighbours)) as client:
                mug = (await catalog.offers(client))[0]
        self.assertEqual((mug["sku"], mug["on_hand"], mug["stars"]), ("mug", 4, 4.5))

    async def test_offers_do_without_neighbours(self) -> None:
        """A neighbour that is down costs its field, not the shop."""
        broken = httpx.MockTransport(lambda _: httpx.Response(500))
        with mock.patch.dict("os.environ", {"INVENTORY_URL": "http://inventory"}):
            async with httpx.AsyncClient(transport=broken) as client:
                mug = (await catalog.offers(client))[0]
        self.assertEqual((mug["price_cents"], mug["on_hand"], mug["stars"]), (1400, None, None))


class HttpTest(unittest.IsolatedAsyncioTestCase):
    """The catalogue over HTTP."""

    async def asyncSetUp(self) -> None:
        """Run the application without a network."""
        self.enterContext(mock.patch.dict("os.environ", {"CHITTYOPS_BUILD_ID": "b1"}))
        await self.enterAsyncContext(catalog.connected(catalog.app))
        transport = httpx.ASGITransport(catalog.app)
        self.client = await self.enterAsyncContext(httpx.AsyncClient(transport=transport, base_url="http://catalog"))

    async def test_one_product(self) -> None:
        """A product is asked for by its SKU, and may be unknown."""
        self.assertEqual((await self.client.get("/products/lamp")).json()["name"], "Reading lamp")
        self.assertEqual((await self.client.get("/products/unicorn")).status_code, 404)

    async def test_healthy(self) -> None:
        """Health carries the build."""
        self.assertEqual((await self.client.get("/health")).json(), {"status": "ok", "build": "b1"})

    async def test_giving_things_away_is_unhealthy(self) -> None:
        """A price of nothing is found before a customer finds it."""
        with mock.patch.object(catalog, "DISCOUNT_PERCENT", 100):
            reply = await self.client.get("/health")
        self.assertEqual(reply.status_code, 503)
        self.assertIn("mug", reply.json()["error"])


if __name__ == "__main__":
    unittest.main()
