"""Asks services over HTTP/1.1, each time on a new connection, as a new client of theirs would have to.

Written on llhttp because a full client spends several times the CPU on a probe.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from functools import cache
from http import HTTPStatus
from urllib.parse import SplitResult, quote, urlsplit

import httptools

from chittyops.capabilities.health.model import ProbeResult, ProbeTarget
from chittyops.kernel.clock import Clock
from chittyops.runtime.http import USER_AGENT

_MAX_BODY_BYTES = 64 * 1024
_CHUNK_BYTES = 16 * 1024
_MAX_BUILD_LENGTH = 100
_URL_CHARACTERS = "/:?#[]@!$&'()*+,;=%"


class _Answer:
    """Collects one response from the parser's callbacks; interim ones (1xx) are passed over."""

    def __init__(self) -> None:
        self.build = ""
        self.body = bytearray()
        self.complete = False
        self._parser = httptools.HttpResponseParser(self)

    @property
    def status(self) -> int:
        """Return the status, 0 as long as there is none."""
        return int(self._parser.get_status_code())

    def feed(self, data: bytes) -> None:
        """Take in what was read. Raises httptools.HttpParserError where it is not HTTP."""
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Notice the build."""
        if name.lower() == b"x-build-id":
            self.build = value.decode("latin-1").strip()

    def on_body(self, data: bytes) -> None:
        """Keep the body."""
        self.body += data

    def on_message_complete(self) -> None:
        """Notice the end."""
        self.complete = self.status >= HTTPStatus.OK


class HttpProbe:
    """Implements the port ``Probe``."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock that says when a probe was made."""
        self._clock = clock

    async def ask(self, target: ProbeTarget) -> ProbeResult:
        """Return what the service answered; that it did not is a result too, never an error."""
        at, began = self._clock.now(), self._clock.monotonic_seconds()
        try:
            async with asyncio.timeout(target.timeout_seconds):
                answer = await _ask(target)
        except TimeoutError:
            return ProbeResult(target, at, ok=False, detail=f"no answer within {target.timeout_seconds:g} s")
        except (OSError, httptools.HttpParserError, ValueError) as error:
            return ProbeResult(target, at, ok=False, detail=_reason(error))
        latency_ms = (self._clock.monotonic_seconds() - began) * 1000
        well = not target.path or HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
        detail = "" if well else f"answered with status {answer.status}"
        return ProbeResult(target, at, well, detail, _build(answer), latency_ms)


async def _ask(target: ProbeTarget) -> _Answer:
    url = urlsplit(target.address)
    if not url.hostname:
        message = "its address is not a URL"
        raise ValueError(message)
    secure = url.scheme == "https"
    reader, writer = await asyncio.open_connection(
        url.hostname, url.port or (443 if secure else 80), ssl=_tls() if secure else None
    )
    try:
        return await _exchange(reader, writer, url, target.path) if target.path else _Answer()
    finally:
        # Nothing more is wanted of the connection, so its farewell is not waited for.
        writer.transport.abort()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: SplitResult, path: str) -> _Answer:
    target = quote(url.path.rstrip("/") + "/" + path.lstrip("/"), safe=_URL_CHARACTERS)
    host = url.netloc.rpartition("@")[2]
    head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: application/json, */*\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    answer = _Answer()
    while not answer.complete and len(answer.body) <= _MAX_BODY_BYTES and (data := await reader.read(_CHUNK_BYTES)):
        answer.feed(data)
    if not answer.status:
        message = "closes the connection without an answer"
        raise ValueError(message)
    return answer


def _build(answer: _Answer) -> str:
    """Return the build that the service reports: its header X-Build-Id, or the key ``build`` of its JSON."""
    build: object = answer.build
    if not build and answer.body.lstrip().startswith(b"{"):
        try:
            build = json.loads(answer.body).get("build")
        except ValueError:
            build = None
    return build[:_MAX_BUILD_LENGTH] if isinstance(build, str) else ""


def _reason(error: Exception) -> str:
    """Return why nobody answered, in words that are the same for the same trouble."""
    if isinstance(error, ConnectionRefusedError):
        return "refuses connections"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, httptools.HttpParserError):
        return "does not answer in HTTP"
    if isinstance(error, ValueError):
        return str(error)
    return f"cannot be reached: {getattr(error, 'strerror', None) or str(error) or type(error).__name__}"


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
