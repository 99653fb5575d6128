"""The API of access: tokens, login links, the audit journal, and whether the centre is there at all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from chittyops import __version__
from chittyops.app.access import Access, Token
from chittyops.interface.web.access import Admin, Role, Viewer
from chittyops.interface.web.paging import Page, PageQuery
from chittyops.runtime import journal
from chittyops.runtime.postgres import Database

HEALTH_PATH = "/api/v1/health"
LINKS_PATH = "/api/v1/login-links"
TOKENS_PATH = "/api/v1/tokens"


class HealthView(BaseModel):
    """The API answers."""

    status: Literal["ok"] = "ok"
    version: str = __version__


class LinkRequest(BaseModel):
    """The role of the session that the link opens."""

    role: Role = Role.ADMIN


class LinkView(BaseModel):
    """A link that signs one browser in, once."""

    url: str
    expires_at: datetime


class TokenRequest(BaseModel):
    """A token to be made."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,62}$", description="who or what will use it")
    role: Role


class TokenView(BaseModel):
    """A token as it can be listed."""

    id: str
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, token: Token) -> TokenView:
        """Return the view of ``token``."""
        return cls.model_validate(token, from_attributes=True)


class NewTokenView(TokenView):
    """A token just made: the only time its secret is shown."""

    token: str


class AuditView(BaseModel):
    """One change that somebody made."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    detail: dict[str, object]


def routes(access: Access, database: Database) -> APIRouter:
    """Return the routes of access."""
    router = APIRouter(tags=["access"])

    @router.get(HEALTH_PATH, tags=["centre"])
    async def read_health() -> HealthView:
        """Say that the API is there. Needs no token."""
        return HealthView()

    @router.post(LINKS_PATH, status_code=201)
    async def create_login_link(request: Request, asking: Admin, link: LinkRequest | None = None) -> LinkView:
        """Make a link, valid once for five minutes, that signs a browser in."""
        code, expires_at = await access.create_link(asking, link.role if link else Role.ADMIN)
        # "localhost", since services here live on 127.0.0.1: browsers then keep this cookie from them.
        url = request.url.replace(hostname="localhost", path="/login", query=f"code={code}")
        return LinkView(url=str(url), expires_at=expires_at)

    @router.get(TOKENS_PATH)
    async def list_tokens(_asking: Admin) -> Page[TokenView]:
        """List all tokens, without their secrets."""
        return Page(items=[TokenView.of(token) for token in await access.tokens()])

    @router.post(TOKENS_PATH, status_code=201)
    async def create_token(asking: Admin, token: TokenRequest) -> NewTokenView:
        """Make a token; its secret is in the answer and nowhere else."""
        made, secret = await access.create_token(token.name, token.role, asking.actor)
        return NewTokenView(**TokenView.of(made).model_dump(), token=secret)

    @router.delete(TOKENS_PATH + "/{token_id}", status_code=204)
    async def revoke_token(asking: Admin, token_id: Annotated[str, Path(max_length=64)]) -> None:
        """End a token and the sessions that came from it."""
        await access.revoke_token(token_id, asking.actor)

    @router.get("/api/v1/audit", tags=["audit"])
    async def list_audit(_asking: Viewer, paging: PageQuery) -> Page[AuditView]:
        """List who changed what, newest first."""
        async with database.transaction() as tx:
            entries = await journal.page(tx, before=paging.before, limit=paging.limit + 1)
        return paging.page(entries, lambda e: e.id, lambda e: AuditView.model_validate(e, from_attributes=True))

    return router
