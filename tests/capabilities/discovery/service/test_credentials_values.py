"""What is random text, and what is a name."""

from __future__ import annotations

import random
import string

import pytest

from chittyops.capabilities.discovery.service.credentials.values import is_random

DRAWS = 2000


@pytest.mark.parametrize("length", [32, 40, 64])
@pytest.mark.parametrize(
    "alphabet",
    [
        string.ascii_letters + string.digits,
        string.ascii_letters + string.digits + "+/",
        string.ascii_letters + string.digits + "-_",
        string.ascii_lowercase + string.digits,
    ],
)
def test_hardly_a_random_token_is_taken_for_a_name(alphabet: str, length: int) -> None:
    draw = random.Random(length)
    tokens = ["".join(draw.choices(alphabet, k=length)) for _ in range(DRAWS)]
    missed = sum(not is_random(token) for token in tokens)
    assert missed < DRAWS * 0.01


@pytest.mark.parametrize(
    "name",
    [
        "AuthenticationServiceClientFactory2",
        "workers-vitest-pool-integration-suite-2",
        "NEXT_PUBLIC_SUPABASE_PROJECT_REFERENCE_V2",
        "create_neon_branch_from_parent_timestamp_v2",
        "cloudflare-durable-objects-namespace-migration-v1",
        "deployToStagingEnvironmentOnPullRequest42",
    ],
)
def test_names_are_not_random(name: str) -> None:
    assert not is_random(name)
