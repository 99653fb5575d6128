"""Access: API tokens, one-time login links, browser sessions. Only hashes are stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chittyops.interface.web.access import Principal, Role
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import NotFound, Refused
from chittyops.runtime import journal
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database, Transaction

TOKEN_PREFIX = "chittyops_"  # noqa: S105 - makes a leaked token recognisable to scanners; no secret itself
LINK_LIFETIME = timedelta(minutes=5)
SESSION_LIFETIME = timedelta(hours=12)
SEEN_INTERVAL = timedelta(minutes=1)
LOCAL_ADMIN = "local"
"""Id and name of the token that the CLI on this machine uses; it is made at the first start."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is known afterwards: everything but the token itself."""

    id: str
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's session; ``value`` goes into its cookie and is stored nowhere."""

    value: str
    principal: Principal
    expires_at: datetime


def _hash(secret: str) -> str:
    # Plain SHA-256 suffices: the secrets are 256 random bits, which no dictionary contains.
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _token(row: Mapping[str, Any]) -> Token:
    return Token(
        id=row["id"], name=row["name"], role=Role(row["role"]), created_at=row["created_at"],
        last_used_at=row["last_used_at"], revoked_at=row["revoked_at"],
    )  # fmt: skip


class Access:
    """Knows who may come in, and writes down every change of that."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep tokens, links and sessions in ``database``."""
        self._database = database
        self._clock = clock

    async def by_token(self, token: str) -> Principal | None:
        """Return whose token this is, or None. Notes its use, at most once a minute."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await tx.row(
                "SELECT id, name, role, last_used_at FROM api_token WHERE hash = :hash AND revoked_at IS NULL",
                hash=_hash(token),
            )
            if row is None:
                return None
            if row["last_used_at"] is None or row["last_used_at"] < now - SEEN_INTERVAL:
                await tx.run("UPDATE api_token SET last_used_at = :now WHERE id = :id", now=now, id=row["id"])
        return Principal(row["name"], Role(row["role"]))

    async def by_session(self, session: str) -> Principal | None:
        """Return whose session this is, or None when there is none or it has ended."""
        async with self._database.transaction() as tx:
            row = await tx.row(
                "SELECT actor, role FROM session WHERE hash = :hash AND expires_at > :now",
                hash=_hash(session), now=self._clock.now(),
            )  # fmt: skip
        return Principal(row["actor"], Role(row["role"]), session=True) if row else None

    async def tokens(self) -> list[Token]:
        """Return all tokens, the newest first, the revoked ones too."""
        async with self._database.transaction() as tx:
            rows = await tx.rows("SELECT * FROM api_token ORDER BY created_at DESC, id")
        return [_token(row) for row in rows]

    async def create_token(self, name: str, role: Role, actor: str) -> tuple[Token, str]:
        """Return a new token and its secret, which nobody can read again."""
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = Token(secrets.token_hex(6), name, role, self._clock.now())
        async with self._database.transaction() as tx:
            if await tx.row("SELECT 1 FROM api_token WHERE name = :name AND revoked_at IS NULL", name=name):
                message = f"there is a token named {name} already"
                raise Refused(message, hint="revoke it first, or choose another name")
            await self._insert(tx, token, secret)
            await self._note(tx, actor, "token.create", f"token/{token.id}", {"name": name, "role": role.value})
        return token, secret

    async def revoke_token(self, token_id: str, actor: str) -> None:
        """End a token, and the links and sessions that it made. Raises NotFound."""
        async with self._database.transaction() as tx:
            row = await tx.row("SELECT name FROM api_token WHERE id = :id AND revoked_at IS NULL", id=token_id)
            if row is None:
                message = f"no token with the id {token_id}"
                raise NotFound(message, hint="GET /api/v1/tokens lists them")
            if token_id == LOCAL_ADMIN:
                message = "the token of the CLI on this machine cannot be revoked"
                raise Refused(message, hint="delete admin_token from credentials.json and start again")
            await tx.run("UPDATE api_token SET revoked_at = :now WHERE id = :id", now=self._clock.now(), id=token_id)
            await tx.run("DELETE FROM session WHERE actor = :name", name=row["name"])
            await tx.run("DELETE FROM login_link WHERE actor = :name", name=row["name"])
            await self._note(tx, actor, "token.revoke", f"token/{token_id}", {"name": row["name"]})

    async def create_link(self, asking: Principal, role: Role) -> tuple[str, datetime]:
        """Return the code of a one-time login link, and when it ends to be valid."""
        code = secrets.token_urlsafe(32)
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await tx.run("DELETE FROM login_link WHERE expires_at < :now", now=now)
            await tx.run(
                "INSERT INTO login_link (hash, actor, role, expires_at) VALUES (:hash, :actor, :role, :expires)",
                hash=_hash(code), actor=asking.actor, role=role.value, expires=now + LINK_LIFETIME,
            )  # fmt: skip
            await self._note(tx, asking.actor, "login.link", "login", {"role": role.value})
        return code, now + LINK_LIFETIME

    async def redeem(self, code: str) -> Session | None:
        """Return a new session for a link's code, or None when it is used up, too old or no such thing."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await tx.row(
                "UPDATE login_link SET used_at = :now WHERE hash = :hash AND used_at IS NULL AND expires_at > :now"
                " RETURNING actor, role",
                hash=_hash(code), now=now,
            )  # fmt: skip
            if row is None:
                return None
            asking = Principal(row["actor"], Role(row["role"]), session=True)
            session = Session(secrets.token_urlsafe(32), asking, now + SESSION_LIFETIME)
            await tx.run("DELETE FROM session WHERE expires_at < :now", now=now)
            await tx.run(
                "INSERT INTO session (hash, actor, role, created_at, expires_at)"
                " VALUES (:hash, :actor, :role, :now, :expires)",
                hash=_hash(session.value), actor=asking.actor, role=asking.role.value, now=now,
                expires=session.expires_at,
            )  # fmt: skip
            await self._note(tx, asking.actor, "login", "session", {"role": asking.role.value})
        return session

    async def sign_out(self, session: str, actor: str) -> None:
        """End a browser's session."""
        async with self._database.transaction() as tx:
            await tx.run("DELETE FROM session WHERE hash = :hash", hash=_hash(session))
            await self._note(tx, actor, "logout", "session", {})

    async def ensure_local_admin(self, home: Home) -> None:
        """Make sure that the token in the state directory, made at the first start, is a valid admin's."""
        secret = home.credential("admin_token").reveal()
        token = Token(LOCAL_ADMIN, LOCAL_ADMIN, Role.ADMIN, self._clock.now())
        async with self._database.transaction() as tx:
            if not await tx.row("SELECT 1 FROM api_token WHERE hash = :hash", hash=_hash(secret)):
                await tx.run("DELETE FROM api_token WHERE id = :id", id=LOCAL_ADMIN)
                await self._insert(tx, token, secret)
                await self._note(tx, "centre", "token.create", f"token/{LOCAL_ADMIN}", {"role": "admin"})

    @staticmethod
    async def _insert(tx: Transaction, token: Token, secret: str) -> None:
        await tx.run(
            "INSERT INTO api_token (id, name, role, hash, created_at) VALUES (:id, :name, :role, :hash, :at)",
            id=token.id, name=token.name, role=token.role.value, hash=_hash(secret), at=token.created_at,
        )  # fmt: skip

    async def _note(self, tx: Transaction, actor: str, action: str, target: str, detail: Mapping[str, str]) -> None:
        await journal.record(tx, at=self._clock.now(), actor=actor, action=action, target=target, detail=detail)
