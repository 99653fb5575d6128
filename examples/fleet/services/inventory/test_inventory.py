"""What the inventory promises to whoever asks it."""

from __future__ import annotations

import unittest
from unittest import mock

import httpx

from inventory import STOCK, app


class InventoryTest(unittest.IsolatedAsyncioTestCase):
    """The warehouse answers by product."""

    async def asyncSetUp(self) -> None:
        """Run the application without a network."""
        self.enterContext(mock.patch.dict("os.environ", {"CHITTYOPS_BUILD_ID": "b1"}))
        transport = httpx.ASGITransport(app)
        self.client = await self.enterAsyncContext(httpx.AsyncClient(transport=transport, base_url="http://inventory"))

    async def test_counts_every_product(self) -> None:
        """The whole stock comes in one reply."""
        self.assertEqual((await self.client.get("/stock")).json(), STOCK)

    async def test_counts_one_product(self) -> None:
        """One product is asked for by its SKU."""
        self.assertEqual((await self.client.get("/stock/mug")).json(), {"sku": "mug", "on_hand": STOCK["mug"]})

    async def test_unknown_product_is_not_found(self) -> None:
        """What the warehouse never heard of is a 404, not a zero."""
        self.assertEqual((await self.client.get("/stock/unicorn")).status_code, 404)

    async def test_health_names_the_build(self) -> None:
        """Health carries the build it was started as."""
        self.assertEqual((await self.client.get("/health")).json()["build"], "b1")


if __name__ == "__main__":
    unittest.main()
