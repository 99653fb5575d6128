"""Tokens of services: random, told once, kept as hashes."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(_BYTES)


def hashed(token: str) -> str:
    """Return what is kept of a token: it is random and long, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()
