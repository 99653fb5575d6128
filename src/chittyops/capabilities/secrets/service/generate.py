"""New values: random ones of the usual forms, key pairs, tokens and hashes of passwords."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

KINDS = ("random", "alphanumeric", "hex", "uuid", "rsa", "ed25519", "jwt-secret", "jwt", "htpasswd")
DEFAULT_BYTES = 32
DEFAULT_CHARACTERS = 32
LEAST_BITS, MOST_LENGTH = 64, 4096
RSA_BITS = (2048, 3072, 4096)
_PUBLIC_EXPONENT = 65537
_ALPHANUMERIC = string.ascii_letters + string.digits
_BCRYPT_COST = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make. 0 and "" stand for the usual: ``length`` counts bytes, but for alphanumeric characters.

    ``key`` signs a token, which holds ``claims`` and ends after ``days``; ``user`` is whose password is made.
    """

    kind: str
    length: int = 0
    bits: int = 0
    key: Secret | None = None
    claims: Mapping[str, str] = field(default_factory=dict)
    days: float = 0
    user: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """New values: the secret itself, others that belong to it by the ending of their names, and what is no secret."""

    value: Secret
    others: Mapping[str, Secret] = field(default_factory=dict)
    public: str = ""


def generate(wanted: Wanted, now: datetime) -> Made:
    """Return what is ``wanted``.

    Raises Misconfigured for a length that is too short to be a secret, or senseless, and for what its kind has no use
    for.
    """
    given = {name for name in _USES if getattr(wanted, name)}
    if idle := sorted(name for name in given if wanted.kind not in _USES[name]):
        options = ", ".join(f"--{'claim' if name == 'claims' else name}" for name in idle)
        hint = "; ".join(f"{name} is for {', '.join(_USES[name])}" for name in idle)
        raise Misconfigured(f"{wanted.kind} has no use for {options}", hint=hint)
    makers: dict[str, Callable[[], Made]] = {
        "random": lambda: Made(Secret(secrets.token_urlsafe(_bytes(wanted.length)))),
        "hex": lambda: Made(Secret(secrets.token_hex(_bytes(wanted.length)))),
        "alphanumeric": lambda: Made(Secret(alphanumeric(wanted.length or DEFAULT_CHARACTERS))),
        "uuid": lambda: Made(Secret(str(uuid.uuid4()))),
        "jwt-secret": lambda: Made(Secret(base64.b64encode(secrets.token_bytes(_bytes(wanted.length))).decode())),
        "rsa": lambda: _rsa(wanted.bits or RSA_BITS[1]),
        "ed25519": _ed25519,
        "jwt": lambda: _jwt(wanted, now),
        "htpasswd": lambda: _htpasswd(wanted),
    }
    return makers[wanted.kind]()


_USES = {
    "length": ("random", "alphanumeric", "hex", "jwt-secret", "htpasswd"),
    "bits": ("rsa",),
    "key": ("jwt",),
    "claims": ("jwt",),
    "days": ("jwt",),
    "user": ("htpasswd",),
}
"""The kinds that each detail of what is wanted says something to."""


def alphanumeric(length: int) -> str:
    """Return that many letters and digits. Raises Misconfigured where they would be too few or too many."""
    if not 11 <= length <= MOST_LENGTH:  # noqa: PLR2004 - eleven letters or digits are 65 bits
        raise Misconfigured(f"{length} letters and digits are no sensible length", hint=f"take 11 to {MOST_LENGTH}")
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


def _bytes(length: int) -> int:
    length = length or DEFAULT_BYTES
    if not LEAST_BITS // 8 <= length <= MOST_LENGTH:
        raise Misconfigured(f"{length} bytes are no sensible length", hint=f"take {LEAST_BITS // 8} to {MOST_LENGTH}")
    return length


def _rsa(bits: int) -> Made:
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - slow to load, rarely needed

    if bits not in RSA_BITS:
        raise Misconfigured(f"RSA keys of {bits} bits are not made", hint=f"take {', '.join(map(str, RSA_BITS))}")
    return _pair(rsa.generate_private_key(_PUBLIC_EXPONENT, bits))


def _ed25519() -> Made:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    return _pair(Ed25519PrivateKey.generate())


def _pair(key: object) -> Made:
    """Return a key pair as PEM: PKCS #8 and SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise TypeError(type(key).__name__)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Made(Secret(private), public=public)


def _jwt(wanted: Wanted, now: datetime) -> Made:
    """Return a JSON Web Token (RFC 7519) signed with HMAC SHA-256."""
    if wanted.key is None:
        raise Misconfigured("a token needs a key that signs it", hint="--key NAME, a secret of the same place")
    claims: dict[str, object] = {**wanted.claims, "iat": int(now.timestamp())}
    if wanted.days:
        claims["exp"] = int((now + timedelta(days=wanted.days)).timestamp())
    body = ".".join(_segment(json.dumps(part, separators=(",", ":")).encode()) for part in (_HEADER, claims))
    signature = hmac.digest(wanted.key.reveal().encode(), body.encode(), hashlib.sha256)
    return Made(Secret(f"{body}.{_segment(signature)}"))


_HEADER = {"alg": "HS256", "typ": "JWT"}


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _htpasswd(wanted: Wanted) -> Made:
    """Return a line of an htpasswd file; the password itself is the second value."""
    import bcrypt  # noqa: PLC0415 - as above

    if not wanted.user or ":" in wanted.user:
        raise Misconfigured("a line of an htpasswd file needs a user, without a colon", hint="--user NAME")
    password = alphanumeric(wanted.length or DEFAULT_CHARACTERS)
    # $2y$ is what Apache and nginx call what others call $2b$.
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_BCRYPT_COST)).decode().replace("$2b$", "$2y$", 1)
    return Made(Secret(f"{wanted.user}:{hashed}"), others={"_PASSWORD": Secret(password)})
