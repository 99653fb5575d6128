"""The HTTP client itself. The standard library's one: httpx takes three times as long to load."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from urllib.parse import urlencode, urlsplit

from chittyops.interface.client import replies
from chittyops.interface.client.address import START_HINT, Address
from chittyops.interface.client.events import StreamEvent, parse_events
from chittyops.interface.client.replies import decode, rows, table, text
from chittyops.kernel.errors import Unavailable
from chittyops.kernel.event import Json

ANSWER_SECONDS = 30.0
SILENCE_SECONDS = 45.0
"""A stream that says nothing for three heartbeats of the server is dead."""
PATIENCE_SECONDS = 90.0
"""How long a stream keeps trying to come back: longer than the supervisor needs to restart everything."""
STEADY_SECONDS = 5.0
"""A connection that held for so long was one, even if nothing was said."""
RETRY_SECONDS = 0.5
RETRIES = 20

Query = Mapping[str, str | int | bool | None]


class Client:
    """Speaks to one centre. ``locate`` is asked again after a lost connection: a restarted centre may have moved."""

    def __init__(self, locate: Callable[[], Address], *, answer_seconds: float = ANSWER_SECONDS) -> None:
        """Take the function that finds the centre, and how long it may be silent before it answers."""
        self._locate = locate
        self._answer_seconds = answer_seconds

    def get(self, path: str, query: Query | None = None) -> Json:
        """Return what is at ``path`` (below ``/api/v1``). Raises the ChittyOpsError that the answer stands for."""
        return self._json("GET", path, query=query)

    def post(self, path: str, body: Json = None, *, key: str = "") -> Json:
        """Send ``body``; with ``key`` (Idempotency-Key) a lost request is sent again and takes effect once."""
        data = json.dumps(body).encode()
        for _ in range(RETRIES if key else 0):
            try:
                return self._json("POST", path, data, headers={"Idempotency-Key": key})
            except Unavailable:
                time.sleep(RETRY_SECONDS)
        return self._json("POST", path, data, headers={"Idempotency-Key": key} if key else {})

    def put(self, path: str, body: Iterable[bytes], content_type: str) -> Json:
        """Put ``body``, sent piece by piece, at ``path``; return what is said to it."""
        return self._json("PUT", path, body, headers={"Content-Type": content_type})

    def delete(self, path: str) -> None:
        """Delete what is at ``path``."""
        self._json("DELETE", path)

    def items(self, path: str, query: Query | None = None, *, limit: int = 0) -> Iterator[Mapping[str, Json]]:
        """Yield the items of a paged list, page by page, ``limit`` of them at most (0: all)."""
        cursor: Json = None
        given = 0
        while True:
            page = table(self.get(path, {**(query or {}), "cursor": text(cursor) or None}))
            for item in rows(page.get("items")):
                yield item
                given += 1
                if given == limit:
                    return
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def events(
        self, path: str, *, cursor: str = "", on_gap: Callable[[str], None] = lambda _reason: None
    ) -> Iterator[StreamEvent]:
        """Yield the events of a stream after ``cursor`` for as long as it is read, across restarts of the centre.

        Goes on where it was (Last-Event-ID) after a lost connection; ``on_gap`` is told of each, and of ""
        when it is mended. Raises Unavailable when the centre stays away.
        """
        away, silent_since = False, time.monotonic()
        while True:
            opened_at = time.monotonic()
            try:
                with self._open(path, None, cursor) as response:
                    if away:
                        away = False
                        on_gap("")
                    for event in _events(response, cursor):
                        cursor = event.id or cursor
                        yield event
                        silent_since = time.monotonic()
                reason = "the stream ended"
            except Unavailable as error:
                reason = error.message
            if not away:
                away = True
                on_gap(reason)
            if time.monotonic() - opened_at > STEADY_SECONDS:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > PATIENCE_SECONDS:
                message = f"the operations centre stays away: {reason}"
                raise Unavailable(message, hint=START_HINT)
            time.sleep(RETRY_SECONDS)

    def stream(self, path: str, query: Query | None = None, *, idle_seconds: float = 0) -> Iterator[StreamEvent]:
        """Yield the events of one connection; end, if ``idle_seconds`` is given, when so long nothing came.

        Raises Unavailable when the connection breaks.
        """
        with self._open(path, query, "", idle_seconds or SILENCE_SECONDS) as response:
            try:
                yield from _events(response, "")
            except Unavailable as error:
                if not (idle_seconds and isinstance(error.__cause__, TimeoutError)):
                    raise

    def _open(
        self, path: str, query: Query | None, cursor: str, seconds: float = SILENCE_SECONDS
    ) -> AbstractContextManager[http.client.HTTPResponse]:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": cursor} if cursor else {})
        return self._request("GET", path, query=query, headers=headers, seconds=seconds)

    def _json(
        self,
        method: str,
        path: str,
        body: Iterable[bytes] | bytes | None = None,
        *,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        seconds = self._answer_seconds
        with self._request(method, path, body, query=query, headers=headers or {}, seconds=seconds) as response:
            return decode(_read(response))

    @contextmanager
    def _request(
        self,
        method: str,
        path: str,
        body: Iterable[bytes] | bytes | None = None,
        *,
        query: Query | None,
        headers: Mapping[str, str],
        seconds: float,
    ) -> Iterator[http.client.HTTPResponse]:
        address = self._locate()
        parts = urlsplit(address.url)
        given = {k: str(v).lower() if isinstance(v, bool) else v for k, v in (query or {}).items() if v is not None}
        target = f"{parts.path}/api/v1{path}" + (f"?{urlencode(given)}" if given else "")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        bearer = f"Bearer {address.token}"
        standard = {"Authorization": bearer, "Content-Type": "application/json", "Connection": "close"}
        with closing(kind(parts.hostname or "", parts.port, timeout=seconds)) as connection:
            try:
                connection.request(method, target, body, {**standard, **headers})
                response = connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise _away(address, error) from None
            with response:
                if response.status >= http.HTTPStatus.MULTIPLE_CHOICES:
                    raise replies.error(response.status, table(decode(_read(response))))
                yield response


def _away(address: Address, error: Exception) -> Unavailable:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Unavailable(f"the operations centre at {address.url} does not answer: {reason}", hint=START_HINT)


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read()
    except (OSError, http.client.HTTPException) as error:
        message = f"the connection to the operations centre broke: {error}"
        raise Unavailable(message, hint="try again") from None


def _events(response: http.client.HTTPResponse, cursor: str) -> Iterator[StreamEvent]:
    for event in parse_events(_lines(response), cursor):
        if event.event == "problem":
            raise replies.error(int(text(event.data.get("status")) or 500), event.data)
        yield event


def _lines(response: http.client.HTTPResponse) -> Iterator[str]:
    while True:
        try:
            line = response.readline()
        except (OSError, http.client.HTTPException, ValueError) as error:
            message = f"the connection to the operations centre broke: {error}"
            raise Unavailable(message) from error
        if not line:
            return
        yield line.decode("utf-8", "replace").rstrip("\r\n")
