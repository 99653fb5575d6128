"""What every request must be before anything looks at it, and the headers every response carries."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import NoReturn

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chittyops.interface.web.problems import HttpProblem, document, json_response

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_SUSPECT = re.compile(rb"\\u0000|\\u[dD][89a-fA-F]|NaN|Infinity")


class SecurityHeaders:
    """Adds the security headers to every response; pages and answers are never cached unless they say so."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers to what comes back."""

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, headed if scope["type"] == "http" else send)


class Guard:
    """Refuses requests that nothing behind it should see.

    A Host that is not ours (DNS rebinding), a write from another site (Origin), a body that is too large,
    text that PostgreSQL cannot store (NUL, lone surrogates) and numbers that JSON does not have.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: frozenset[str] = LOOPBACK,
        body_bytes: int = 16 * 2**20,
        larger_bodies: Mapping[str, int] | None = None,
    ) -> None:
        """Wrap ``app``; ``larger_bodies`` maps a prefix of paths to the bytes allowed below it."""
        self._app = app
        self._hosts = hosts
        self._body_bytes = body_bytes
        self._larger = larger_bodies or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            self._check_head(request)
            receive = self._limited(request, receive)
            if _is_json(request.headers):
                receive = replay(await _checked_json(Request(scope, receive)), receive)
        except HttpProblem as problem:
            answer = json_response(document(problem.status_code, problem.detail, hint=problem.hint))
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_head(self, request: Request) -> None:
        host = request.headers.get("host", "")
        if re.sub(r":\d*$", "", host).lower() not in self._hosts:
            raise HttpProblem(HTTPStatus.MISDIRECTED_REQUEST, "this host name is not served here")
        if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
            raise HttpProblem(HTTPStatus.BAD_REQUEST, "the address contains a NUL character")
        if request.method not in SAFE:
            _check_origin(request.headers, f"{request.url.scheme}://{host}")

    def _limited(self, request: Request, receive: Receive) -> Receive:
        path = request.scope["path"]
        limit = next((n for prefix, n in self._larger.items() if path.startswith(prefix)), self._body_bytes)
        problem = HttpProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {limit:,} bytes")
        declared = request.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            raise problem
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise problem
            return message

        return counted


def _check_origin(headers: Headers, own: str) -> None:
    """Refuse a write that another site's page makes a browser send."""
    origin = headers.get("origin")
    foreign = headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    unproven = origin is None and "cookie" in headers and "sec-fetch-site" not in headers
    if (origin is not None and origin != own) or foreign or (unproven and "authorization" not in headers):
        raise HttpProblem(HTTPStatus.FORBIDDEN, "this write comes from another site", hint=f"send it from {own}")


def _is_json(headers: Headers) -> bool:
    return "json" in headers.get("content-type", "").lower()


async def _checked_json(request: Request) -> bytes:
    body = await request.body()
    try:
        body.decode("utf-8")
        if _SUSPECT.search(body):
            _check_text(json.loads(body, parse_constant=_refuse_constant))
    except UnicodeDecodeError as error:
        raise HttpProblem(HTTPStatus.BAD_REQUEST, "the body is not UTF-8") from error
    except (ValueError, RecursionError):
        pass  # not JSON at all: the route's own parser says so, with the place
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise HttpProblem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name} is not a JSON number")


def _check_text(value: object) -> None:
    match value:
        case str():
            if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
                message = "the body contains a NUL character or half a surrogate pair"
                raise HttpProblem(HTTPStatus.UNPROCESSABLE_ENTITY, message)
        case dict():
            for key, item in value.items():
                _check_text(key)
                _check_text(item)
        case list():
            for item in value:
                _check_text(item)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives ``body`` once more, then whatever follows (the disconnect)."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
