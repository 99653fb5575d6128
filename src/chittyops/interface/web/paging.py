"""Lists in pages: ``{"items": [...], "next_cursor": ...}``, newest first, by the number of the last row seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

Item = TypeVar("Item")
Row = TypeVar("Row")

MAX_LIMIT = 200


class Page(BaseModel, Generic[Item]):
    """One page of a list. ``next_cursor`` asks for the next one; it is null at the end."""

    items: list[Item]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for: ``limit`` rows before (older than) number ``before``."""

    before: int | None
    limit: int

    def page(self, rows: Sequence[Row], number: Callable[[Row], int], item: Callable[[Row], Item]) -> Page[Item]:
        """Return the page of ``rows``, of which one more than ``limit`` was read if there are that many."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(items=[item(r) for r in shown], next_cursor=str(number(shown[-1])) if more else None)


def _paging(
    cursor: Annotated[
        str, Query(description="next_cursor of the page before", pattern=r"^(|[0-9]{1,18})$", max_length=18)
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> Paging:
    return Paging(int(cursor) if cursor else None, limit)


PageQuery = Annotated[Paging, Depends(_paging)]
