"""Where HTTP/1 messages begin and end: heads are parsed by llhttp, bodies are counted, nothing is rewritten.

Anything two parsers could read differently (a bare line feed, two lengths, a length and a coding) is
refused, so that no request can hide in another (RFC 9112, sections 6.3 and 11.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

import httptools

MAX_LINE = 8 * 1024
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*\r\n")
_VERSIONS = frozenset({"1.0", "1.1"})
_NO_BODY = frozenset({204, 304})
_SWITCHING_PROTOCOLS = 101


class BadMessage(Exception):
    """What the peer sent is not a well-formed HTTP/1 message."""


class Body(Protocol):
    """Counts the bytes of one body as they pass."""

    done: bool
    until_close: bool

    def feed(self, data: bytes) -> int:
        """Return how many bytes of ``data`` belong to the body; ``done`` says whether it has ended."""
        ...


class Sized:
    """A body of a known length; 0 is none."""

    until_close = False

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0

    def feed(self, data: bytes) -> int:
        """Count ``data`` down."""
        taken = min(self._left, len(data))
        self._left -= taken
        self.done = self._left == 0
        return taken


class UntilClose:
    """A body that ends when its sender closes the connection."""

    until_close = True
    done = False

    def feed(self, data: bytes) -> int:
        """Take everything."""
        return len(data)


class Chunked:
    """A body in chunks (RFC 9112, section 7.1), its trailers included. Raises BadMessage."""

    until_close = False

    def __init__(self) -> None:
        self.done = False
        self._data_left = 0
        self._line = b""
        self._trailer_left = MAX_LINE
        self._reading = self._size

    def feed(self, data: bytes) -> int:
        """Follow the chunks in ``data``."""
        at = 0
        while at < len(data) and not self.done:
            if self._data_left:
                step = min(self._data_left, len(data) - at)
                self._data_left -= step
                at += step
                continue
            end = data.find(b"\n", at) + 1
            self._line += data[at : end or len(data)]
            at = end or len(data)
            if len(self._line) > MAX_LINE:
                raise BadMessage("a line of the chunked body is too long")
            if end:
                line, self._line = self._line, b""
                self._reading(line)
        return at

    def _size(self, line: bytes) -> None:
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise BadMessage("not the size of a chunk")
        self._data_left = int(match[1], 16)
        self._reading = self._end_of_chunk if self._data_left else self._trailer

    def _end_of_chunk(self, line: bytes) -> None:
        if line != b"\r\n":
            raise BadMessage("a chunk is longer than its size")
        self._reading = self._size

    def _trailer(self, line: bytes) -> None:
        self._trailer_left -= len(line)
        if line == b"\r\n":
            self.done = True
        elif self._trailer_left < 0 or _TRAILER.fullmatch(line) is None:
            raise BadMessage("not a trailer")


@dataclass(slots=True)
class Head:
    """The start line and fields of one message; ``raw`` is what is passed on."""

    raw: bytes
    body: Body = field(default_factory=lambda: Sized(0))
    method: bytes = b""
    status: int = 0
    keep_alive: bool = False
    tunnel: bool = False


class _Fields:
    """Collects from llhttp's callbacks what decides about framing."""

    def __init__(self) -> None:
        self.lengths: list[bytes] = []
        self.codings: list[bytes] = []
        self.connection: list[bytes] = []
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        match name.lower():
            case b"content-length":
                self.lengths.append(value)
            case b"transfer-encoding":
                self.codings.append(value.strip().lower())
            case b"connection":
                self.connection += (token.strip().lower() for token in value.split(b","))

    def on_headers_complete(self) -> None:
        self.complete = True

    def keep_alive(self, version: str) -> bool:
        if version == "1.0":
            return b"keep-alive" in self.connection
        return b"close" not in self.connection

    def body(self, unframed: Body) -> Body:
        """Return the body these fields announce; ``unframed`` where they announce none."""
        if self.codings:
            if self.codings != [b"chunked"] or self.lengths:
                raise BadMessage("transfer-encoding other than chunked, or along with content-length")
            return Chunked()
        if not self.lengths:
            return unframed
        length = self.lengths[0]
        if len(self.lengths) > 1 or not length.isdigit() or len(length) > len(str(2**63)):
            raise BadMessage("not one content-length")
        return Sized(int(length))


def parse_request(raw: bytes) -> Head:
    """Return the head of a request, from ``raw`` that ends with its empty line. Raises BadMessage."""
    fields = _Fields()
    parser = httptools.HttpRequestParser(fields)
    _feed(parser, raw, fields)
    if parser.get_http_version() not in _VERSIONS:
        raise BadMessage("not HTTP/1.0 or HTTP/1.1")
    method = parser.get_method()
    return Head(
        raw,
        fields.body(Sized(0)),
        method=method,
        keep_alive=fields.keep_alive(parser.get_http_version()),
        tunnel=method == b"CONNECT" or b"upgrade" in fields.connection,
    )


def parse_response(raw: bytes, request: Head) -> Head:
    """Return the head of the response to ``request``. Raises BadMessage."""
    fields = _Fields()
    parser = httptools.HttpResponseParser(fields)
    _feed(parser, raw, fields)
    status = parser.get_status_code()
    connect = request.method == b"CONNECT" and status // 100 == 2  # noqa: PLR2004 - a class of statuses
    switched = connect or (status == _SWITCHING_PROTOCOLS and request.tunnel)
    bodyless = request.method == b"HEAD" or status // 100 == 1 or status in _NO_BODY or switched
    body = Sized(0) if bodyless else fields.body(UntilClose())
    keep_alive = fields.keep_alive(parser.get_http_version()) and not body.until_close
    return Head(raw, body, status=status, keep_alive=keep_alive, tunnel=switched)


def _feed(
    parser: httptools.HttpRequestParser | httptools.HttpResponseParser,
    raw: bytes,
    fields: _Fields,
) -> None:
    if not raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n"):
        raise BadMessage("a line does not end with CR LF")
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # the callbacks have run; the bytes after the head are not the parser's business
    except httptools.HttpParserError as error:
        raise BadMessage(str(error)) from error
    if not fields.complete:
        raise BadMessage("the head does not end")
