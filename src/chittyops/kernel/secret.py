"""Secret values that do not show, and references to them that may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from chittyops.kernel.errors import Misconfigured

REDACTED = "[redacted]"
FINGERPRINTS = "fingerprints"
"""The credential of a home that keys the fingerprints of what is deployed from it."""
_FINGERPRINT_DIGITS = 16

SCHEMES = {
    "sops": "sops:NAME, a secret of the fleet's own store (secrets/ENVIRONMENT.sops.yaml)",
    "file": "file:PATH#KEY, a key of a dotenv file, relative to the service's folder",
    "database": "database:NAME, the connection URL of one of the service's databases",
    "broker": "broker:events, the URL of the fleet's message broker",
    "vault": "vault:PATH#KEY, a key of a secret in Vault or OpenBao",
    "op": "op://VAULT/ITEM/FIELD, a field of 1Password",
    "env": "env:NAME, a variable of the environment that ChittyOps runs in",
}
KEYED = frozenset({"file", "vault"})
"""Schemes whose references name a key: ``#KEY``."""


class Secret:
    """A value that repr, str, format, logging and pickling never give away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Hold ``value``; only ``reveal`` gives it back."""
        self._value = value

    def reveal(self) -> str:
        """Return the value: call it where the value is used, never where it is passed on."""
        return self._value

    def __repr__(self) -> str:
        """Hide the value."""
        return REDACTED

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """Hide the value, whatever the format."""
        return REDACTED

    def __reduce__(self) -> str:
        """Refuse to be pickled: a pickle would carry the value."""
        msg = "a Secret cannot be pickled"
        raise TypeError(msg)

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is kept, never what it is: ``scheme:location#key``."""

    scheme: str
    location: str
    key: str = ""

    @classmethod
    def parse(cls, text: str) -> SecretRef:
        """Return the reference ``text`` stands for. Raises Misconfigured when it is none."""
        scheme, colon, rest = text.partition(":")
        location, _, key = rest.partition("#")
        if not colon or scheme not in SCHEMES or not location or (scheme in KEYED and not key):
            raise Misconfigured(
                "this is not a reference to a secret",
                hint="write " + " or ".join(SCHEMES.values()) + "; never the value itself",
            )
        return cls(scheme, location, key)

    def __str__(self) -> str:
        """Return the text ``parse`` reads."""
        return f"{self.scheme}:{self.location}" + (f"#{self.key}" if self.key else "")


@dataclass(frozen=True, slots=True)
class SecretScope:
    """Who asks for secrets: what a store has to know to find the values that are meant for it.

    ``root`` is the absolute path of the workspace, ``folder`` the service's own one, relative to it.
    """

    root: str
    fleet: str
    environment: str
    service: str
    folder: str = "."
    groups: tuple[str, ...] = ()
    store: str = "secrets"


class SecretReader(Protocol):
    """Finds values of secrets, in whichever store they are."""

    def __call__(self, scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret]:
        """Return the values by variable.

        Raises Misconfigured or Unavailable that names, for all that cannot be had, the store, the path and what to do.
        """
        ...


def fingerprint(value: str, key: bytes) -> str:
    """Return a keyed fingerprint of a secret: it changes with the value and does not help to guess it."""
    import hashlib  # noqa: PLC0415 - `chittyops run` reads secrets in milliseconds, and marks none
    import hmac  # noqa: PLC0415 - as above

    return hmac.new(key, value.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:_FINGERPRINT_DIGITS]


def redact(text: str, values: frozenset[str]) -> str:
    """Return ``text`` with every one of ``values`` replaced; the longest first, so that none shows in part."""
    for value in sorted(values, key=len, reverse=True):
        if value and value in text:
            text = text.replace(value, REDACTED)
    return text
