"""Lists in pages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chittyops.interface.web.paging import Paging


@given(st.integers(0, 60), st.integers(1, 20))
def test_walking_all_pages_meets_every_row_once(count: int, limit: int) -> None:
    rows = list(range(count, 0, -1))
    seen: list[int] = []
    before = None
    while True:
        found = [row for row in rows if before is None or row < before][: limit + 1]
        page = Paging(before, limit).page(found, lambda row: row, lambda row: row)
        seen += page.items
        if page.next_cursor is None:
            break
        before = int(page.next_cursor)
    assert seen == rows
