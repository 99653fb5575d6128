"""What a version says of itself: its build, that it is well, that it listens, that it lives."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import httptools

from chittyops.capabilities.deploy.model import Check, Target, Verified
from chittyops.capabilities.deploy.providers.local.stream import Stream

HOST = "127.0.0.1"
_MAX_BODY = 256 * 1024


class NotHealthy(Exception):
    """The version does not answer well (yet); the text says how."""


async def check(target: Target, port: int) -> Verified:
    """Ask the version that listens on ``port``, by the strongest check it has. Raises NotHealthy.

    For a service without a port there is nothing to ask: the caller looks at its process.
    """
    service = target.desired.service
    try:
        async with asyncio.timeout(service.health.timeout_seconds):
            if not service.health.path or service.deploy.protocol != "http":
                stream = await _connect(port)
                stream.abort()
                return Verified(Check.PORT, f"port {port} accepts connections")
            return await _ask(service.health.path, port, target.build_id)
    except TimeoutError:
        raise NotHealthy(f"no answer within {service.health.timeout_seconds:g} s") from None
    except OSError as error:
        raise NotHealthy(f"port {port}: {error.strerror or error}") from None


async def _connect(port: int) -> Stream:
    _, stream = await asyncio.get_running_loop().create_connection(Stream, HOST, port)
    return stream


class _Answer:
    """Collects one response from llhttp's callbacks."""

    def __init__(self) -> None:
        self.build_header = ""
        self.body = bytearray()
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-build-id":
            self.build_header = value.decode("latin-1").strip()

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete = True

    @property
    def build(self) -> str:
        """Return the build id it carries: the header, or the key "build" of its JSON, or ""."""
        if self.build_header:
            return self.build_header
        with suppress(ValueError):
            document = json.loads(self.body)
            if isinstance(document, dict) and isinstance(document.get("build"), str):
                return str(document["build"])
        return ""


async def _ask(path: str, port: int, build_id: str) -> Verified:
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    stream = await _connect(port)
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        await stream.send(request.encode())
        while not answer.complete and len(answer.body) <= _MAX_BODY and (data := await stream.read()):
            parser.feed_data(data)
    except httptools.HttpParserError as error:
        raise NotHealthy(f"the answer is not HTTP: {error}") from None
    finally:
        stream.abort()
    status = parser.get_status_code()
    if not status:
        raise NotHealthy(f"GET {path}: the connection was closed without an answer")
    if status // 100 != 2:  # noqa: PLR2004 - the class of statuses that mean success
        raise NotHealthy(f"GET {path} answers {status}")
    if not answer.build:
        return Verified(Check.STATUS, f"GET {path} answers {status}, without a build id")
    if answer.build != build_id:
        raise NotHealthy(f"GET {path} reports build {answer.build[:80]}")
    return Verified(Check.BUILD, f"GET {path} reports build {build_id}")
