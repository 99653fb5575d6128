"""What is wrong with values is found, and nothing that is said about it gives them away."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.secrets.model import EVERY, Level, Part, Slot
from chittyops.capabilities.secrets.service import check
from chittyops.kernel.secret import Secret
from chittyops.kernel.service import SecretPolicy

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SLOT = Slot(Part(Level.SERVICE, "cart", "staging"), "KEY")
OTHER = Slot(Part(Level.FLEET, "", EVERY), "OTHER")


def token(**claims: object) -> str:
    parts = ({"alg": "HS256"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in parts) + ".c2ln"
    )


def certificate(end: datetime) -> str:
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cart")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = builder.serial_number(1).not_valid_before(end - timedelta(days=90)).not_valid_after(end).sign(key, None)
    return made.public_bytes(Encoding.PEM).decode()


def kinds(text: str, policy: SecretPolicy | None = None) -> list[str]:
    return [each.kind for each in check.expiry(SLOT, Secret(text), policy, NOW)]


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, ["expired"]), (3, ["expires"]), (90, [])], ids=["over", "soon", "long"]
)
def test_the_end_of_tokens_certificates_and_policies_is_seen(days: int, expected: list[str]) -> None:
    end = NOW + timedelta(days=days)
    assert kinds(token(exp=int(end.timestamp()))) == expected
    assert kinds(certificate(end)) == expected
    assert kinds("any", SecretPolicy("KEY", expires=end.isoformat())) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c",
        "1.2.3",
        "",
        token(),
        token(exp="soon"),
        token(exp=1e300),
        "-----BEGIN CERTIFICATE-----x-----END CERTIFICATE-----",
    ],
)
def test_what_has_no_end_is_left_alone(text: str) -> None:
    assert kinds(text) == []


def test_a_date_of_a_policy_is_of_utc() -> None:
    assert check.expired(SecretPolicy("KEY", expires="2026-05-01"), NOW)
    assert not check.expired(SecretPolicy("KEY", expires="2026-05-02"), NOW)


@pytest.mark.parametrize(
    "text",
    ["changeme", "Password123", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "hunter2", "12345678901", "postgres://u:root1@db/x"],
)
def test_what_is_easy_to_guess_is_told(text: str) -> None:
    found = list(check.strength(SLOT, Secret(text), None))
    assert [each.level for each in found] == ["warning"]
    assert text not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        secrets.token_urlsafe(16),
        secrets.token_hex(16),
        f"postgres://u:{secrets.token_urlsafe(16)}@db/x",
        "https://example.com/no-password",
        token(sub="x", exp=1),
        "-----BEGIN PRIVATE KEY-----\nMC4\n-----END PRIVATE KEY-----",
    ],
    ids=["random", "hex", "password in a URL", "URL", "token", "key"],
)
def test_what_is_hard_to_guess_or_no_password_is_left_alone(text: str) -> None:
    assert list(check.strength(SLOT, Secret(text), None)) == []


def test_a_policy_asks_for_more() -> None:
    found = list(check.strength(SLOT, Secret(secrets.token_urlsafe(16)), SecretPolicy("KEY", min_bits=200)))
    assert [each.level for each in found] == ["error"]


@given(st.text(max_size=40))
def test_bits_are_never_more_than_letters_can_hold(text: str) -> None:
    assert 0 <= check.entropy_bits(text) <= len(text) * 7


def test_age_is_measured_against_the_policy() -> None:
    policy = SecretPolicy("KEY", max_age_days=30)
    assert [each.level for each in check.age(SLOT, NOW - timedelta(days=31), policy, NOW)] == ["error"]
    assert [each.level for each in check.age(SLOT, None, policy, NOW)] == ["note"]
    assert list(check.age(SLOT, NOW - timedelta(days=29), policy, NOW)) == []
    assert list(check.age(SLOT, None, None, NOW)) == []


def test_the_same_value_twice_is_told_without_it() -> None:
    found = list(check.reuse({SLOT: Secret("planted-value"), OTHER: Secret("planted-value")}, b"key"))
    assert len(found) == 1
    assert "OTHER (fleet, all environments)" in found[0].message
    assert "planted-value" not in repr(found)
    assert list(check.reuse({SLOT: Secret("one"), OTHER: Secret("two")}, b"key")) == []


def test_fingerprints_depend_on_the_key() -> None:
    assert check.fingerprint(Secret("a"), b"1") != check.fingerprint(Secret("a"), b"2")


def test_only_values_that_can_be_recognised_are_searched() -> None:
    values = {SLOT: Secret("short"), OTHER: Secret("kd93jf-planted-8s")}
    wanted = check.searched(values)
    assert set(wanted) == {OTHER}
    contents = [("a.txt", b"nothing"), ("b.txt", b"KEY=kd93jf-planted-8s\n")]
    assert list(check.present(wanted, contents)) == [(OTHER, "b.txt")]
    assert check.searched({SLOT: Secret("aaaaaaaaaaaaaaaaaaaaaaa")}) == {}
