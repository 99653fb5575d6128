"""Errors as problem details (RFC 9457): the only place where an error becomes a status code."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chittyops.kernel.errors import (
    Cancelled,
    ChittyOpsError,
    Conflict,
    Misconfigured,
    NotFound,
    Refused,
    Unavailable,
)
from chittyops.kernel.errors import Problem as KernelProblem

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[ChittyOpsError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Refused: HTTPStatus.CONFLICT,
    Cancelled: HTTPStatus.CONFLICT,
    Misconfigured: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

_log = logging.getLogger(__name__)


class ProblemItem(BaseModel):
    """One of several things that are wrong, with its place where it is known."""

    message: str
    path: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""


class Problem(BaseModel):
    """A problem document: what went wrong, and what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    hint: str | None = None
    problems: list[ProblemItem] | None = Field(default=None)


class HttpProblem(HTTPException):
    """An error that only HTTP knows (401, 403, 412, 413, 428), with a hint."""

    def __init__(self, status: HTTPStatus, detail: str, *, hint: str = "") -> None:
        """Say what is wrong with the request, and in ``hint`` what to do."""
        super().__init__(status, detail)
        self.hint = hint


Render = Callable[[Request, Problem], Awaitable[Response]]
"""Turns a problem into a response that fits the client (JSON for programs, a page for people)."""


def document(status: int, detail: str, *, hint: str = "", items: list[ProblemItem] | None = None) -> Problem:
    """Return the problem document of an HTTP status."""
    title = HTTPStatus(status).phrase
    return Problem(title=title, status=status, detail=detail or title, hint=hint or None, problems=items)


def from_error(error: ChittyOpsError) -> Problem:
    """Return the problem document of one of our own errors."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), HTTPStatus.INTERNAL_SERVER_ERROR)
    items = [_item(p) for p in error.problems] if isinstance(error, Misconfigured) else None
    return document(status, error.message, hint=error.hint, items=items)


def _item(problem: KernelProblem) -> ProblemItem:
    place = problem.place
    if place is None:
        return ProblemItem(message=problem.message, hint=problem.hint)
    return ProblemItem(
        message=problem.message, path=place.path, line=place.line, column=place.column, hint=problem.hint
    )


def json_response(problem: Problem) -> Response:
    """Return ``problem`` as JSON, with the headers its status asks for."""
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == HTTPStatus.UNAUTHORIZED else {}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    content = problem.model_dump(exclude_none=True)
    # ASCII escapes: a detail may quote what the client sent, including what UTF-8 cannot carry.
    return Response(json.dumps(content), problem.status, headers, MEDIA_TYPE)


async def render_json(_request: Request, problem: Problem) -> Response:
    """Render every problem as JSON."""
    return json_response(problem)


def install(app: FastAPI, render: Render = render_json) -> None:
    """Map every foreseeable error of ``app`` to a problem document."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ChittyOpsError)  # noqa: S101 - narrows the type Starlette promises
        return await render(request, from_error(error))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - narrows the type Starlette promises
        response = await render(request, document(error.status_code, error.detail, hint=getattr(error, "hint", "")))
        response.headers.update(error.headers or {})
        return response

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the type Starlette promises
        return await render(request, _validation(error))

    app.add_exception_handler(ChittyOpsError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _validation(error: RequestValidationError) -> Problem:
    items = [ProblemItem(message=e["msg"], path=".".join(str(part) for part in e["loc"])) for e in error.errors()]
    first = items[0]
    return document(HTTPStatus.UNPROCESSABLE_ENTITY, f"{first.path}: {first.message}", items=items)


class Failures:
    """Answers 500 without internals when something nobody foresaw goes wrong, and logs it with its traceback."""

    def __init__(self, app: ASGIApp, *, render: Render = render_json) -> None:
        """Wrap ``app``."""
        self._app = app
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; catch what escapes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # the edge: whatever it is, the client gets an answer
            if started:
                raise
            response = await self._render(Request(scope), _escaped(error, f"{scope['method']} {scope['path']}"))
            await response(scope, receive, send)


def _escaped(error: Exception, request: str) -> Problem:
    """Return the problem of an error that no route handled: ours from the layers around them, or nobody's."""
    if isinstance(error, ChittyOpsError):
        return from_error(error)
    _log.error("unforeseen error: %s", request, exc_info=error)
    return document(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "the operations centre made a mistake",
        hint="the log of the api process says what, in the state directory: logs/api.log",
    )


def describe(schema: dict[str, Any], *, public: frozenset[str]) -> dict[str, Any]:
    """Return an OpenAPI ``schema`` in which every operation documents problems and access.

    Operations on the ``public`` paths need no credentials. FastAPI's own 422 model is replaced.
    """
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    reference = "#/components/schemas/{model}"
    model = Problem.model_json_schema(ref_template=reference)
    schemas.update(model.pop("$defs", {}))
    schemas["Problem"] = model
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "chittyops_session_7780",
            "description": "The cookie of a browser; its name ends with the port.",
        },
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": reference.format(model="Problem")}}}
    for path, operations in schema.get("paths", {}).items():
        for operation in operations.values():
            responses = operation["responses"]
            if path not in public:
                operation["security"] = [{"token": []}, {"session": []}]
                responses["401"] = {"description": "No valid token or session", "content": content}
                responses["403"] = {"description": "The role is too low", "content": content}
            if "422" in responses:
                responses["422"] = {"description": "The request is not valid", "content": content}
            responses["default"] = {"description": "A problem (RFC 9457)", "content": content}
    return schema
