"""The transactional outbox: an event is committed with its change, then published exactly once.

Source of the pattern: https://microservices.io/patterns/data/transactional-outbox.html
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from chittyops.kernel.errors import Unavailable
from chittyops.kernel.event import Event
from chittyops.runtime.broker import Broker
from chittyops.runtime.postgres import Database, Transaction

_BATCH = 100
_BATCH_SECONDS = 5.0
_FROZEN_SECONDS = 15
"""More than a batch may take: its time, and the time of the one acknowledgement it may still wait for."""
_POLL_SECONDS = 0.15
_RETRY_SECONDS = 1.0
_PRUNE_EVERY_SECONDS = 60 * 60
_KEEP_DAYS = 7
_LOCK = 0x63687474_79_0B07
"""Key of the advisory lock that the one publisher holds: an arbitrary number that nothing else uses."""

log = structlog.get_logger(__name__)


async def announce(tx: Transaction, event: Event) -> None:
    """Have ``event`` published if, and only if, the caller's transaction commits."""
    await tx.run(
        "INSERT INTO outbox (event, channel) VALUES (:event, :channel)", event=event.to_json(), channel=event.channel
    )


class Publisher:
    """Moves committed events from the outbox to the broker; of all that run, one works at a time.

    Each batch is one transaction that holds an advisory lock, so the next publisher takes over as soon as
    the connection of a dead one is gone. What was published but not marked is published again under the
    same id, which JetStream drops.

    Rows go in the order of their ids. An event caused by another (its transaction saw the other's, or waited
    for its row lock) was inserted later and has the greater id, so events about one thing keep their order;
    the order of transaction ids would not do, because a transaction has its id before it waits for a lock.
    """

    def __init__(self, database: Database, broker: Broker) -> None:
        """Publish what is committed to ``database`` on ``broker``."""
        self._database = database
        self._broker = broker
        self._prune_at = 0.0

    async def run(self) -> None:
        """Publish for ever; wait while the database or the broker is away."""
        while True:
            pause = _POLL_SECONDS
            try:
                if await self.publish_batch():
                    continue
                await self._prune()
            except Unavailable as error:
                log.warning("events wait for publication", reason=error.message)
                pause = _RETRY_SECONDS
            await asyncio.sleep(pause)

    async def publish_batch(self) -> int:
        """Publish the oldest unsent events and return how many; 0 when none wait or another publisher is at work.

        Raises Unavailable when the database or the broker is away; what was published until then is marked.
        """
        async with self._database.transaction() as tx:
            if await tx.row("SELECT id FROM outbox WHERE sent_at IS NULL LIMIT 1") is None:
                return 0
            # A publisher that is frozen in here must not hold the lock for ever: the server ends its session.
            await tx.run(f"SET LOCAL idle_in_transaction_session_timeout = '{_FROZEN_SECONDS}s'")
            lock = await tx.row("SELECT pg_try_advisory_xact_lock(:key) AS held", key=_LOCK)
            if lock is None or not lock["held"]:
                return 0
            # A new statement, so that it sees what the last holder of the lock has marked.
            rows = await tx.rows(
                "SELECT id, channel, event FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT :limit", limit=_BATCH
            )
            sent, failure = await self._publish(rows)
            await tx.run("UPDATE outbox SET sent_at = now() WHERE id = ANY(:ids)", ids=sent)
        if failure is not None:
            raise failure
        return len(sent)

    async def _publish(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[int], Unavailable | None]:
        """Publish ``rows`` one after the other; return the ids done, and the failure that ended it early."""
        sent: list[int] = []
        stop_at = asyncio.get_running_loop().time() + _BATCH_SECONDS
        for row in rows:
            event = row["event"]
            payload = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
            try:
                await self._broker.publish(row["channel"], payload, message_id=event["id"])
            except Unavailable as error:
                return sent, error
            sent.append(row["id"])
            if asyncio.get_running_loop().time() > stop_at:
                break
        return sent, None

    async def _prune(self) -> None:
        """Delete, once an hour, what was sent more than a week ago."""
        now = asyncio.get_running_loop().time()
        if now < self._prune_at:
            return
        self._prune_at = now + _PRUNE_EVERY_SECONDS
        async with self._database.transaction() as tx:
            await tx.run("DELETE FROM outbox WHERE sent_at < now() - make_interval(days => :days)", days=_KEEP_DAYS)
