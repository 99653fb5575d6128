"""The shop as a customer meets it: over HTTP, at the addresses the centre gives."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from chittyops.kernel.errors import Unavailable

ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Return whether the service did what was asked."""
        return self.status < http.HTTPStatus.BAD_REQUEST

    def header(self, name: str) -> str:
        """Return a header, whatever its case, or ""."""
        return next((value for key, value in self.headers.items() if key.lower() == name), "")

    @property
    def json(self) -> dict[str, Any]:
        """Return the JSON object in it, or an empty one."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Visitor:
    """One customer: a connection that is kept open from request to request."""

    def __init__(self, address: str) -> None:
        """Visit the service at ``address``."""
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Return what is at ``path``. Raises Unavailable when no whole answer comes."""
        return self._ask("GET", path, headers=headers)

    def post_json(self, path: str, body: Mapping[str, object]) -> Reply:
        """Send ``body`` as JSON."""
        return self._ask("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def post_form(self, path: str, fields: Mapping[str, str]) -> Reply:
        """Send ``fields`` as a browser sends a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def leave(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        try:
            self._connection.request(method, path, body or None, dict(headers or {}))
            response = self._connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            message = f"{method} {path} got no answer: {str(error) or type(error).__name__}"
            raise Unavailable(message) from None


def get(address: str, path: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Return what one request gets, on a connection of its own. Raises Unavailable."""
    visitor = Visitor(address)
    try:
        return visitor.get(path, headers)
    finally:
        visitor.leave()
