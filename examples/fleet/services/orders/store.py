"""Orders in PostgreSQL, and the migrations that make room for them."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow, class_row, dict_row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

MIGRATIONS = Path(__file__).with_name("migrations")
MIGRATION_LOCK = 4_019_266
COLUMNS = "id, sku, quantity, total_cents, status, placed_at"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody bought."""

    id: UUID
    sku: str
    quantity: int
    total_cents: int
    status: str
    placed_at: datetime

    def to_json(self) -> dict[str, str | int]:
        """Return the order as other services see it."""
        return {
            "id": str(self.id),
            "sku": self.sku,
            "quantity": self.quantity,
            "total_cents": self.total_cents,
            "status": self.status,
            "placed_at": self.placed_at.isoformat(),
        }


@asynccontextmanager
async def transaction() -> AsyncIterator[AsyncConnection[DictRow]]:
    """Give one transaction: committed at the end, rolled back on an error."""
    connection = await AsyncConnection.connect(os.environ["DATABASE_URL"], row_factory=dict_row)
    async with connection:
        yield connection


async def migrate() -> None:
    """Apply the migrations that are missing, each once, however many instances start at the same time."""
    async with transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        await tx.execute("CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY)")
        done = {row["name"] for row in await (await tx.execute("SELECT name FROM migration")).fetchall()}
        for file in sorted(MIGRATIONS.glob("*.sql")):
            if file.name not in done:
                await tx.execute(file.read_bytes())
                await tx.execute("INSERT INTO migration VALUES (%s)", [file.name])


async def place(sku: str, quantity: int, total_cents: int) -> Order:
    """Record an order; it is announced later, from the same row, so that neither is ever without the other."""
    async with transaction() as tx, tx.cursor(row_factory=class_row(Order)) as cursor:
        await cursor.execute(
            f"INSERT INTO customer_order (sku, quantity, total_cents) VALUES (%s, %s, %s) RETURNING {COLUMNS}",
            [sku, quantity, total_cents],
        )
        order = await cursor.fetchone()
    if order is None:
        message = "the database returned no row for an order it accepted"
        raise RuntimeError(message)
    return order


async def find(order: UUID) -> Order | None:
    """Return an order, or None where there is none."""
    async with transaction() as tx, tx.cursor(row_factory=class_row(Order)) as cursor:
        await cursor.execute(f"SELECT {COLUMNS} FROM customer_order WHERE id = %s", [order])
        return await cursor.fetchone()


async def recent(limit: int) -> list[Order]:
    """Return the latest orders, newest first."""
    async with transaction() as tx, tx.cursor(row_factory=class_row(Order)) as cursor:
        await cursor.execute(f"SELECT {COLUMNS} FROM customer_order ORDER BY placed_at DESC LIMIT %s", [limit])
        return await cursor.fetchall()


async def ship(order: UUID) -> bool:
    """Mark an order as shipped, once or again; return whether there is such an order."""
    async with transaction() as tx:
        cursor = await tx.execute("UPDATE customer_order SET status = 'shipped' WHERE id = %s", [order])
        return cursor.rowcount == 1


async def pending(tx: AsyncConnection[DictRow], limit: int) -> list[Order]:
    """Return orders nobody has announced, reserved for this transaction."""
    async with tx.cursor(row_factory=class_row(Order)) as cursor:
        await cursor.execute(
            f"SELECT {COLUMNS} FROM customer_order WHERE announced_at IS NULL"
            " ORDER BY placed_at LIMIT %s FOR UPDATE SKIP LOCKED",
            [limit],
        )
        return await cursor.fetchall()


async def announced(tx: AsyncConnection[DictRow], orders: list[Order]) -> None:
    """Remember that these orders were announced."""
    ids = [order.id for order in orders]
    await tx.execute("UPDATE customer_order SET announced_at = now() WHERE id = ANY(%s)", [ids])
