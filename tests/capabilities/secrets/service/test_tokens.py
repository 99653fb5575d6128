"""Tokens differ, and their hashes do not give them away."""

from __future__ import annotations

from chittyops.capabilities.secrets.service.tokens import hashed, new_token


def test_tokens_are_long_and_differ() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) >= 40 for token in tokens)


def test_a_hash_is_the_same_for_the_same_token_alone() -> None:
    assert hashed("a") == hashed("a") != hashed("b")
    assert "token" not in hashed("token")
