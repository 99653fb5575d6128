"""The ``local`` provider: a thin client of the node agent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from typing import TypeVar

import httpx

from chittyops.capabilities.deploy.model import Activated, Prepared, Running, Target, Verified
from chittyops.capabilities.deploy.ports import Say
from chittyops.capabilities.deploy.providers.local.node import Node, missing
from chittyops.capabilities.deploy.providers.local.wire import (
    RECORD,
    TOKEN,
    Answer,
    Failure,
    Request,
    ServiceState,
)
from chittyops.interface.codec import dump, load
from chittyops.kernel.errors import Unavailable
from chittyops.runtime.home import Home
from chittyops.runtime.http import Guard, client
from chittyops.runtime.process import ProcessIdentity

T = TypeVar("T")

HOST = "127.0.0.1"
_LOOPBACK = Guard((IPv4Network("127.0.0.0/8"),))
_WAIT_SECONDS = 10.0
_PAUSE_SECONDS = 0.1


class LocalProvider:
    """Runs services on this machine. Every call is one request to the agent, which does the work."""

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        self._home = home
        self._node = Node(home, environ)

    def missing(self, target: Target) -> str:
        """Return why this machine cannot run the service, or "" when it can."""
        return missing(self._node, target)

    async def prepare(self, target: Target, say: Say) -> Prepared:
        """Build and start the version without traffic, and return once it proved healthy."""
        answer = await self._ask("prepare", Request(target), say)
        return _given(answer.prepared)

    async def activate(self, target: Target, prepared: Prepared, say: Say) -> Activated:
        """Move all traffic to the prepared version; the old one drains and stops."""
        answer = await self._ask("activate", Request(target, prepared=prepared), say)
        return _given(answer.activated)

    async def verify(self, target: Target, address: str) -> Verified:
        """Return what the service says at its stable port; raise Unavailable when it is not the new version."""
        answer = await self._ask("verify", Request(target), _unheard)
        return _given(answer.verified)

    async def revert(self, target: Target, activated: Activated | None, say: Say) -> None:
        """Give traffic back to what ran before, and stop this version."""
        await self._ask("revert", Request(target, activated=activated), say)

    async def logs(self, key: str, *, tail: int, follow: bool) -> AsyncIterator[str]:
        """Yield the service's log: the last ``tail`` lines, then new ones if ``follow``."""
        parameters = {"tail": str(tail), "follow": "true" if follow else "false"}
        async with self._agent() as agent, agent.stream("GET", f"/v1/logs/{key}", params=parameters) as response:
            await _check(response)
            async for line in response.aiter_lines():
                yield json.loads(line)

    async def states(self) -> list[ServiceState]:
        """Return what every service on this machine is doing, crash loops included."""
        async with self._agent() as agent:
            response = await agent.get("/v1/services")
            await _check(response)
            return [load(ServiceState, state) for state in response.json()]

    async def running(self, fleet: str, environment: str) -> list[Running]:
        """Return with what the services that run now were started."""
        async with self._agent() as agent:
            response = await agent.get(f"/v1/running/{fleet}/{environment}")
            await _check(response)
            return [load(Running, each) for each in response.json()]

    async def _ask(self, operation: str, request: Request, say: Say) -> Answer:
        async with (
            self._agent() as agent,
            agent.stream("POST", f"/v1/operations/{operation}", json=dump(request)) as response,
        ):
            await _check(response)
            async for line in response.aiter_lines():
                answer = load(Answer, json.loads(line))
                if answer.say is None:
                    if answer.failure is not None:
                        raise answer.failure.error()
                    return answer
                await say(answer.say)
        raise Unavailable("the agent ended before the operation did", hint="it is started again by the supervisor")

    @asynccontextmanager
    async def _agent(self) -> AsyncIterator[httpx.AsyncClient]:
        """Connect to the agent; one that is being started again gets a moment. Raises Unavailable."""
        port = await self._port()
        try:
            async with client(guard=_LOOPBACK, base_url=f"http://{HOST}:{port}") as agent:
                agent.headers["Authorization"] = f"Bearer {self._home.credential(TOKEN).reveal()}"
                agent.timeout = httpx.Timeout(None, connect=_WAIT_SECONDS)
                yield agent
        except httpx.TransportError as error:
            message = f"the agent of this machine does not answer: {type(error).__name__}"
            raise Unavailable(message, hint="run `chittyops up`; it starts the agent again") from error

    async def _port(self) -> int:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + _WAIT_SECONDS
        while True:
            record = self._home.read_private(RECORD)
            if record and ProcessIdentity(record["pid"], record["started"]).alive():
                return int(record["port"])
            if loop.time() > give_up_at:
                raise Unavailable("the agent of this machine is not running", hint="run `chittyops up`")
            await asyncio.sleep(_PAUSE_SECONDS)


async def _check(response: httpx.Response) -> None:
    if response.is_success:
        return
    body = await response.aread()
    if response.status_code in {404, 422} and body:
        raise load(Failure, json.loads(body)).error()
    raise Unavailable(f"the agent of this machine answers {response.status_code}", hint="run `chittyops up`")


def _given(result: T | None) -> T:
    if result is None:
        raise Unavailable("the agent of this machine gave another answer than was asked for")
    return result


async def _unheard(text: str) -> None:
    """Take what nobody asked to hear."""
