"""The secrets that comments in a configuration of wrangler name."""

from __future__ import annotations

import pytest

from chittyops.capabilities.discovery.service.facts import wrangler

LIST = """# Secrets (set via: wrangler secret put <NAME>)
#
# Payments:
# - STRIPE_API_KEY: for charges
# - STRIPE_ACCOUNT
# MAIL_TOKEN - sends mail
name = "shop"
main = "src/index.ts"
compatibility_date = "2026-01-01"
# OTHER_THING is listed below no such line
[vars]
MODE = "live" # wrangler secret put LATE_TOKEN
"""
JSONC = """// Secrets, per environment
// Required:
//   DATABASE_URL         — where orders are kept
//   CART_KEY, CART_NAME,
//   MODE
// Required: SEARCH_API_KEY (for search). See HOW_TO.
{
  "name": "shop", "main": "src/index.ts", "compatibility_date": "2026-01-01",
  "vars": {"CART_NAME": "a", "SITE": "b"}
  /* Run: wrangler secret put BLOCK_SECRET */
}
"""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "wrangler.toml",
            LIST,
            [
                ("STRIPE_API_KEY", 4, "reference"),
                ("STRIPE_ACCOUNT", 5, "reference"),
                ("MAIL_TOKEN", 6, "reference"),
                ("LATE_TOKEN", 12, "put"),
            ],
        ),
        (
            "wrangler.jsonc",
            JSONC,
            [
                ("DATABASE_URL", 3, "reference"),
                ("CART_KEY", 4, "reference"),
                ("SEARCH_API_KEY", 6, "reference"),
                ("BLOCK_SECRET", 10, "put"),
            ],
        ),
        ("wrangler.toml", LIST.replace("Secrets", "Non-secret values").replace("secret put", "deploy"), []),
        ("wrangler.toml", LIST.replace("Secrets", "Variables").replace("secret put", "dev"), []),
    ],
    ids=["toml", "jsonc", "said to be none", "of no secrets"],
)
def test_secrets_are_told_by_their_commands_and_by_lists(
    path: str, text: str, expected: list[tuple[str, int, str]]
) -> None:
    found = wrangler.read(path, text).secrets
    assert [(each.name, each.line, each.source) for each in found] == expected
