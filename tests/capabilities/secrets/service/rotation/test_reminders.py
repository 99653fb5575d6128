"""Reminders: when a secret is due, and when it is overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chittyops.capabilities.secrets.model import Level, Part, Slot
from chittyops.capabilities.secrets.service.rotation.reminders import reminders
from chittyops.kernel.service import SecretPolicy

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SLOT = Slot(Part(Level.GROUP, "core", "staging"), "TOKEN")
POLICIES = {"TOKEN": SecretPolicy("TOKEN", max_age_days=30), "FREE": SecretPolicy("FREE")}


@pytest.mark.parametrize(
    ("days", "kind"), [(0, ""), (26.9, ""), (27, "due"), (29.9, "due"), (30, "overdue"), (99, "overdue")]
)
def test_a_reminder_comes_before_the_time_is_over_and_when_it_is(days: float, kind: str) -> None:
    found = list(reminders("shop", POLICIES, {SLOT: SINCE}, SINCE + timedelta(days=days)))
    assert [each.kind for each in found] == ([kind] if kind else [])


def test_a_reminder_says_which_secret_and_until_when() -> None:
    (found,) = reminders("shop", POLICIES, {SLOT: SINCE}, SINCE + timedelta(days=31))
    assert (found.fleet, found.environment, found.secret, found.owner) == ("shop", "staging", "TOKEN", "core")
    assert found.data["until"] == "2026-01-31T00:00:00+00:00"


def test_who_has_no_limit_is_never_due() -> None:
    free = Slot(SLOT.part, "FREE")
    assert list(reminders("shop", POLICIES, {free: SINCE}, SINCE + timedelta(days=9999))) == []
