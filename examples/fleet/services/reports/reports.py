"""Tells the owner of the shop how business is going."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request


def summary(orders: list[dict[str, Any]], products: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of some orders; the best seller goes by its name where the catalogue knows one."""
    names = {product["sku"]: product["name"] for product in products}
    sold = Counter[str]()
    for order in orders:
        sold[order["sku"]] += order["quantity"]
    best = max(sold, key=lambda sku: (sold[sku], sku), default=None)
    return {
        "orders": len(orders),
        "shipped": sum(order["status"] == "shipped" for order in orders),
        "revenue_cents": sum(order["total_cents"] for order in orders),
        "best_seller": names.get(best, best) if best else None,
    }


async def fetch(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """Return the JSON at ``url``."""
    reply = await client.get(url)
    reply.raise_for_status()
    found: dict[str, Any] = reply.json()
    return found


async def sales(request: Request) -> JSONResponse:
    """Return the figures of the latest hundred orders."""
    client: httpx.AsyncClient = request.app.state.client
    try:
        orders, products = await asyncio.gather(
            fetch(client, os.environ["ORDERS_URL"] + "/orders?limit=100"),
            fetch(client, os.environ["CATALOG_URL"] + "/products"),
        )
    except httpx.HTTPError as trouble:
        return JSONResponse({"error": f"the figures are not to be had: {type(trouble).__name__}"}, status_code=503)
    return JSONResponse(summary(orders["orders"], products["products"]))


async def health(_: Request) -> JSONResponse:
    """Tell that the service is well, and which build it is."""
    return JSONResponse({"status": "ok", "build": os.environ.get("CHITTYOPS_BUILD_ID", "dev")})


@asynccontextmanager
async def connected(app: Starlette) -> AsyncIterator[None]:
    """Share one pool of connections between all requests."""
    async with httpx.AsyncClient(timeout=5) as app.state.client:
        yield


app = Starlette(routes=[Route("/sales", sales), Route("/health", health)], lifespan=connected)

if __name__ == "__main__":
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    uvicorn.run(app, host=host, port=port, access_log=False)
