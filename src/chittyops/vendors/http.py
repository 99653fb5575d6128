"""Calls to a vendor's API: retries where they are safe, one budget for an account, and tokens that never show."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.runtime import http
from chittyops.runtime.home import Home
from chittyops.vendors import replies
from chittyops.vendors.budget import LONGEST_WAIT_SECONDS, Budget
from chittyops.vendors.catalogue import Credential, Vendor

T = TypeVar("T")

ATTEMPTS: Final = 4
ANSWER_SECONDS: Final = 30.0
FIRST_DELAY_SECONDS: Final = 0.5
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_LATER: Final = frozenset({HTTPStatus.LOCKED, HTTPStatus.TOO_MANY_REQUESTS})
"""Answers after which nothing has happened yet, so that a write may be sent again, too."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call. Every Secret in ``body`` is revealed where it is sent, and in no error.

    ``reads``: it changes nothing, so that it may be sent again whatever became of it. ``credential`` replaces the
    account's own. ``label`` is what errors call the request. ``problem`` returns the status that an answer of 200
    stands for in truth, 0 for itself: some APIs say "no" in the body alone.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = "application/json"
    reads: bool = False
    credential: Credential | None = None
    label: str = ""
    problem: Callable[[Any], int] = lambda _data: 0

    def __str__(self) -> str:
        """Return what errors call it."""
        return self.label or f"{self.method} {self.path}"


class Account:
    """One account at one vendor. A context manager: connections are closed at its end."""

    def __init__(
        self,
        vendor: Vendor,
        credential: Credential,
        budget: Budget,
        *,
        url: str = "",
        answer_seconds: float = ANSWER_SECONDS,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Take who is called with which token; ``url`` replaces the vendor's own address."""
        self.vendor = vendor
        self.credential = credential
        self._budget = budget
        self._answer_seconds = answer_seconds
        self.pause = pause
        self._client = http.client(
            guard=None, base_url=checked(url or vendor.url, vendor), timeout_seconds=answer_seconds
        )

    @classmethod
    def of(cls, vendor: Vendor, environ: Mapping[str, str], home: Home, clock: Clock) -> Account:
        """Return the account whose token ``environ`` holds. Raises Misconfigured where it holds none."""
        credential = vendor.credential(environ)
        # The limits are those of a token, or of its user; the name of the file must not tell it.
        mark = sha256(f"{home.mark}{credential.token.reveal()}".encode()).hexdigest()[:16]
        path = home.file("budgets", f"{vendor.name.lower()}-{mark}.json")
        budget = Budget(path, vendor.name, vendor.calls, vendor.seconds, clock)
        return cls(vendor, credential, budget, url=environ.get(vendor.url_variable, ""))

    async def __aenter__(self) -> Self:
        """Return the account itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def fetch(self, kind: type[T], request: Request) -> T:
        """Return the answer to ``request`` as a ``kind``. Raises what ``send`` raises, and Unavailable for a misfit."""
        return replies.parsed(kind, await self.send(request), self.vendor, str(request))

    async def send(self, request: Request) -> Any:
        """Return the JSON that ``request`` is answered with; None where the answer is empty.

        A read is tried again after 408, 423, 429, 5xx and a broken connection, a write only after 423 and 429: what
        else became of it must be looked up. Raises Unavailable, Misconfigured, Refused, NotFound or Conflict.
        """
        secrets: set[str] = set()
        content = None if request.body is None else json.dumps(request.body, default=_revealing(secrets)).encode()
        reads = request.reads or request.method == "GET"
        for attempt in range(1, ATTEMPTS + 1):
            await self._budget.take()
            last = attempt == ATTEMPTS
            try:
                response = await self._response(request, content)
            except (httpx.RequestError, TimeoutError) as error:
                if last or not reads:
                    raise self._unreachable(request, error, reads=reads) from None
                await self.pause(_backoff(attempt))
                continue
            if not _again(response.status_code, reads=reads):
                return self._answer(request, response, secrets)
            delay = _retry_after(response, self._budget.clock)
            if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and delay:
                self._budget.close(delay)
            if last or delay > LONGEST_WAIT_SECONDS:
                return self._answer(request, response, secrets)
            await self.pause(_jittered(delay) if delay else _backoff(attempt))
        raise AssertionError  # the last attempt returns or raises

    async def _response(self, request: Request, content: bytes | None) -> httpx.Response:
        credential = request.credential or self.credential
        headers = {"Accept": "application/json", credential.header: credential.value}
        if content is not None:
            headers["Content-Type"] = request.content_type
        # httpx limits each read; this limits the whole, so that an answer in drops ends, too.
        async with asyncio.timeout(self._answer_seconds):
            return await self._client.request(
                request.method, request.path, params=dict(request.query), content=content, headers=headers
            )

    def _answer(self, request: Request, response: httpx.Response, secrets: set[str]) -> Any:
        data, is_json = _decoded(response)
        status = request.problem(data) or response.status_code
        if not httpx.codes.is_success(status):
            credential = request.credential or self.credential
            raise replies.failure(status, data, self.vendor, credential, str(request), secrets)
        if not is_json:
            raise Unavailable(
                f"{self.vendor.name} answered {request} with something that is not JSON",
                hint="a proxy or the vendor's edge may have answered in its place; try again",
            )
        return data

    def _unreachable(self, request: Request, error: Exception, *, reads: bool) -> Unavailable:
        unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        reason = "no answer in time" if isinstance(error, httpx.TimeoutException | TimeoutError) else "connection lost"
        unknown = "" if reads or unsent else "; whether it took effect is not known"
        return Unavailable(
            f"{self.vendor.name} cannot be reached: {request}: {'no connection' if unsent else reason}{unknown}",
            hint="look at the network, and at the vendor's status page",
        )


def checked(url: str, vendor: Vendor) -> str:
    """Return ``url``. Raises Misconfigured where a token would travel unencrypted."""
    parts = urlsplit(url)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        return url.rstrip("/")
    raise Misconfigured(
        f"{vendor.url_variable} is neither an https address nor one of this machine",
        hint=f"the address of {vendor.name} is {vendor.url}",
    )


def _revealing(secrets: set[str]) -> Callable[[object], str]:
    """Return what makes JSON of a Secret and notes its value in ``secrets``."""

    def reveal(value: object) -> str:
        if not isinstance(value, Secret):
            message = f"{type(value).__name__} is no JSON"
            raise TypeError(message)
        secrets.add(value.reveal())
        return value.reveal()

    return reveal


def _again(status: int, *, reads: bool) -> bool:
    if status in _LATER:
        return True
    return reads and (status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def _retry_after(response: httpx.Response, clock: Clock) -> float:
    """Return the seconds that Retry-After (RFC 9110, 10.2.3) asks to wait: a number or a date; 0 without one."""
    text = response.headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - clock.now()).total_seconds())


def _backoff(attempt: int) -> float:
    return _jittered(FIRST_DELAY_SECONDS * 2 ** (attempt - 1))


def _jittered(seconds: float) -> float:
    """Return a little more than ``seconds``, so that those who were sent away together do not come back together."""
    return seconds * random.uniform(1.0, 1.25)  # noqa: S311 - not a secret


def _decoded(response: httpx.Response) -> tuple[Any, bool]:
    """Return the JSON of an answer, and whether it is any; an empty answer is."""
    if not response.content:
        return None, True
    try:
        return response.json(), True
    except ValueError:
        return None, False
