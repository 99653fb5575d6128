"""Secret values that do not show, and references to them that may."""

from __future__ import annotations

from dataclasses import dataclass

from chittyops.kernel.errors import Misconfigured

REDACTED = "[redacted]"

SCHEMES = {
    "file": "file:PATH#KEY, a key of a dotenv file, relative to the service's folder",
    "database": "database:NAME, the connection URL of one of the service's databases",
    "broker": "broker:events, the URL of the fleet's message broker",
}


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
        if not colon or scheme not in SCHEMES or not location or (scheme == "file" and not key):
            raise Misconfigured(
                "this is not a reference to a secret",
                hint="write " + " or ".join(SCHEMES.values()) + "; never the value itself",
            )
        return cls(scheme, location, key)

    def __str__(self) -> str:
        """Return the text ``parse`` reads."""
        return f"{self.scheme}:{self.location}" + (f"#{self.key}" if self.key else "")


def redact(text: str, values: frozenset[str]) -> str:
    """Return ``text`` with every one of ``values`` replaced; the longest first, so that none shows in part."""
    for value in sorted(values, key=len, reverse=True):
        if value and value in text:
            text = text.replace(value, REDACTED)
    return text
