"""Edits that lose nobody's work: a strong ETag of what is there, and If-Match on what replaces it (RFC 9110)."""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus

from chittyops.interface.web.problems import HttpProblem


def etag(value: object) -> str:
    """Return the strong entity tag of a JSON ``value``, quotes included."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return f'"{hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()[:32]}"'


def check_match(if_match: str | None, current: str | None) -> None:
    """Refuse an edit that does not know ``current``, the tag of what is there (None: nothing is).

    ``*`` matches whatever exists. Raises 428 without If-Match where something would be overwritten, and
    412 when the tag is of another version.
    """
    if if_match is None:
        if current is not None:
            hint = "read it first and send its ETag back in If-Match"
            raise HttpProblem(HTTPStatus.PRECONDITION_REQUIRED, "this edit needs If-Match", hint=hint)
        return
    known = {tag.strip() for tag in if_match.split(",")}
    if current is None or not known & {"*", current}:
        hint = "read it again, redo the edit, and send the new ETag"
        raise HttpProblem(HTTPStatus.PRECONDITION_FAILED, "somebody changed it in the meantime", hint=hint)
