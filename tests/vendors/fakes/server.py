"""A vendor on loopback: keeps state, answers as the vendor does, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

TOKEN = "token-of-the-account-0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def parts(self) -> list[str]:
        """Return the decoded segments of the path."""
        return [unquote(part) for part in self.path.strip("/").split("/")]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor says: JSON unless ``raw`` is given; ``truncated`` and ``closed`` break the connection."""

    status: int
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    truncated: bool = False
    closed: bool = False
    delay_seconds: float = 0.0

    @property
    def body(self) -> bytes:
        """Return the bytes of the body."""
        if self.raw is not None:
            return self.raw
        return b"" if self.data is None else json.dumps(self.data).encode()


Fault = Callable[[Call, Callable[[], Answer]], Answer]
"""Answers a call in the vendor's place; the second argument carries it out and returns the true answer."""


def status(code: int, **headers: str) -> Fault:
    """Return a fault that says ``code`` and does nothing."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda call, _do: Answer(code, {"message": f"fault for {json.dumps(call.body)}"}, named)


def after(code: int) -> Fault:
    """Return a fault that does what is asked and then says ``code``."""

    def fault(call: Call, do: Callable[[], Answer]) -> Answer:
        do()
        return Answer(code, {"message": "internal error"})

    return fault


def not_json(_call: Call, do: Callable[[], Answer]) -> Answer:
    """Do what is asked and answer with a page."""
    do()
    return Answer(200, raw=b"<!doctype html><title>Just a moment...</title>", headers={"content-type": "text/html"})


def wrong_type(_call: Call, do: Callable[[], Answer]) -> Answer:
    """Do what is asked and answer with JSON of another shape."""
    do()
    return Answer(200, ["surprise", 1])


def truncated(_call: Call, do: Callable[[], Answer]) -> Answer:
    """Do what is asked and break off in the middle of the answer."""
    true = do()
    return Answer(true.status, raw=true.body[:3] or b"{", headers={"content-length": "5000"}, truncated=True)


def closed(_call: Call, _do: Callable[[], Answer]) -> Answer:
    """Hang up."""
    return Answer(0, closed=True)


def slow(_call: Call, do: Callable[[], Answer]) -> Answer:
    """Do what is asked and answer too late."""
    do()
    return Answer(200, {}, delay_seconds=30)


class Fake:
    """A server of a vendor's API. ``faults`` are used up one by one by the calls that ``fails`` picks."""

    prefix = ""

    def __init__(self) -> None:
        """Begin with no state; a subclass adds its own."""
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.fails: Callable[[Call], bool] = lambda _call: True
        self.problems: list[str] = []
        self.gate: Callable[[Call], None] = lambda _call: None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[Any]] = set()
        self.url = ""
        self.token = TOKEN

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 22)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self.prefix}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Stop, and fail where what was said did not fit the vendor's own description."""
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        assert kind is not None or not self.problems, "\n".join(self.problems)

    def writes(self) -> list[Call]:
        """Return the calls that were to change something."""
        return [call for call in self.calls if self.is_write(call)]

    def is_write(self, call: Call) -> bool:
        """Return whether ``call`` is to change something."""
        return call.method != "GET"

    def allowed(self, call: Call) -> bool:
        """Return whether the right token came along."""
        return call.headers.get("authorization") == f"Bearer {self.token}"

    def answer(self, call: Call) -> Answer:
        """Carry ``call`` out."""
        raise NotImplementedError

    def check(self, call: Call, answer: Answer) -> None:
        """Note in ``problems`` what does not fit the vendor's description; a subclass knows it."""

    def refused(self) -> Answer:
        """Return the answer to a wrong token."""
        return Answer(401, {"message": "Bad credentials"})

    def _true(self, call: Call) -> Answer:
        answer = self.answer(call) if self.allowed(call) else self.refused()
        self.check(call, answer)
        return answer

    def _faulty(self, call: Call) -> Answer:
        if self.faults and self.fails(call):
            return self.faults.pop(0)(call, lambda: self._true(call))
        return self._true(call)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._one(reader, writer):
                    pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = request.split(" ")
        parts = urlsplit(target)
        path = parts.path.removeprefix(self.prefix)
        call = Call(method, path, dict(parse_qsl(parts.query)), headers, json.loads(body) if body else None)
        self.calls.append(call)
        self.gate(call)
        answer = self._faulty(call)
        if answer.delay_seconds:
            await asyncio.sleep(answer.delay_seconds)
        if answer.closed:
            return False
        sent = {"content-type": "application/json", "content-length": str(len(answer.body)), **answer.headers}
        if answer.status == 204:
            del sent["content-length"]
        text = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        writer.write(f"HTTP/1.1 {answer.status} X\r\n{text}\r\n".encode() + answer.body)
        await writer.drain()
        return not answer.truncated
