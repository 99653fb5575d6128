"""What names of variables are about."""

from __future__ import annotations

import pytest

from chittyops.capabilities.discovery.service.graph.variables import is_address, subjects


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("AUTH_URL", ["AUTH"]),
        ("AUTH_SERVICE_URL", ["AUTH_SERVICE", "AUTH"]),
        ("VITE_AUTH_API_BASE_URL", ["AUTH_API_BASE", "AUTH_API", "AUTH"]),
        ("ACME_AUTH_JWKS_URL", ["ACME_AUTH_JWKS", "ACME_AUTH"]),
        ("LEDGER_ENDPOINT", ["LEDGER"]),
        ("LEDGER_API", ["LEDGER"]),
        ("LEDGER_URL_STAGING", ["LEDGER"]),
        ("API_URL", ["API"]),
    ],
)
def test_the_subject_is_what_comes_before_the_address(name: str, found: list[str]) -> None:
    assert list(subjects(name)) == found


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "NEON_DATABASE_URL",
        "BASE_URL",
        "APP_URL",
        "PUBLIC_URL",
        "CORS_ORIGIN",
        "ALLOWED_ORIGIN",
        "GOOGLE_REDIRECT_URI",
        "OAUTH_CALLBACK_URL",
        "NEXT_PUBLIC_SITE_URL",
        "AUTH_TOKEN",
        "API_KEY",
        "HOST",
    ],
)
def test_own_addresses_callers_databases_and_secrets_are_about_no_other_service(name: str) -> None:
    assert list(subjects(name)) == []


def test_an_address_is_told_from_a_key() -> None:
    assert is_address("AUTH_URL")
    assert not is_address("AUTH_API_KEY")
