"""What the shop sells: products, their price, their stars and how many are left."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

PRODUCTS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("products.json").read_text(encoding="utf-8"))
DISCOUNT_PERCENT = 0

log = logging.getLogger("uvicorn.error")


def price(cents: int) -> int:
    """Return what a customer pays for something listed at ``cents``."""
    return cents * (100 - DISCOUNT_PERCENT) // 100


async def ask(client: httpx.AsyncClient, variable: str, path: str) -> dict[str, Any]:
    """Return what the service addressed by ``variable`` says at ``path``; nothing when it is absent or unwell."""
    address = os.environ.get(variable)
    if not address:
        return {}
    try:
        reply = await client.get(address + path)
        reply.raise_for_status()
    except httpx.HTTPError as trouble:
        log.warning("%s%s does not answer: %s", variable, path, type(trouble).__name__)
        return {}
    found: dict[str, Any] = reply.json()
    return found


async def offers(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Return every product as a customer sees it; stars and stock are None where nobody knows them."""
    stock, ratings = await asyncio.gather(
        ask(client, "INVENTORY_URL", "/stock"),
        ask(client, "REVIEWS_URL", "/ratings"),
    )
    return [
        {
            "sku": product["sku"],
            "name": product["name"],
            "price_cents": price(product["list_price_cents"]),
            "on_hand": stock.get(product["sku"]),
            "stars": ratings.get(product["sku"], {}).get("stars"),
        }
        for product in PRODUCTS
    ]


async def products(request: Request) -> JSONResponse:
    """Return everything on offer."""
    return JSONResponse({"products": await offers(request.app.state.client)})


async def product(request: Request) -> JSONResponse:
    """Return one product on offer."""
    sku = request.path_params["sku"]
    for offer in await offers(request.app.state.client):
        if offer["sku"] == sku:
            return JSONResponse(offer)
    return JSONResponse({"error": f"the shop sells no {sku}"}, status_code=404)


def mistake() -> str:
    """Return what is wrong with the prices, or nothing."""
    free = [entry["sku"] for entry in PRODUCTS if price(entry["list_price_cents"]) <= 0]
    return f"these products would be free: {', '.join(free)}" if free else ""


async def health(_: Request) -> JSONResponse:
    """Tell whether the shop can sell: a catalogue that gives things away must not take traffic."""
    report = {"status": "ok", "build": os.environ.get("CHITTYOPS_BUILD_ID", "dev")}
    if error := mistake():
        report |= {"status": "failing", "error": error}
    return JSONResponse(report, status_code=503 if error else 200)


@asynccontextmanager
async def connected(app: Starlette) -> AsyncIterator[None]:
    """Share one pool of connections between all requests."""
    if error := mistake():
        log.error(error)
    async with httpx.AsyncClient(timeout=2) as app.state.client:
        yield


app = Starlette(
    routes=[
        Route("/products", products),
        Route("/products/{sku}", product),
        Route("/health", health),
    ],
    lifespan=connected,
)

if __name__ == "__main__":
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    uvicorn.run(app, host=host, port=port, access_log=False)
