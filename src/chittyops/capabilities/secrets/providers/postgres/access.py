"""Who read which secrets: append-only rows, partly taken in from the log that the processes of a home write."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from chittyops.capabilities.secrets.service.rotation.model import Access
from chittyops.kernel.clock import Clock
from chittyops.kernel.event import Event, Json
from chittyops.runtime.journal import record
from chittyops.runtime.outbox import announce
from chittyops.runtime.postgres import Database, Transaction

MOST_BYTES = 1 << 20
"""So much of the log is taken in at a time."""
_INSERT = """
INSERT INTO secret_access (at, actor, through, fleet, environment, service, names)
SELECT a.at, a.actor, a.through, a.fleet, a.environment, a.service, a.names
FROM jsonb_to_recordset(CAST(:document AS jsonb) -> 'reads')
    AS a (at timestamptz, actor text, through text, fleet text, environment text, service text, names text[])
"""


class PostgresAccess:
    """Implements the port ``AccessRecords``. ``log`` is the file that processes without a database append to."""

    def __init__(self, database: Database, log: Path, clock: Clock) -> None:
        """Read and write through ``database``."""
        self._database = database
        self._clock = clock
        self._log = log

    async def add(self, reads: Iterable[Access]) -> None:
        """Record reads."""
        async with self._database.transaction() as tx:
            await _insert(tx, reads)

    async def pushed(self, fleet: str, environment: str, places: Sequence[Mapping[str, Json]], actor: str) -> None:
        """Record a push in the audit log, announce it, and record the reads that it was."""
        now, target = self._clock.now(), f"{fleet}/{environment}"
        detail: dict[str, Json] = {"places": [dict(each) for each in places]}
        reads = [
            Access(now, actor, "push", fleet, environment, service, names)
            for place in places
            for service in sorted({str(sink).partition("/")[0] for sink in _list(place["sinks"])})
            if (names := tuple(sorted(map(str, _list(place["written"])))))
        ]
        async with self._database.transaction() as tx:
            await _insert(tx, reads)
            await record(tx, at=now, actor=actor, action="secrets.push", target=target, detail=detail)
            about: dict[str, Json] = {"fleet": fleet, "environment": environment, **detail}
            event = Event(str(uuid.uuid4()), "secrets.pushed", "/chittyops/secrets", target, now, about)
            await announce(tx, event)

    async def take_in(self) -> int:
        """Record what was written to the log since the last call; rows and position are one transaction."""
        async with self._database.transaction() as tx:
            await tx.run(
                "INSERT INTO secret_access_source (path, position) VALUES (:path, 0) ON CONFLICT DO NOTHING",
                path=str(self._log),
            )
            row = await tx.row(
                "SELECT position FROM secret_access_source WHERE path = :path FOR UPDATE", path=str(self._log)
            )
            start = row["position"] if row else 0
            reads, end = _read(self._log, start)
            if end == start:
                return 0
            await _insert(tx, reads)
            await tx.run(
                "UPDATE secret_access_source SET position = :end WHERE path = :path", end=end, path=str(self._log)
            )
        return len(reads)

    async def reads(
        self, fleet: str, environment: str, *, name: str | None, service: str | None, before: int | None, limit: int
    ) -> list[Access]:
        """Return reads, the newest first."""
        async with self._database.transaction() as tx:
            rows = await tx.rows(
                """
                SELECT * FROM secret_access WHERE fleet = :fleet AND environment = :environment
                  AND (CAST(:name AS text) IS NULL OR :name = ANY(names))
                  AND (CAST(:service AS text) IS NULL OR service = :service)
                  AND (CAST(:before AS bigint) IS NULL OR id < :before)
                ORDER BY id DESC LIMIT :limit
                """,
                fleet=fleet,
                environment=environment,
                name=name,
                service=service,
                before=before,
                limit=limit,
            )
        return [Access(**{**row, "names": tuple(row["names"])}) for row in rows]


async def _insert(tx: Transaction, reads: Iterable[Access]) -> None:
    rows = [
        {
            "at": each.at.isoformat(),
            "actor": each.actor,
            "through": each.through,
            "fleet": each.fleet,
            "environment": each.environment,
            "service": each.service,
            "names": list(each.names),
        }
        for each in reads
    ]
    if rows:
        await tx.run(_INSERT, document={"reads": rows})


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _read(path: Path, start: int) -> tuple[list[Access], int]:
    """Return the whole lines of the log after ``start``, and where they end; a line that is none is passed over."""
    try:
        with path.open("rb") as file:
            start = start if start <= file.seek(0, 2) else 0  # a log that is shorter than before is a new one
            file.seek(start)
            data = file.read(MOST_BYTES)
    except FileNotFoundError:
        return [], start
    whole = data[: data.rfind(b"\n") + 1]
    return [read for line in whole.splitlines() if (read := _access(line))], start + len(whole)


def _access(line: bytes) -> Access | None:
    try:
        entry: dict[str, Any] = json.loads(line)
        return Access(
            datetime.fromisoformat(entry["at"]),
            str(entry.get("actor", entry["reader"])),
            str(entry["reader"]),
            str(entry["fleet"]),
            str(entry["environment"]),
            str(entry["service"]),
            tuple(map(str, entry["names"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
