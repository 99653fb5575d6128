"""What the figures mean."""

from __future__ import annotations

import os
import unittest
from unittest import mock

import httpx

import reports

ORDERS = [
    {"sku": "mug", "quantity": 3, "total_cents": 4200, "status": "shipped"},
    {"sku": "lamp", "quantity": 1, "total_cents": 8900, "status": "placed"},
]


class SummaryTest(unittest.TestCase):
    """Figures from orders."""

    def test_counts_and_adds_up(self) -> None:
        """The best seller is what most pieces were sold of, not what earned most."""
        figures = reports.summary(ORDERS, [{"sku": "mug", "name": "Stoneware mug"}])
        expected = {"orders": 2, "shipped": 1, "revenue_cents": 13100, "best_seller": "Stoneware mug"}
        self.assertEqual(figures, expected)

    def test_no_business_yet(self) -> None:
        """A new shop has figures too."""
        self.assertEqual(
            reports.summary([], []),
            {"orders": 0, "shipped": 0, "revenue_cents": 0, "best_seller": None},
        )


class SalesTest(unittest.IsolatedAsyncioTestCase):
    """The figures over HTTP."""

    async def test_says_so_when_the_orders_are_away(self) -> None:
        """A report is right or absent, never partly made up."""
        away = httpx.MockTransport(lambda _: httpx.Response(502))
        urls = {"ORDERS_URL": "http://orders", "CATALOG_URL": "http://catalog"}
        async with httpx.AsyncClient(transport=away) as reports.app.state.client:
            transport = httpx.ASGITransport(reports.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://reports") as client:
                with mock.patch.dict(os.environ, urls):
                    reply = await client.get("/sales")
        self.assertEqual(reply.status_code, 503)


if __name__ == "__main__":
    unittest.main()
