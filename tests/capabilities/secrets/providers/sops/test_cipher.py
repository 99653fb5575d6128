"""Values are encrypted as sops encrypts them, each bound to its keys."""

from __future__ import annotations

import base64
import re

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as Reference
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.secrets.providers.sops.cipher import (
    Cipher,
    Undecipherable,
    looks_damaged,
    looks_encrypted,
    place,
)

KEY = bytes(range(32))


@given(st.text(min_size=1), st.lists(st.text()))
def test_what_is_encrypted_is_decrypted_at_the_same_place_only(text: str, keys: list[str]) -> None:
    cipher, additional = Cipher(KEY), place(tuple(keys))
    value = cipher.encrypt(text, additional)
    assert looks_encrypted(value)
    assert cipher.decrypt(value, additional) == ("str", text)
    with pytest.raises(Undecipherable):
        cipher.decrypt(value, additional + b"x")


def test_the_form_is_that_of_sops() -> None:
    """Written down from the documentation of the format, and checked with another interface of the library."""
    value = Cipher(KEY).encrypt("8080", b"services:api:PORT:", "int")
    match = re.fullmatch(r"ENC\[AES256_GCM,data:(.*),iv:(.*),tag:(.*),type:int\]", value)
    assert match is not None
    data, iv, tag = map(base64.b64decode, match.groups())
    assert (len(iv), len(tag), place(("services", "api", "PORT"))) == (32, 16, b"services:api:PORT:")
    decryptor = Reference(AES256(KEY), GCM(iv, tag)).decryptor()
    decryptor.authenticate_additional_data(b"services:api:PORT:")
    assert decryptor.update(data) + decryptor.finalize() == b"8080"


def test_an_empty_value_stays_empty() -> None:
    assert Cipher(KEY).encrypt("", b"a:") == ""
    assert Cipher(KEY).decrypt("", b"a:") == ("str", "")


@pytest.mark.parametrize("raw", ["plain", "ENC[AES256_GCM]", None, 5, True])
def test_what_is_no_ciphertext_is_not_decrypted(raw: object) -> None:
    with pytest.raises(Undecipherable):
        Cipher(KEY).decrypt(raw, b"a:")


def test_bits_that_mean_nothing_are_zero() -> None:
    value = Cipher(KEY).encrypt("x", b"a:")
    iv = value[value.index("iv:") + 3 : value.index(",tag")]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(iv[-2]) ^ 1]
    with pytest.raises(Undecipherable):
        Cipher(KEY).decrypt(value.replace(iv, f"{iv[:-2]}{other}="), b"a:")


def test_traces_of_a_ciphertext_are_seen() -> None:
    value = Cipher(KEY).encrypt("x", b"a:", "comment")
    assert not looks_damaged(value)
    assert not looks_damaged(" an ordinary comment, with type and data")
    assert all(looks_damaged(damaged) for damaged in (value[1:], value[:-1], value.replace("AES", "AFS")))
