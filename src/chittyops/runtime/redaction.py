"""What must not be seen: secret values, fields that look like secrets, credentials in URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from chittyops.kernel.event import Json
from chittyops.kernel.secret import REDACTED, Secret, redact

_MIN_LENGTH = 4
_SECRET_KEY = re.compile(
    r"passw(or)?d|passphrase|secret|token|authori[sz]ation|cookie|api[-_]?key|private[-_]?key|credential|dsn",
    re.IGNORECASE,
)
_URL_USERINFO = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?P<user>[^\s/@:]*)(?P<password>:[^\s/]*)?@", re.IGNORECASE
)
_URL_QUERY = re.compile(
    r"(?P<name>[?&][^\s=&]*(?:password|secret|token|key|code|signature)=)[^\s&#\"']+", re.IGNORECASE
)
_BEARER = re.compile(r"\b(?P<scheme>bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)

_known: set[str] = set()
_values: frozenset[str] = frozenset()


def conceal(*values: str | Secret) -> None:
    """Register ``values`` for this process: from now on they are replaced wherever ``redacted`` looks.

    Of a URL, its password is registered too, as it stands there and decoded. Values shorter than four
    characters are left alone: replacing each "1" would hide the log, not the secret.
    """
    global _values  # noqa: PLW0603 - one registry for the process, read on every line: an attribute look-up less
    texts = {value.reveal() if isinstance(value, Secret) else value for value in values}
    texts |= {form for text in texts for form in _passwords(text)}
    _known.update(text for text in texts if len(text) >= _MIN_LENGTH)
    _values = frozenset(_known)


def redacted_text(text: str) -> str:
    """Return ``text`` without registered values, credentials in URLs and bearer tokens."""
    text = redact(text, _values)
    if "://" in text:
        text = _URL_USERINFO.sub(_without_userinfo, text)
    if "=" in text:
        text = _URL_QUERY.sub(rf"\g<name>{REDACTED}", text)
    return _BEARER.sub(rf"\g<scheme> {REDACTED}", text)


def redacted(value: Any, key: str = "") -> Json:
    """Return ``value`` as plain JSON data with nothing secret in it.

    A string under a ``key`` that looks secret (password, token, dsn, ...) is masked whole; anything that
    is not JSON is shown by its ``str``.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {redacted_text(str(k)): redacted(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item, key) for item in value]
    if value and _SECRET_KEY.search(key):
        return REDACTED
    return redacted_text(str(value))


def _passwords(text: str) -> set[str]:
    try:
        password = urlsplit(text).password or ""
    except ValueError:
        return set()
    return {password, unquote(password)}


def _without_userinfo(match: re.Match[str]) -> str:
    """Return the scheme and user of a URL without its password, or without a user that is itself the token."""
    user = f"{match['user']}:{REDACTED}" if match["password"] else REDACTED
    return f"{match['scheme']}{user}@"
