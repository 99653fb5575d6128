"""The audit log: who did what to what, append-only (the database refuses to change it), without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chittyops.kernel.event import Json
from chittyops.runtime.postgres import Transaction
from chittyops.runtime.redaction import redacted, redacted_text

_MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. ``actor`` is who (a token's name), ``action`` what (``release.start``), ``target`` to what."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    detail: Mapping[str, Json]


async def record(
    tx: Transaction, *, at: datetime, actor: str, action: str, target: str, detail: Mapping[str, Any]
) -> None:
    """Write one entry in the transaction of the act itself, so that neither exists without the other."""
    await tx.run(
        "INSERT INTO audit (at, actor, action, target, detail) VALUES (:at, :actor, :action, :target, :detail)",
        at=at,
        actor=redacted_text(actor),
        action=action,
        target=redacted_text(target),
        detail=redacted(detail),
    )


async def page(tx: Transaction, *, before: int | None, limit: int) -> list[AuditEntry]:
    """Return up to ``limit`` (at most 500) entries, newest first, older than the entry ``before`` if given."""
    rows = await tx.rows(
        "SELECT id, at, actor, action, target, detail FROM audit"
        " WHERE CAST(:before AS bigint) IS NULL OR id < :before ORDER BY id DESC LIMIT :limit",
        before=before,
        limit=max(1, min(limit, _MAX_PAGE)),
    )
    return [AuditEntry(**row) for row in rows]
