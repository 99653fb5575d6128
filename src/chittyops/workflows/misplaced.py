"""Secrets that somebody wrote as plain values: masked wherever configuration is shown to others."""

from __future__ import annotations

from chittyops.capabilities.discovery.service.credentials.names import is_variable_of_secret
from chittyops.capabilities.discovery.service.credentials.scanning import scan
from chittyops.capabilities.fleet.model.content import short_hash
from chittyops.kernel.secret import REDACTED

_REFERENCE = "${"
_MASK = {"x"}
"""What the scanner writes in place of each letter."""
_DIGITS = 8


def mask(name: str, text: str) -> str:
    """Return ``text``, the value of ``name``, without what is a secret in it by its name or its looks."""
    if _REFERENCE in text or not text:
        return text
    if name.isupper() and is_variable_of_secret(name):
        return REDACTED
    line = f"{name or 'VALUE'}={text}\n"
    seen = scan(".env", line, b"")[0][len(name or "VALUE") + 1 : -1]
    return REDACTED if seen != text and set(seen) == _MASK else seen


def comparable(name: str, text: str) -> str:
    """Return ``text`` as ``mask`` does, with a hash where something is masked: equal ones are of equal texts."""
    masked = mask(name, text)
    return text if masked == text else f"{masked} {short_hash(text)[:_DIGITS]}"
