"""Reminders that a secret is due for rotation: each given once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from chittyops.capabilities.secrets.service.rotation.reminders import Reminder
from chittyops.kernel.clock import Clock
from chittyops.kernel.event import Event
from chittyops.runtime.outbox import announce
from chittyops.runtime.postgres import Database


class PostgresReminders:
    """Implements the port ``Reminders``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock

    async def remind(self, due: Sequence[Reminder]) -> int:
        """Announce each reminder that was not given before, and return how many those were."""
        now, given = self._clock.now(), 0
        async with self._database.transaction() as tx:
            for each in due:
                new = await tx.run(
                    """
                    INSERT INTO secret_reminder (fleet, environment, secret, owner, kind, since, at)
                    VALUES (:fleet, :environment, :secret, :owner, :kind, :since, :now) ON CONFLICT DO NOTHING
                    """,
                    fleet=each.fleet,
                    environment=each.environment,
                    secret=each.secret,
                    owner=each.owner,
                    kind=each.kind,
                    since=each.since,
                    now=now,
                )
                if new:
                    given += 1
                    subject = f"{each.fleet}/{each.environment}/{each.secret}"
                    source, what = "/chittyops/secrets", f"secret.{each.kind}"
                    await announce(tx, Event(str(uuid.uuid4()), what, source, subject, now, each.data))
        return given

    async def rotated(self, fleet: str) -> Mapping[tuple[str, str, str, str], datetime]:
        """Return when secrets were last rotated, by file, level, owner and name."""
        async with self._database.transaction() as tx:
            rows = await tx.rows(
                """
                SELECT file, level, owner, secret, max(ended_at) AS at FROM rotation
                WHERE fleet = :fleet AND status = 'succeeded' GROUP BY file, level, owner, secret
                """,
                fleet=fleet,
            )
        return {(row["file"], row["level"], row["owner"], row["secret"]): row["at"] for row in rows}
