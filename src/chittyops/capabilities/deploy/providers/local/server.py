"""The agent's HTTP interface: loopback only, one bearer token, answers as JSON lines."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chittyops.capabilities.deploy.model import Target
from chittyops.capabilities.deploy.ports import Say
from chittyops.capabilities.deploy.providers.local.hosted import HostedService
from chittyops.capabilities.deploy.providers.local.machine import Machine
from chittyops.capabilities.deploy.providers.local.wire import (
    RECORD,
    TOKEN,
    Answer,
    Failure,
    Request,
    ServiceState,
)
from chittyops.interface.codec import dump, load
from chittyops.kernel.errors import ChittyOpsError, Misconfigured, Unavailable
from chittyops.runtime.home import Home
from chittyops.runtime.process import ProcessIdentity

HOST = "127.0.0.1"
_NDJSON = "application/x-ndjson"
_BACKLOG = 256
_MAX_TAIL = 10_000

Operation = Callable[[HostedService, Request, Say], Awaitable[Answer]]


class Services(Protocol):
    """What is served."""

    @property
    def machine(self) -> Machine:
        """Return what they share."""
        ...

    @property
    def services(self) -> Mapping[str, HostedService]:
        """Return all by their keys."""
        ...

    def service(self, target: Target) -> HostedService:
        """Return the service of ``target``."""
        ...


async def _prepare(service: HostedService, request: Request, say: Say) -> Answer:
    return Answer(prepared=await service.prepare(request.target, say))


async def _activate(service: HostedService, request: Request, say: Say) -> Answer:
    if request.prepared is None:
        raise Misconfigured("the request to activate names no prepared version")
    return Answer(activated=await service.activate(request.target, request.prepared, say))


async def _verify(service: HostedService, request: Request, _say: Say) -> Answer:
    return Answer(verified=await service.verify(request.target))


async def _revert(service: HostedService, request: Request, say: Say) -> Answer:
    await service.revert(request.target, request.activated, say)
    return Answer(done=True)


OPERATIONS: dict[str, Operation] = {
    "prepare": _prepare,
    "activate": _activate,
    "verify": _verify,
    "revert": _revert,
}


async def answers(services: Services, operation: Operation, request: Request) -> AsyncIterator[Answer]:
    """Run ``operation`` and yield what it says, then how it ended; it is cancelled when nobody listens any more."""
    said: asyncio.Queue[Answer | None] = asyncio.Queue()

    async def say(text: str) -> None:
        said.put_nowait(Answer(say=text))

    async def run() -> Answer:
        try:
            return await operation(services.service(request.target), request, say)
        except ChittyOpsError as error:
            return Answer(failure=Failure.of(error))

    task = asyncio.get_running_loop().create_task(run())
    task.add_done_callback(lambda _: said.put_nowait(None))
    try:
        while (answer := await said.get()) is not None:
            yield answer
        if task.cancelled():
            # By a newer attempt, which refuses the next try of this one, or because the agent is being stopped.
            yield Answer(failure=Failure.of(Unavailable("the agent ended the operation")))
        else:
            yield task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def application(services: Services, token: str) -> ASGIApp:
    """Return the agent's ASGI application."""

    async def operate(request: HttpRequest) -> Response:
        operation = OPERATIONS.get(request.path_params["operation"])
        if operation is None:
            return Response(status_code=404)
        try:
            asked = load(Request, await request.json())
        except (Misconfigured, ValueError) as error:
            return JSONResponse(dump(Failure("Misconfigured", str(error))), 422)
        lines = (_line(dump(answer)) async for answer in answers(services, operation, asked))
        return StreamingResponse(lines, media_type=_NDJSON)

    async def logs(request: HttpRequest) -> Response:
        key = request.path_params["key"]
        if key not in services.services:
            return JSONResponse(dump(Failure("NotFound", f"{key} is not on this machine")), 404)
        log = services.machine.log(key)
        tail = min(int(request.query_params["tail"]), _MAX_TAIL)
        follow = request.query_params["follow"] == "true"
        lines = (_line(line) async for line in (log.follow(tail) if follow else _each(log.tail(tail))))
        return StreamingResponse(lines, media_type=_NDJSON)

    async def states(_: HttpRequest) -> Response:
        found = [
            ServiceState(key, service.record.active, service.state, service.address)
            for key, service in sorted(services.services.items())
        ]
        return JSONResponse([dump(state) for state in found])

    async def running(request: HttpRequest) -> Response:
        prefix = "{fleet}/{environment}/".format(**request.path_params)
        known = [service for key, service in sorted(services.services.items()) if key.startswith(prefix)]
        found = [started for service in known if (started := service.started())]
        return JSONResponse([dump(each) for each in found])

    routes = [
        Route("/v1/running/{fleet}/{environment}", running),
        Route("/v1/operations/{operation}", operate, methods=["POST"]),
        Route("/v1/logs/{key:path}", logs),
        Route("/v1/services", states),
    ]
    return _Guard(Starlette(routes=routes), token)


class _Guard:
    """Lets in who knows the token, before anything else looks at the request."""

    def __init__(self, inner: ASGIApp, token: str) -> None:
        self._inner = inner
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"")
        allowed = hmac.compare_digest(given, self._expected)
        await (self._inner if allowed else Response(status_code=401))(scope, receive, send)


class _Server(uvicorn.Server):
    """A uvicorn that leaves signals to the agent."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(services: Services, home: Home, stopped: asyncio.Event) -> None:
    """Serve until ``stopped``; ``run/agent.json`` of the home says where."""
    app = application(services, home.credential(TOKEN).reveal())
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    with socket.create_server((HOST, 0), backlog=_BACKLOG) as listener:
        identity = ProcessIdentity.of(os.getpid())
        port = listener.getsockname()[1]
        home.write_private(RECORD, {"pid": identity.pid, "started": identity.started, "port": port})
        serving = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
        waiting = asyncio.get_running_loop().create_task(stopped.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        waiting.cancel()
        await serving


def _line(data: Any) -> str:
    return json.dumps(data, separators=(",", ":")) + "\n"


async def _each(lines: Iterable[str]) -> AsyncIterator[str]:
    for line in lines:
        yield line
