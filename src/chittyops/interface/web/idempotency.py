"""``Idempotency-Key``: a create that is sent twice is done once, and answered the same way twice."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chittyops.interface.web.access import Principal
from chittyops.interface.web.guard import replay
from chittyops.interface.web.problems import document, json_response
from chittyops.kernel.clock import Clock
from chittyops.runtime.postgres import Database

HEADER = "idempotency-key"
MAX_KEY_LENGTH = 255
KEPT = timedelta(hours=24)
ABANDONED = timedelta(seconds=60)
"""After this time a request without an answer was cut off (its process died): the key may be used again."""


class Idempotency:
    """Remembers the answer to each POST that carries a key, for one actor, for a day.

    The same key with the same request gives the stored answer again; with another request 422; while the
    first is still being worked on 409. Only successes are stored: a failed create may be tried again.
    """

    def __init__(self, app: ASGIApp, *, database: Database, clock: Clock, exempt: frozenset[str] = frozenset()) -> None:
        """Wrap ``app``; answers of the ``exempt`` paths carry secrets and are never stored."""
        self._app = app
        self._exempt = exempt
        self._database = database
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the request, or answer from memory."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] in self._exempt:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        key = request.headers.get(HEADER, "")
        asking: Principal | None = getattr(request.state, "principal", None)
        if not key or asking is None:
            await self._app(scope, receive, send)
            return
        body = await request.body()
        answer = await self._known(asking.actor, key, _fingerprint(scope, body))
        if answer is None:
            await self._first(asking.actor, key, (scope, replay(body, receive), send))
        else:
            await answer(scope, receive, send)

    async def _known(self, actor: str, key: str, request: str) -> Response | None:
        """Reserve the key and return None, or return the answer for a key that is taken."""
        if len(key) > MAX_KEY_LENGTH or not key.isprintable():
            return json_response(document(HTTPStatus.UNPROCESSABLE_ENTITY, f"{HEADER}: at most 255 printable letters"))
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await tx.run(
                "DELETE FROM idempotency WHERE created_at < :expired"
                " OR (actor = :actor AND key = :key AND status IS NULL AND created_at < :abandoned)",
                actor=actor, key=key, expired=now - KEPT, abandoned=now - ABANDONED,
            )  # fmt: skip
            reserved = await tx.run(
                "INSERT INTO idempotency (actor, key, request, created_at) VALUES (:actor, :key, :request, :now)"
                " ON CONFLICT DO NOTHING",
                actor=actor, key=key, request=request, now=now,
            )  # fmt: skip
            row = await tx.row("SELECT * FROM idempotency WHERE actor = :actor AND key = :key", actor=actor, key=key)
        if reserved or row is None:
            return None
        if row["request"] != request:
            detail = "this Idempotency-Key was used for another request"
            return json_response(document(HTTPStatus.UNPROCESSABLE_ENTITY, detail, hint="use a new key"))
        if row["status"] is None:
            detail = "the first request with this Idempotency-Key is still being worked on"
            return json_response(document(HTTPStatus.CONFLICT, detail, hint="try again in a moment"))
        headers = {"Idempotency-Replayed": "true"}
        return Response(json.dumps(row["response"]), row["status"], headers, "application/json")

    async def _first(self, actor: str, key: str, call: tuple[Scope, Receive, Send]) -> None:
        """Do the request; keep its answer if it is a JSON success, else free the key."""
        scope, receive, send = call
        status = 0
        parts: list[bytes] = []

        async def kept(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._finish(actor, key, status, b"".join(parts))
            await send(message)

        try:
            await self._app(scope, receive, kept)
        except BaseException:  # whatever ended it, the key is free to be tried again
            await self._finish(actor, key, 0, b"")
            raise

    async def _finish(self, actor: str, key: str, status: int, body: bytes) -> None:
        async with self._database.transaction() as tx:
            if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and body:
                await tx.run(
                    "UPDATE idempotency SET status = :status, response = CAST(:response AS jsonb)"
                    " WHERE actor = :actor AND key = :key",
                    actor=actor, key=key, status=status, response=body.decode(),
                )  # fmt: skip
            else:
                await tx.run(
                    "DELETE FROM idempotency WHERE actor = :actor AND key = :key AND status IS NULL",
                    actor=actor, key=key,
                )  # fmt: skip


def _fingerprint(scope: Scope, body: bytes) -> str:
    head = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}\n"
    return hashlib.sha256(head.encode() + body).hexdigest()
