"""What vendors answer: checked against a type, or told as an error in which nothing that was sent shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from chittyops.kernel.errors import ChittyOpsError, Conflict, Misconfigured, NotFound, Refused, Unavailable
from chittyops.kernel.secret import REDACTED, redact
from chittyops.vendors.catalogue import Credential, Vendor

T = TypeVar("T")

LONGEST_MESSAGE = 240
SHORTEST_PART = 8
"""So many characters of a secret in a row are taken for a part of it."""
_CODE = re.compile(r"[\w.-]{1,40}")

reply = with_config(ConfigDict(extra="ignore", strict=True))
"""Decorates a dataclass that stands for an answer: fields that are not asked for are left out, types are not bent."""


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def parsed(kind: type[T], data: object, vendor: Vendor, call: str) -> T:
    """Return ``data`` as a ``kind``. Raises Unavailable that names the fields that are not what was agreed."""
    try:
        found: T = _adapter(kind).validate_json(json.dumps(data))
    except ValidationError as error:
        # The input is left out: it may be a token or a password.
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        fields = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'answer'}: {e['msg']}" for e in wrong[:3])
        raise Unavailable(
            f"{vendor.name} answered {call} in a form that is not known: {fields}",
            hint=f"see whether {vendor.url_variable} leads to the right address; else the API has changed",
            permanent=True,
        ) from None
    return found


def failure(
    status: int, data: object, vendor: Vendor, credential: Credential, call: str, secrets: Iterable[str]
) -> ChittyOpsError:
    """Return the error that an answer with ``status`` stands for."""
    said = scrubbed(_said(data), (credential.token.reveal(), *secrets))
    text = f"{vendor.name} answered {call} with {status}" + (f": {said}" if said else "")
    kind, hint = _MEANINGS.get(status) or _meaning(status)
    return kind(text, hint=hint.format(variable=credential.variable, vendor=vendor.name, url=vendor.url_variable))


_CHANGED = "somebody else may be changing the same thing; look, and try again"
_ABSENT = "see whether the names are right, and whether the token in {variable} may see them"
_MEANINGS: dict[int, tuple[type[ChittyOpsError], str]] = {
    HTTPStatus.UNAUTHORIZED: (Misconfigured, "see whether {variable} holds a token that is still valid"),
    HTTPStatus.FORBIDDEN: (Refused, "the token in {variable} lacks a permission for this"),
    HTTPStatus.NOT_FOUND: (NotFound, _ABSENT),
    HTTPStatus.GONE: (NotFound, _ABSENT),
    HTTPStatus.CONFLICT: (Conflict, _CHANGED),
    HTTPStatus.PRECONDITION_FAILED: (Conflict, _CHANGED),
    HTTPStatus.LOCKED: (Unavailable, "another operation is still under way; try again in a minute"),
    HTTPStatus.TOO_MANY_REQUESTS: (Unavailable, "the account's limit of calls is reached; try again later"),
    HTTPStatus.REQUEST_TIMEOUT: (Unavailable, "{vendor} is in trouble; try again later"),
}


def _meaning(status: int) -> tuple[type[ChittyOpsError], str]:
    """Return what a status means that is not in the table."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable, "{vendor} is in trouble; try again later"
    if status < HTTPStatus.BAD_REQUEST:
        return Misconfigured, "see whether {url} is the address of the API itself"
    return Refused, "what was asked for is not possible there"


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` on one line, cut, and without any of ``secrets``: neither whole, escaped, nor in part."""
    values = {value for value in secrets if value}
    escaped = {json.dumps(value)[1:-1] for value in values}
    text = " ".join(_without_parts(redact(text, frozenset(values | escaped)), values).split())
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def _without_parts(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every run of it that stands in one of ``secrets``, too, replaced."""
    hidden = bytearray(len(text))
    for start in range(len(text) - SHORTEST_PART + 1):
        part = text[start : start + SHORTEST_PART]
        if any(part in secret for secret in secrets):
            hidden[start : start + SHORTEST_PART] = b"\1" * SHORTEST_PART
    shown = "".join("\0" if hide else character for character, hide in zip(text, hidden, strict=True))
    return re.sub("\0+", REDACTED, shown)


def _said(data: object) -> str:
    """Return what the body of an error says.

    The forms: ``{errors: [{code, message}]}`` (Cloudflare, GraphQL), ``{error: {code, message}}`` (Vercel),
    ``{code, message}`` (Neon), ``{message}`` (GitHub).
    """
    if not isinstance(data, dict):
        return ""
    errors, error = data.get("errors"), data.get("error")
    found = errors[0] if isinstance(errors, list) and errors else error or data
    if not isinstance(found, dict):
        return found if isinstance(found, str) else ""
    message, code = found.get("message"), str(found.get("code") or "")
    text = message if isinstance(message, str) else ""
    return f"{text} ({code})" if _CODE.fullmatch(code) and text else text or code[:40]
