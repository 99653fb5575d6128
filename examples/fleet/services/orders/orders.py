"""Takes orders: checks them with the catalogue, keeps them in PostgreSQL, announces them to the fleet."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import uvicorn
from psycopg import Error as DatabaseError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

import store
from announcer import announce_forever

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

REQUIRED = ("DATABASE_URL", "NATS_URL", "CATALOG_URL", "RECEIPT_KEY")
MOST_AT_ONCE = 20
LONGEST_PAGE = 100


def receipt(order: UUID) -> str:
    """Return the proof that somebody placed ``order``: whoever holds it may look at the order."""
    return hmac.new(os.environ["RECEIPT_KEY"].encode(), order.bytes, hashlib.sha256).hexdigest()


def order_id(request: Request) -> UUID:
    """Return the id in the path; what is no id is no order either."""
    try:
        return UUID(request.path_params["id"])
    except ValueError:
        raise HTTPException(404, "there is no such order") from None


async def wanted(request: Request) -> tuple[str, int]:
    """Return SKU and quantity of the order somebody sends."""
    try:
        body = await request.json()
        sku, quantity = str(body["sku"]), int(body.get("quantity", 1))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise HTTPException(422, 'send {"sku": "...", "quantity": 1}') from None
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise HTTPException(422, f"a quantity is 1 to {MOST_AT_ONCE}")
    return sku, quantity


async def offer(client: httpx.AsyncClient, sku: str) -> dict[str, Any]:
    """Return what the catalogue says about a product."""
    try:
        reply = await client.get(f"{os.environ['CATALOG_URL']}/products/{sku}")
    except httpx.HTTPError:
        raise HTTPException(503, "the catalogue does not answer; nothing was ordered") from None
    if reply.status_code == httpx.codes.NOT_FOUND:
        raise HTTPException(422, f"the shop sells no {sku}")
    if reply.is_error:
        raise HTTPException(503, "the catalogue is unwell; nothing was ordered")
    found: dict[str, Any] = reply.json()
    return found


async def place(request: Request) -> JSONResponse:
    """Take an order, and return it with its receipt."""
    sku, quantity = await wanted(request)
    product = await offer(request.app.state.client, sku)
    if product["on_hand"] is not None and product["on_hand"] < quantity:
        raise HTTPException(409, f"only {product['on_hand']} left")
    order = await store.place(sku, quantity, product["price_cents"] * quantity)
    request.app.state.placed.set()
    return JSONResponse(order.to_json() | {"receipt": receipt(order.id)}, status_code=201)


async def show(request: Request) -> JSONResponse:
    """Return one order to whoever holds its receipt."""
    wanted_id = order_id(request)
    if not hmac.compare_digest(request.query_params.get("receipt", "").encode(), receipt(wanted_id).encode()):
        raise HTTPException(403, "this is not the receipt of that order")
    order = await store.find(wanted_id)
    if order is None:
        raise HTTPException(404, "there is no such order")
    return JSONResponse(order.to_json())


async def latest(request: Request) -> JSONResponse:
    """Return the latest orders, newest first."""
    limit = request.query_params.get("limit", "20")
    if not limit.isdecimal():
        raise HTTPException(422, "limit is a number")
    return JSONResponse({"orders": [order.to_json() for order in await store.recent(min(int(limit), LONGEST_PAGE))]})


async def shipped(request: Request) -> JSONResponse:
    """Note that the warehouse has sent an order off."""
    if not await store.ship(order_id(request)):
        raise HTTPException(404, "there is no such order")
    return JSONResponse({"status": "shipped"})


async def health(_: Request) -> JSONResponse:
    """Tell whether orders can be kept."""
    report = {"status": "ok", "build": os.environ.get("CHITTYOPS_BUILD_ID", "dev")}
    try:
        await store.recent(1)
    except DatabaseError as trouble:
        report |= {"status": "failing", "error": f"the database: {type(trouble).__name__}"}
    return JSONResponse(report, status_code=200 if report["status"] == "ok" else 503)


async def explain(_: Request, trouble: Exception) -> JSONResponse:
    """Return what went wrong in the form of every other reply."""
    status = trouble.status_code if isinstance(trouble, HTTPException) else 500
    return JSONResponse({"error": getattr(trouble, "detail", "")}, status_code=status)


@asynccontextmanager
async def running(app: Starlette) -> AsyncIterator[None]:
    """Bring the database up to date, then announce orders for as long as the service runs."""
    await store.migrate()
    app.state.placed = asyncio.Event()
    announcer = asyncio.create_task(announce_forever(app.state.placed))
    async with httpx.AsyncClient(timeout=2) as app.state.client:
        yield
    announcer.cancel()
    with suppress(asyncio.CancelledError):
        await announcer


app = Starlette(
    routes=[
        Route("/orders", place, methods=["POST"]),
        Route("/orders", latest),
        Route("/orders/{id}", show),
        Route("/orders/{id}/shipped", shipped, methods=["POST"]),
        Route("/health", health),
    ],
    exception_handlers={HTTPException: explain},
    lifespan=running,
)

if __name__ == "__main__":
    if missing := [name for name in REQUIRED if name not in os.environ]:
        sys.exit(f"orders needs {', '.join(missing)} in its environment")
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    uvicorn.run(app, host=host, port=port, access_log=False)
