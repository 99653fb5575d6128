"""What the name of a variable says."""

from __future__ import annotations

import pytest

from chittyops.capabilities.discovery.service.facts.variables import is_database, is_secret, is_url


@pytest.mark.parametrize(
    "name",
    [
        "API_KEY",
        "JWT_SECRET",
        "GITHUB_TOKEN",
        "DB_PASSWORD",
        "STRIPE_SECRET_KEY",
        "SENTRY_DSN",
        "DATABASE_URL",
        "SIGNING_KEY",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["PORT", "TOKEN_KV", "PUBLIC_KEY", "NEXT_PUBLIC_API_KEY", "MAX_TOKEN", "MONKEY", "API_URL", "KEY_ID"]
)
def test_names_of_no_secrets(name: str) -> None:
    assert not is_secret(name)


def test_a_database_is_no_address_of_a_service() -> None:
    assert is_url("AUTH_URL")
    assert is_url("API_BASE_URL")
    assert is_database("NEON_DATABASE_URL")
    assert not is_url("DATABASE_URL")
    assert not is_url("URL")
