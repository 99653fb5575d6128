"""Secrets that stand where plain values should: masked, and still told apart."""

from __future__ import annotations

import pytest
from tests.app.configurations import MISPLACED

from chittyops.kernel.secret import REDACTED
from chittyops.workflows.misplaced import comparable, mask


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("LOG_LEVEL", "info", "info"),
        ("TOKEN_TTL", "3600", "3600"),
        ("STRIPE_API_KEY", "anything at all", REDACTED),
        ("WHATEVER", "https://api.example/v1?page=2", "https://api.example/v1?page=2"),
        ("", "plain", "plain"),
        ("MODE", "", ""),
        ("MODE", MISPLACED, REDACTED),
        ("DSN", "amqp://u:${secret:PW}@h", "amqp://u:${secret:PW}@h"),
    ],
)
def test_what_is_masked(name: str, text: str, shown: str) -> None:
    assert mask(name, text) == shown


@pytest.mark.parametrize("text", [MISPLACED, f"prefix {MISPLACED}", "postgres://u:Tr0ub4dor&3x@db.example/app"])
def test_what_looks_like_a_credential_is_masked_under_any_name(text: str) -> None:
    for name in ("WHATEVER", "", "id"):
        masked = mask(name, text)
        assert MISPLACED not in masked
        assert "Tr0ub4dor" not in masked


def test_masked_values_can_be_compared_and_plain_ones_are_themselves() -> None:
    assert comparable("LOG_LEVEL", "info") == "info"
    one, same, other = (comparable("X", text) for text in (MISPLACED, MISPLACED, f"{MISPLACED}2"))
    assert one == same != other
    assert MISPLACED not in one
