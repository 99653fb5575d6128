"""Generated values have the form and the strength that was asked for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import uuid
from datetime import UTC, datetime

import bcrypt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from chittyops.capabilities.secrets.service import generate as generating
from chittyops.capabilities.secrets.service.check import entropy_bits, token_end
from chittyops.capabilities.secrets.service.generate import Wanted
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def made(kind: str, **more: object) -> str:
    return generating.generate(Wanted(kind, **more), NOW).value.reveal()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("random", r"[A-Za-z0-9_-]{43}"),
        ("hex", r"[0-9a-f]{64}"),
        ("alphanumeric", r"[A-Za-z0-9]{32}"),
        ("jwt-secret", r"[A-Za-z0-9+/]{43}="),
    ],
)
def test_each_kind_has_its_form_and_is_hard_to_guess(kind: str, form: str) -> None:
    first, second = made(kind), made(kind)
    assert re.fullmatch(form, first)
    assert first != second
    assert entropy_bits(first) > 100


def test_the_length_is_what_was_asked_for() -> None:
    assert len(made("alphanumeric", length=20)) == 20
    assert len(made("hex", length=20)) == 40


@pytest.mark.parametrize("kind", ["random", "hex", "alphanumeric", "jwt-secret"])
@pytest.mark.parametrize("length", [1, 7, 5000])
def test_a_length_that_makes_no_secret_is_refused(kind: str, length: int) -> None:
    with pytest.raises(Misconfigured):
        made(kind, length=length)


def test_a_uuid_is_random() -> None:
    assert uuid.UUID(made("uuid")).version == 4


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_key_pair_is_pem_and_belongs_together(kind: str) -> None:
    pair = generating.generate(Wanted(kind, bits=2048 if kind == "rsa" else 0), NOW)
    key = load_pem_private_key(pair.value.reveal().encode(), None)
    assert isinstance(key, RSAPrivateKey if kind == "rsa" else Ed25519PrivateKey)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert public.decode() == pair.public


def test_rsa_keys_that_are_too_short_are_refused() -> None:
    with pytest.raises(Misconfigured, match="1024"):
        made("rsa", bits=1024)


def test_a_token_is_signed_and_ends() -> None:
    token = made("jwt", key=Secret("k" * 32), claims={"sub": "cart"}, days=2)
    head, body, signature = token.split(".")
    mac = hmac.digest(b"k" * 32, f"{head}.{body}".encode(), hashlib.sha256)
    assert base64.urlsafe_b64decode(signature + "==").startswith(mac)
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert claims["sub"] == "cart"
    assert token_end(token) == datetime(2026, 5, 3, tzinfo=UTC)


def test_a_token_needs_a_key() -> None:
    with pytest.raises(Misconfigured, match="key"):
        made("jwt")


def test_a_line_of_htpasswd_holds_the_hash_of_the_password_beside_it() -> None:
    line = generating.generate(Wanted("htpasswd", user="ops"), NOW)
    user, _, hashed = line.value.reveal().partition(":")
    assert user == "ops"
    assert hashed.startswith("$2y$12$")
    password = line.others["_PASSWORD"].reveal().encode()
    assert bcrypt.checkpw(password, hashed.replace("$2y$", "$2b$").encode())


@pytest.mark.parametrize("user", ["", "a:b"])
def test_htpasswd_needs_a_user_without_a_colon(user: str) -> None:
    with pytest.raises(Misconfigured, match="user"):
        made("htpasswd", user=user)


@pytest.mark.parametrize(
    ("kind", "more", "option"),
    [
        ("hex", {"days": 3.0}, "--days"),
        ("uuid", {"length": 20}, "--length"),
        ("random", {"bits": 2048}, "--bits"),
        ("ed25519", {"user": "ops"}, "--user"),
        ("hex", {"claims": {"sub": "x"}}, "--claim"),
        ("rsa", {"key": Secret("k" * 32)}, "--key"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(kind: str, more: dict[str, object], option: str) -> None:
    with pytest.raises(Misconfigured, match=f"{kind} has no use for {option}"):
        made(kind, **more)
