"""Shamir's secret sharing over GF(2^8), as SOPS (and Vault) write it: each share ends with its x coordinate.

The field is that of AES, x^8 + x^4 + x^3 + x + 1.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

_POLYNOMIAL = 0x11B
_GENERATOR = 3
MOST_SHARES = 255


def _tables() -> tuple[list[int], list[int]]:
    powers, logarithms, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value ^= value << 1
        if value > MOST_SHARES:
            value ^= _POLYNOMIAL
    return powers, logarithms


_POWERS, _LOGARITHMS = _tables()


def _times(a: int, b: int) -> int:
    return _POWERS[_LOGARITHMS[a] + _LOGARITHMS[b]] if a and b else 0


def _over(a: int, b: int) -> int:
    return _POWERS[_LOGARITHMS[a] - _LOGARITHMS[b] + 255] if a else 0


def split(secret: bytes, parts: int, threshold: int) -> list[bytes]:
    """Return ``parts`` shares of ``secret``, any ``threshold`` (2 to 255) of which give it back."""
    if not 2 <= threshold <= parts <= MOST_SHARES:  # noqa: PLR2004 - one share would be the secret itself
        raise ValueError("a secret is split into 2 to 255 parts, of which at least 2 are needed")
    shares = [bytearray() for _ in range(parts)]
    for byte in secret:
        coefficients = [*os.urandom(threshold - 1), byte]
        for x, share in enumerate(shares, 1):
            value = 0
            for each in coefficients:
                value = _times(value, x) ^ each
            share.append(value)
    return [bytes([*share, x]) for x, share in enumerate(shares, 1)]


def combine(shares: Sequence[bytes]) -> bytes:
    """Return the secret that ``shares`` are of. Raises ValueError where they do not belong together."""
    xs = [share[-1] for share in shares]
    if len({len(share) for share in shares}) != 1 or len(set(xs)) != len(xs) or 0 in xs:
        raise ValueError("these shares do not belong together")
    weights = []
    for x in xs:
        weight = 1
        for other in xs:
            if other != x:
                weight = _times(weight, _over(other, other ^ x))
        weights.append(weight)
    secret = bytearray(len(shares[0]) - 1)
    for share, weight in zip(shares, weights, strict=True):
        for index in range(len(secret)):
            secret[index] ^= _times(share[index], weight)
    return bytes(secret)
