"""Schedules: what is one, and when it comes next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chittyops.kernel.cron import Cron
from chittyops.kernel.errors import Misconfigured

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 3 * * *", datetime(2026, 3, 15, 3, 30, tzinfo=UTC)),
        ("*/15 * * * *", datetime(2026, 3, 14, 12, 15, tzinfo=UTC)),
        ("0 12 * * *", datetime(2026, 3, 15, 12, 0, tzinfo=UTC)),
        ("0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC)),
        ("0 0 1 * mon", datetime(2026, 3, 16, tzinfo=UTC)),
        ("0 0 * * 7", datetime(2026, 3, 15, tzinfo=UTC)),
        ("0 9-17/4 * jan-mar 1-5", datetime(2026, 3, 16, 9, 0, tzinfo=UTC)),
        ("@weekly", datetime(2026, 3, 15, tzinfo=UTC)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_next_time(text: str, expected: datetime) -> None:
    assert Cron.parse(text).after(NOON) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "a * * * *",
        "1,,2 * * * *",
        "@never",
        "0 0 31 2 *",
        "0 0 30 2,2 *",
        "* * * * * *",
        "-1 * * * *",
        "1- * * * *",
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        Cron.parse(text)
