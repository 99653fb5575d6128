"""Serves the secrets of services on a unix socket, by HTTP: for programs of any kind, without a library.

``GET /v1/secrets`` gives all that the service of the token may have, ``GET /v1/secrets/NAME`` one of them: as JSON, or
as it is where ``Accept: text/plain`` asks for that.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chittyops.capabilities.secrets.model import Served
from chittyops.capabilities.secrets.service.tokens import hashed
from chittyops.interface.web.problems import document, from_error, json_response
from chittyops.kernel.errors import ChittyOpsError, Conflict, Misconfigured
from chittyops.kernel.secret import SecretScope

ALL = "/v1/secrets"
_ROOT = 0
_UNPRIVATE_MODE, _PRIVATE_MODE = 0o666, 0o600
_NEVER_KEEP = {"cache-control": "no-store"}


Supply = Callable[[str], Served]
"""Returns what the service of this name may have now. Raises ChittyOpsError."""
Record = Callable[[str, SecretScope, Collection[str]], None]
"""Records who read secrets of these names."""


class Application:
    """The HTTP application; ``tokens`` has the service of each token, by its hash."""

    def __init__(self, tokens: Mapping[str, str], supply: Supply, record: Record) -> None:
        """Take who may ask, where values come from, and where reads are recorded."""
        self._tokens, self._supply, self._record = tokens, supply, record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        service = self._tokens.get(hashed(token))
        if service is None:
            return _problem(HTTPStatus.UNAUTHORIZED, "this wants the token of a service", "Authorization: Bearer TOKEN")
        if request.method != "GET":
            return _problem(HTTPStatus.METHOD_NOT_ALLOWED, "secrets can only be read here", f"GET {ALL}")
        try:
            # A store may be far away: others are answered meanwhile.
            served = await asyncio.to_thread(self._supply, service)
        except ChittyOpsError as error:
            # What the service may have is not known for certain now, so it gets nothing.
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, from_error(error).detail, error.hint)
        if request.url.path == ALL:
            return self._all(served)
        name = request.url.path.removeprefix(f"{ALL}/")
        if name not in served.values:
            hint = f"GET {ALL} has all that there is"
            return _problem(HTTPStatus.NOT_FOUND, f"{service} declares no secret at this path", hint)
        return self._one(served, name, plain="text/plain" in request.headers.get("accept", ""))

    def _all(self, served: Served) -> Response:
        self._record("socket", served.scope, tuple(served.values))
        values = {each: secret.reveal() for each, secret in served.values.items()}
        body = {"service": served.scope.service, "environment": served.scope.environment, "secrets": values}
        return JSONResponse(body, headers=_NEVER_KEEP)

    def _one(self, served: Served, name: str, *, plain: bool) -> Response:
        self._record("socket", served.scope, (name,))
        value = served.values[name].reveal()
        if plain:
            return PlainTextResponse(value, headers=_NEVER_KEEP)
        return JSONResponse({"name": name, "value": value}, headers=_NEVER_KEEP)


def _problem(status: HTTPStatus, detail: str, hint: str) -> Response:
    response = json_response(document(status, detail, hint=hint))
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["www-authenticate"] = "Bearer"
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["allow"] = "GET"
    return response


class _Server(uvicorn.Server):
    """A uvicorn that leaves signals to us: it would end the process, and the socket would stay."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Change nothing."""
        yield

    def stop(self) -> None:
        """Stop as soon as what is being answered is."""
        self.should_exit = True


async def serve(application: Application, path: Path, accounts: Collection[int], ready: Callable[[], None]) -> None:
    """Serve at the socket ``path`` until SIGTERM or SIGINT; call ``ready`` when it listens.

    We ourselves, root and ``accounts`` (user ids) are let in, as the kernel tells who calls. Raises Conflict where
    somebody serves there, Misconfigured where there can be no socket.
    """
    allowed = frozenset({os.geteuid(), _ROOT, *accounts})

    class Checked(HttpToolsProtocol):
        """A connection that is closed at once when it is not from an account that is allowed."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            if caller(transport.get_extra_info("socket")) in allowed:
                super().connection_made(transport)
            else:
                self.transport = transport
                transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            if hasattr(self, "cycle") and self in self.connections:
                super().connection_lost(exc)

    config = uvicorn.Config(
        application, http=Checked, log_config=None, access_log=False,
        server_header=False, lifespan="off", ws="none",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    with listening(path, _UNPRIVATE_MODE if accounts else _PRIVATE_MODE) as listener:
        server = _Server(config)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
        ready()
        await server.serve(sockets=[listener])


def caller(connection: socket.socket) -> int:
    """Return the user id of the process at the other end, as the kernel tells it (SO_PEERCRED, unix(7))."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return int(uid)


@contextmanager
def listening(path: Path, mode: int) -> Iterator[socket.socket]:
    """Give a listening socket at ``path`` that only ``mode`` lets in, and remove it afterwards."""
    if not hasattr(socket, "SO_PEERCRED"):
        message = "this system does not tell who calls at a socket"
        raise Misconfigured(message, hint="serve secrets on Linux")
    _remove_stale(path)
    with socket.socket(socket.AF_UNIX) as listener:
        before = os.umask(0o777 & ~mode)
        try:
            listener.bind(str(path))
        except OSError as error:
            message = f"there can be no socket at {path}: {error.strerror or error}"
            raise Misconfigured(message, hint="name a path of at most 107 bytes in a folder of yours") from None
        finally:
            os.umask(before)
        try:
            listener.listen()
            yield listener
        finally:
            path.unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    """Remove the socket that a killed server left. Raises Conflict where it lives, or something else is there."""
    if not path.exists():
        return
    if not path.is_socket():
        raise Conflict(f"{path} is there already, and is no socket", hint="name another path")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError:
            pass
    raise Conflict(f"somebody serves at {path} already", hint="stop that, or name another path")
