"""Sends off what was ordered: consumes order events, each until it is done, and tells the orders service."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections import deque
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import nats
import uvicorn
from nats.errors import Error as BrokerError
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.aio.msg import Msg
    from starlette.requests import Request

REQUIRED = ("NATS_URL", "ORDERS_URL")
STREAM = "SHOP"
SUBJECTS = ["fleet.shop.>"]
PLACED = "fleet.shop.order.placed"
RETRY_SECONDS = 1.0

log = logging.getLogger("uvicorn.error")


@dataclass(slots=True)
class Warehouse:
    """What this instance has done since it started."""

    client: httpx.AsyncClient
    listening: bool = False
    handled: int = 0
    parcels: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=50))

    async def handle(self, event: Msg) -> None:
        """Send one order off and acknowledge its event; an event that failed comes back later."""
        order = json.loads(event.data)
        try:
            reply = await self.client.post(f"{os.environ['ORDERS_URL']}/orders/{order['id']}/shipped")
            if reply.status_code == httpx.codes.NOT_FOUND:
                log.warning("order %s does not exist; its event is dropped", order["id"])
                await event.term()
                return
            reply.raise_for_status()
        except httpx.HTTPError as trouble:
            log.warning("order %s waits: %s", order["id"], type(trouble).__name__)
            await event.nak(delay=RETRY_SECONDS)
            return
        await event.ack()
        self.handled += 1
        self.parcels.appendleft({"order": order["id"], "sku": order["sku"], "tracking": f"PKG-{order['id'][:8]}"})
        log.info("order %s is on its way", order["id"])

    async def consume(self) -> None:
        """Handle events as they come. The consumer is durable: instances share it, and none is missed."""
        broker = await nats.connect(os.environ["NATS_URL"], name="fulfilment", max_reconnect_attempts=-1)
        stream = broker.jetstream()
        await stream.add_stream(name=STREAM, subjects=SUBJECTS)
        subscription = await stream.pull_subscribe(PLACED, durable="fulfilment", stream=STREAM)
        self.listening = True
        while True:
            with suppress(TimeoutError):
                for event in await subscription.fetch(10, timeout=5):
                    await self.handle(event)

    async def work(self) -> None:
        """Consume for ever; start anew after the broker was away."""
        while True:
            try:
                await self.consume()
            except (BrokerError, OSError) as trouble:
                self.listening = False
                log.warning("the broker is away: %s", type(trouble).__name__)
                await asyncio.sleep(RETRY_SECONDS)


async def parcels(request: Request) -> JSONResponse:
    """Return the latest parcels, newest first."""
    return JSONResponse({"parcels": list(request.app.state.warehouse.parcels)})


async def health(request: Request) -> JSONResponse:
    """Tell whether events arrive, and how many were handled."""
    warehouse: Warehouse = request.app.state.warehouse
    report = {
        "status": "ok" if warehouse.listening else "failing",
        "build": os.environ.get("CHITTYOPS_BUILD_ID", "dev"),
        "handled": warehouse.handled,
    }
    return JSONResponse(report, status_code=200 if warehouse.listening else 503)


@asynccontextmanager
async def running(app: Starlette) -> AsyncIterator[None]:
    """Consume events for as long as the service runs."""
    async with httpx.AsyncClient(timeout=5) as client:
        app.state.warehouse = Warehouse(client)
        worker = asyncio.create_task(app.state.warehouse.work())
        yield
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker


app = Starlette(routes=[Route("/parcels", parcels), Route("/health", health)], lifespan=running)

if __name__ == "__main__":
    if missing := [name for name in REQUIRED if name not in os.environ]:
        sys.exit(f"fulfilment needs {', '.join(missing)} in its environment")
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    uvicorn.run(app, host=host, port=port, access_log=False)
