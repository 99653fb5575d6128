"""What is wrong with secrets, found from their values: expired, too old, too easy to guess, used twice, lying about."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from chittyops.capabilities.secrets.model import Slot
from chittyops.kernel.secret import Secret
from chittyops.kernel.service import SecretPolicy

LEAST_BITS = 64
"""Less can be guessed by who has the hash (NIST SP 800-131A asks for 112, of keys); policies may ask for more."""
SOON = timedelta(days=14)
SEARCHED_FROM_CHARACTERS = 12
"""Shorter values, and those of one or two letters, are found everywhere without being secrets there."""
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_KNOWN = re.compile(
    r"(change.?me|password|passwort|secret|test|example|dummy|admin|default|letmein|qwerty|foo|bar|xxx|todo|root|user)"
    r"[0-9!]*",
    re.IGNORECASE,
)
_CLASSES = (("a", "z", 26), ("A", "Z", 26), ("0", "9", 10))
_PUNCTUATION = 32
_LEAST_DISTINCT = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the secret in ``slot``. ``level`` is error, warning or note."""

    kind: str
    level: str
    slot: Slot
    message: str
    hint: str = ""


def expiry(slot: Slot, value: Secret, policy: SecretPolicy | None, now: datetime) -> Iterator[Finding]:
    """Yield what has expired, or will soon: by the policy, the token itself, or a certificate in it."""
    ends: list[tuple[str, datetime]] = []
    if policy and policy.expires:
        ends.append(("by its policy", _moment(policy.expires)))
    if (end := token_end(value.reveal())) is not None:
        ends.append(("as the token says", end))
    ends += [("as the certificate says", end) for end in certificate_ends(value.reveal())]
    for why, end in ends:
        when = f"{end:%Y-%m-%d %H:%M} UTC, {why}"
        if end <= now:
            yield Finding("expired", "error", slot, f"expired {when}", "make a new one and set it")
        elif end - now < SOON:
            yield Finding("expires", "warning", slot, f"expires {when}", "make a new one before that")


def expired(policy: SecretPolicy | None, now: datetime) -> bool:
    """Return whether ``policy`` alone says that its secret has expired."""
    return bool(policy and policy.expires and _moment(policy.expires) <= now)


def age(slot: Slot, changed: datetime | None, policy: SecretPolicy | None, now: datetime) -> Iterator[Finding]:
    """Yield whether the secret is older than its policy lets it be; ``changed`` is when it was set, None: unknown."""
    if not policy or not policy.max_age_days:
        return
    if changed is None:
        yield Finding("age", "note", slot, "nobody knows how old it is", "commit the store's files to git")
        return
    days = (now - changed) / timedelta(days=1)
    if days > policy.max_age_days:
        message = f"{days:.0f} days old; its policy allows {policy.max_age_days:g}"
        yield Finding("age", "error", slot, message, f"chittyops secrets rotate {slot.name}")


def strength(slot: Slot, value: Secret, policy: SecretPolicy | None) -> Iterator[Finding]:
    """Yield whether the value is easy to guess; of a URL its password counts, and keys and tokens are left out."""
    text = value.reveal()
    least = policy.min_bits if policy and policy.min_bits else LEAST_BITS
    if "-----BEGIN " in text or token_end(text) is not None:
        return
    with suppress(ValueError):
        parts = urlsplit(text)
        if parts.scheme and parts.netloc:
            if not parts.password:
                return
            text = unquote(parts.password)
    bits = entropy_bits(text)
    if bits < least:
        level = "error" if policy and policy.min_bits else "warning"
        message = f"about {bits:.0f} bits of entropy; {least} are asked for"
        yield Finding(
            "weak", level, slot, message, f"chittyops secrets generate {slot.name} {slot.part.words} --replace"
        )


def entropy_bits(text: str) -> float:
    """Return how hard ``text`` is to guess, in bits, from above: by its letters, and by how often each comes.

    Words that everybody tries first count as nothing.
    """
    if not text or _KNOWN.fullmatch(text):
        return 0.0
    alphabet = sum(size for low, high, size in _CLASSES if any(low <= letter <= high for letter in text))
    if set(text.lower()) <= set("0123456789abcdef-"):
        alphabet = 16 if any(letter.isalpha() for letter in text) else 10
    alphabet += _PUNCTUATION if any(not letter.isalnum() for letter in text) and alphabet != 16 else 0  # noqa: PLR2004
    counts = Counter(text)
    shannon = 0.0 - sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    # A short text cannot show all letters of its alphabet, so that it is measured against what it could show.
    could = math.log2(min(len(text), max(alphabet, 2)))
    return len(text) * math.log2(max(alphabet, 2)) * (shannon / could if could else 0)


def fingerprint(value: Secret, key: bytes) -> str:
    """Return what tells equal values from others, and says nothing without ``key``."""
    return hmac.digest(key, value.reveal().encode(), hashlib.sha256).hex()


def reuse(values: Mapping[Slot, Secret], key: bytes) -> Iterator[Finding]:
    """Yield the values that stand in more than one slot, once each."""
    slots: dict[str, list[Slot]] = {}
    for slot, value in values.items():
        slots.setdefault(fingerprint(value, key), []).append(slot)
    for found in slots.values():
        if len(found) > 1:
            others = "; ".join(f"{slot.name} ({slot.part.title})" for slot in found[1:])
            hint = "give each its own, or keep it once, for a group or the fleet"
            yield Finding("reused", "warning", found[0], f"the same value is in {others}", hint)


def searched(values: Mapping[Slot, Secret]) -> dict[Slot, bytes]:
    """Return the values that are long and odd enough to be recognised where they do not belong."""
    return {
        slot: value.reveal().strip().encode()
        for slot, value in values.items()
        if len(value.reveal().strip()) >= SEARCHED_FROM_CHARACTERS
        and len(set(value.reveal())) >= _LEAST_DISTINCT
        and not _KNOWN.fullmatch(value.reveal())
    }


def present(wanted: Mapping[Slot, bytes], contents: Iterable[tuple[str, bytes]]) -> Iterator[tuple[Slot, str]]:
    """Yield which of the ``wanted`` values stand in which of ``contents``."""
    for name, data in contents:
        for slot, value in wanted.items():
            if value in data:
                yield slot, name


def token_end(text: str) -> datetime | None:
    """Return when the JSON Web Token ``text`` ends (RFC 7519, ``exp``); None for another text, or one without end."""
    if not _TOKEN.fullmatch(text.strip()):
        return None
    with suppress(ValueError, binascii.Error, OverflowError, OSError):
        header, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in text.split(".")[:2]
        )
        if isinstance(header, dict) and "alg" in header and isinstance(claims, dict) and "exp" in claims:
            return datetime.fromtimestamp(float(claims["exp"]), UTC)
    return None


def certificate_ends(text: str) -> Iterator[datetime]:
    """Yield when the certificates in ``text`` end."""
    found = _PEM.findall(text.encode())
    if found:
        from cryptography import x509  # noqa: PLC0415 - slow to load, rarely needed

        for each in found:
            with suppress(ValueError):
                yield x509.load_pem_x509_certificate(each).not_valid_after_utc


def _moment(date: str) -> datetime:
    moment = datetime.fromisoformat(date)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
