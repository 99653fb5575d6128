"""What has changed, for live pages: one watcher per process, and only while a page looks on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress

from fastapi import APIRouter, Request
from pydantic import BaseModel

from chittyops.interface.web.access import Viewer
from chittyops.interface.web.stream import EventStream, ServerEvent, stream
from chittyops.kernel.errors import Unavailable
from chittyops.runtime.postgres import Database

INTERVAL_SECONDS = 0.3

# Summed over the last rows, not only the highest id: a row with a lower one may commit later. What a release
# says (log) has a stream of its own; here counts what it becomes.
FINGERPRINTS = """
SELECT 'releases' AS topic, concat_ws(' ',
    (SELECT sum(id) FROM
        (SELECT id FROM release_event WHERE kind <> 'log' ORDER BY id DESC LIMIT 500) AS latest),
    (SELECT string_agg(concat(id, status, cancel_requested), ' ' ORDER BY id) FROM release
        WHERE status IN ('queued', 'running', 'reverting'))) AS fingerprint
UNION ALL
SELECT 'health', concat_ws(' ',
    (SELECT sum(id) FROM
        (SELECT id FROM health_change ORDER BY id DESC LIMIT 500) AS latest),
    (SELECT count(*) FROM health_state))
UNION ALL
SELECT 'fleets', (SELECT concat(max(updated_at), count(*)) FROM fleet)
UNION ALL
SELECT 'configuration', (SELECT concat(max(published_at), count(*)) FROM configuration)
UNION ALL
SELECT 'rotations', concat_ws(' ',
    (SELECT string_agg(concat(id, status, cancel_requested), ' ' ORDER BY id) FROM
        (SELECT id, status, cancel_requested FROM rotation ORDER BY sequence DESC LIMIT 50) AS latest),
    (SELECT string_agg(concat(rotation, step, status, attempt), ' ' ORDER BY rotation, step) FROM rotation_step
        WHERE rotation IN (SELECT id FROM rotation WHERE status IN ('queued', 'running', 'reverting', 'held'))))
"""


class Changes:
    """Tells every page that listens which topics changed: releases, health, fleets, configuration, rotations."""

    def __init__(self, database: Database) -> None:
        """Watch ``database``."""
        self._database = database
        self._listeners: set[asyncio.Queue[str]] = set()
        self._watching: asyncio.Task[None] | None = None

    async def listen(self) -> AsyncIterator[ServerEvent]:
        """Yield an event for each topic as it changes, from now on; the first says that watching has begun."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._listeners.add(queue)
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        try:
            while True:
                yield ServerEvent({"topic": await queue.get()})
        finally:
            self._listeners.discard(queue)

    async def _watch(self) -> None:
        """Watch until nobody listens any more."""
        known: Mapping[str, str] = {}
        try:
            while self._listeners:
                # While the database is away pages keep what they show; they are told when it is back.
                with suppress(Unavailable):
                    now = await self._fingerprints()
                    self._tell(topic for topic in now if known and now[topic] != known.get(topic))
                    known = now
                await asyncio.sleep(INTERVAL_SECONDS)
        finally:
            self._watching = None

    def _tell(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for queue in self._listeners:
                queue.put_nowait(topic)

    async def _fingerprints(self) -> dict[str, str]:
        async with self._database.transaction() as tx:
            return {row["topic"]: row["fingerprint"] for row in await tx.rows(FINGERPRINTS)}


class Topic(BaseModel):
    """What changed: releases, health, fleets, configuration or rotations."""

    topic: str


def change_routes(changes: Changes) -> APIRouter:
    """Return the route of the live stream."""
    router = APIRouter(tags=["centre"])

    @router.get("/api/v1/changes", response_class=EventStream)
    async def watch_changes(request: Request, _asking: Viewer) -> EventStream:
        """Stream a message `{"topic": ...}` whenever it has changed.

        Topics are releases, health, fleets, configuration and rotations.
        """
        return stream(request, changes.listen())

    return router
