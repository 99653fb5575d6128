"""Tells the fleet about new orders, through a transactional outbox: an order is announced at least once."""

from __future__ import annotations

import asyncio
import json
import logging
import os

import nats
from nats.errors import Error as BrokerError
from nats.js import JetStreamContext
from psycopg import OperationalError

import store

STREAM = "SHOP"
SUBJECTS = ["fleet.shop.>"]
PLACED = "fleet.shop.order.placed"
BATCH = 100
PAUSE_SECONDS = 1.0

log = logging.getLogger("uvicorn.error")


async def announce_pending(stream: JetStreamContext) -> int:
    """Publish what is pending and return how much it was; a broker that saw one before drops it by its id."""
    async with store.transaction() as tx:
        orders = await store.pending(tx, BATCH)
        for order in orders:
            body = json.dumps(order.to_json()).encode()
            await stream.publish(PLACED, body, headers={"Nats-Msg-Id": str(order.id)})
        await store.announced(tx, orders)
    return len(orders)


async def announce_forever(placed: asyncio.Event) -> None:
    """Announce orders as they come; ``placed`` wakes it. Orders wait while the broker or database is away."""
    broker = None
    while True:
        try:
            if broker is None:
                broker = await nats.connect(os.environ["NATS_URL"], name="orders", max_reconnect_attempts=-1)
                await broker.jetstream().add_stream(name=STREAM, subjects=SUBJECTS)
            if await announce_pending(broker.jetstream()) == BATCH:
                continue
        except (BrokerError, OSError, OperationalError) as trouble:
            log.warning("orders wait to be announced: %s", type(trouble).__name__)
        placed.clear()
        try:
            await asyncio.wait_for(placed.wait(), PAUSE_SECONDS)
        except TimeoutError:
            continue
