"""Who is asking, and what they may do: roles, the check of each route, authentication before any route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import Depends
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chittyops.interface.web.problems import HttpProblem, Render, document, render_json


class Role(StrEnum):
    """What somebody may do: each role may do everything the ones before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def allows(self, needed: Role) -> bool:
        """Return whether this role is enough where ``needed`` is asked for."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. ``session`` says that a browser's cookie vouches for them, not a token."""

    actor: str
    role: Role
    session: bool = False


class Authenticator(Protocol):
    """Knows the tokens and sessions."""

    async def by_token(self, token: str) -> Principal | None:
        """Return whose token this is, or None."""
        ...

    async def by_session(self, session: str) -> Principal | None:
        """Return whose session this is, or None when there is none or it has ended."""
        ...


def cookie_name(request: Request) -> str:
    """Return the name of the session cookie: with the port, since cookies do not keep ports apart."""
    return f"chittyops_session_{request.url.port or 80}"


def principal(request: Request) -> Principal:
    """Return who is asking. Raises 401 when nobody was authenticated."""
    found = getattr(request.state, "principal", None)
    if not isinstance(found, Principal):
        raise HttpProblem(HTTPStatus.UNAUTHORIZED, "no valid token or session", hint=SIGN_IN)
    return found


SIGN_IN = "send `Authorization: Bearer <token>`, or run `chittyops open` to sign a browser in"


def require(role: Role) -> Callable[[Request], Awaitable[Principal]]:
    """Return the dependency that lets through whoever has at least ``role``, and gives who it is."""

    async def check(request: Request) -> Principal:
        asking = principal(request)
        if not asking.role.allows(role):
            message = f"this needs the role {role}; {asking.actor} is {asking.role}"
            raise HttpProblem(HTTPStatus.FORBIDDEN, message, hint="ask an admin for a token with that role")
        return asking

    check.role = role  # type: ignore[attr-defined]  # read by the test that walks all routes
    return check


Viewer = Annotated[Principal, Depends(require(Role.VIEWER))]
Operator = Annotated[Principal, Depends(require(Role.OPERATOR))]
Admin = Annotated[Principal, Depends(require(Role.ADMIN))]


class Authentication:
    """Finds out who is asking before any route runs; everything but the ``public`` paths needs somebody."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        authenticator: Authenticator,
        public: Callable[[str], bool],
        render: Render = render_json,
    ) -> None:
        """Wrap ``app``; ``render`` answers whoever is nobody."""
        self._app = app
        self._authenticator = authenticator
        self._public = public
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Attach the principal to the request, or answer 401."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if not self._public(request.url.path):
            found = await self._find(request)
            if found is None:
                problem = document(HTTPStatus.UNAUTHORIZED, "no valid token or session", hint=SIGN_IN)
                response = await self._render(request, problem)
                await response(scope, receive, send)
                return
            request.state.principal = found
        await self._app(scope, receive, send)

    async def _find(self, request: Request) -> Principal | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme:
            return await self._authenticator.by_token(token.strip()) if scheme.lower() == "bearer" else None
        session = request.cookies.get(cookie_name(request), "")
        return await self._authenticator.by_session(session) if session else None
