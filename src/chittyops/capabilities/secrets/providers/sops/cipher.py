"""The cipher of SOPS: ``ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]``, bound to where a value stands.

Format and additional data are those of aes/cipher.go: AES-256-GCM with an IV of 32 bytes; the additional data are the
keys that lead to the value, each followed by a colon, numbers of lists left out.
"""

from __future__ import annotations

import binascii
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_IV_BYTES = 32
_TAG_BYTES = 16
_VALUE = re.compile(
    r"ENC\[AES256_GCM,data:([A-Za-z0-9+/]+=*),iv:([A-Za-z0-9+/]{43}=),tag:([A-Za-z0-9+/]{22}==),type:"
    r"(str|int|float|bool|bytes|time|comment)\]"
)
_TRACES = re.compile(r"AES256_GCM|,data:|,iv:|,tag:|,type:")


class Undecipherable(Exception):
    """What stands there is no ciphertext of this key at this place."""


def looks_encrypted(text: object) -> bool:
    """Return whether ``text`` has the form of an encrypted value."""
    return isinstance(text, str) and _VALUE.fullmatch(text) is not None


def looks_damaged(text: str) -> bool:
    """Return whether ``text`` has traces of an encrypted value without being one."""
    return _TRACES.search(text) is not None and _VALUE.fullmatch(text) is None


def place(keys: tuple[str, ...]) -> bytes:
    """Return the additional data of a value below ``keys``."""
    return (":".join(keys) + ":").encode()


class Cipher:
    """Encrypts and decrypts with one data key."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        """Use ``key``, 32 bytes."""
        self._aead = AESGCM(key)

    def encrypt(self, text: str, additional: bytes, kind: str = "str") -> str:
        """Return the ciphertext of ``text``. An empty one stays empty, as SOPS has it."""
        if not text:
            return ""
        iv = os.urandom(_IV_BYTES)
        sealed = self._aead.encrypt(iv, text.encode(), additional)
        data, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
        return f"ENC[AES256_GCM,data:{_base64(data)},iv:{_base64(iv)},tag:{_base64(tag)},type:{kind}]"

    def decrypt(self, value: object, additional: bytes) -> tuple[str, str]:
        """Return type and text of ``value``. Raises Undecipherable."""
        if value == "":
            return "str", ""
        match = _VALUE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise Undecipherable
        try:
            data, iv, tag = map(_bytes, match.groups()[:3])
            return match[4], self._aead.decrypt(iv, data + tag, additional).decode()
        except (InvalidTag, ValueError) as error:
            raise Undecipherable from error


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _bytes(text: str) -> bytes:
    """Return what ``text`` stands for; there is one way to write it, bits that mean nothing are zero."""
    data = binascii.a2b_base64(text, strict_mode=True)
    if _base64(data) != text:
        raise Undecipherable
    return data
