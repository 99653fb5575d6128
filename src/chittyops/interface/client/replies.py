"""What the centre answers: JSON read field by field, and problem details (RFC 9457) turned back into errors."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chittyops.kernel.errors import (
    ChittyOpsError,
    Conflict,
    Misconfigured,
    NotFound,
    Place,
    Problem,
    Refused,
    Unavailable,
)
from chittyops.kernel.event import Json

UNAUTHORIZED = 401
ERRORS: dict[int, type[ChittyOpsError]] = {
    400: Misconfigured,
    401: Refused,
    403: Refused,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    413: Refused,
    422: Misconfigured,
    429: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def decode(body: bytes) -> Json:
    """Return the JSON in ``body``; None where there is none."""
    if not body:
        return None
    try:
        decoded: Json = json.loads(body)
    except ValueError:
        # A proxy's page, say. Its status tells more than its text.
        return None
    return decoded


def error(status: int, document: Mapping[str, Json]) -> ChittyOpsError:
    """Return the error a problem document (RFC 9457) stands for."""
    message = text(document.get("detail")) or text(document.get("title")) or f"the operations centre answered {status}"
    hint = text(document.get("hint"))
    kind = ERRORS.get(status, ChittyOpsError)
    if kind is Misconfigured:
        problems = tuple(_problem(item) for item in rows(document.get("problems")))
        return Misconfigured(message, hint=hint, problems=problems)
    if status == UNAUTHORIZED:
        hint = hint or "CHITTYOPS_TOKEN is not valid (any more); an admin makes one with `chittyops token create`"
    return kind(message, hint=hint)


def _problem(item: Mapping[str, Json]) -> Problem:
    path, line, column = text(item.get("path")), item.get("line"), item.get("column")
    place = Place(path, line if isinstance(line, int) else 0, column if isinstance(column, int) else 0)
    return Problem(text(item.get("message")), place if path else None, text(item.get("hint")))


def table(value: Json) -> Mapping[str, Json]:
    """Return ``value`` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Json) -> list[Mapping[str, Json]]:
    """Return the objects in ``value`` where it is a JSON array, else none."""
    return [table(item) for item in value] if isinstance(value, list) else []


def text(value: Json) -> str:
    """Return ``value`` as the text of a field: "" for null."""
    return "" if value is None else str(value)
