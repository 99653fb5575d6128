"""A secret split into shares comes back from enough of them, and from no others."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.secrets.providers.sops.shamir import combine, split


@given(st.binary(min_size=1, max_size=40), st.integers(2, 6), st.data())
def test_any_threshold_of_shares_gives_the_secret_back(secret: bytes, parts: int, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(2, parts))
    shares = split(secret, parts, threshold)
    assert [share[-1] for share in shares] == list(range(1, parts + 1))
    assert {combine(chosen) for chosen in combinations(shares, threshold)} == {secret}


def test_too_few_shares_give_something_else() -> None:
    secret = bytes(32)
    assert combine(split(secret, 5, 3)[:2]) != secret


def test_shares_of_the_field_of_aes_combine() -> None:
    """Worked out by hand: f(x) = 0x2a + 0x53 x over GF(2^8), where 0x53 * 2 = 0xa6 and 0x53 * 3 = 0xf5."""
    shares = [bytes([0x2A ^ 0x53, 1]), bytes([0x2A ^ 0xA6, 2]), bytes([0x2A ^ 0xF5, 3])]
    assert {combine(pair) for pair in combinations(shares, 2)} == {b"\x2a"}


@pytest.mark.parametrize("shares", [[b"ab\x01", b"ab\x01"], [b"a\x01", b"ab\x02"], [b"ab\x00", b"ab\x01"]])
def test_shares_that_do_not_belong_together_are_refused(shares: list[bytes]) -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        combine(shares)


@pytest.mark.parametrize(("parts", "threshold"), [(1, 1), (3, 1), (2, 3), (256, 2)])
def test_a_threshold_that_protects_nothing_is_refused(parts: int, threshold: int) -> None:
    with pytest.raises(ValueError, match="2 to 255"):
        split(b"x", parts, threshold)
