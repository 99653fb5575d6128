"""Asks services over HTTP/1.1, each time on a new connection, as a new client of theirs would have to.

Written on h11 because a full client spends six times the CPU on a probe.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

import h11

from chittyops.capabilities.health.model import ProbeResult, ProbeTarget
from chittyops.kernel.clock import Clock
from chittyops.runtime.http import USER_AGENT

_MAX_BODY_BYTES = 64 * 1024
_CHUNK_BYTES = 16 * 1024
_MAX_BUILD_LENGTH = 100


@dataclass(slots=True)
class _Answer:
    status: int = 0
    build: str = ""
    body: bytes = b""


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
        except (OSError, h11.ProtocolError, ValueError) as error:
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
    connection = h11.Connection(h11.CLIENT)
    request = h11.Request(
        method="GET",
        target=url.path.rstrip("/") + "/" + path.lstrip("/"),
        headers=[
            ("Host", url.netloc.rpartition("@")[2]),
            ("User-Agent", USER_AGENT),
            ("Accept", "application/json, */*"),
            ("Connection", "close"),
        ],
    )
    writer.write((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    answer = _Answer()
    while len(answer.body) <= _MAX_BODY_BYTES:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK_BYTES))
        elif isinstance(event, h11.Response):
            answer.status = event.status_code
            answer.build = dict(event.headers).get(b"x-build-id", b"").decode("latin-1")
        elif isinstance(event, h11.Data):
            answer.body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            break
    return answer


def _build(answer: _Answer) -> str:
    """Return the build that the service reports: its header X-Build-Id, or the key ``build`` of its JSON."""
    build: object = answer.build
    if not build and answer.body.lstrip()[:1] == b"{":
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
    if isinstance(error, h11.ProtocolError):
        return "does not answer in HTTP"
    return f"cannot be reached: {getattr(error, 'strerror', None) or str(error) or type(error).__name__}"


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
