"""Servers the centre runs for itself: one per home, on a loopback port that stays the same."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

from chittyops.kernel.errors import Unavailable
from chittyops.runtime.filelock import lock
from chittyops.runtime.home import Home
from chittyops.runtime.process import NOWHERE, Child, Command, spawn

HOST = "127.0.0.1"
# Below the range from which systems give ports to outgoing connections (32768 on Linux, 49152 elsewhere), so that
# no client's connection can sit on the port while the server restarts.
PORTS = range(20_000, 32_000)
PORTS_TRIED = 100
READY_POLL_SECONDS = 0.01
READY_TIMEOUT_SECONDS = 60.0
LEAVE_TIMEOUT_SECONDS = 30.0


class EmbeddedServer(ABC):
    """A server from a wheel, started in the foreground by this process.

    The server inherits the lock on its data, and so do its own children: as long as any process of an earlier one
    is left, even orphans after a kill -9, no second one starts on the same data.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[int]
    grace_seconds: ClassVar[float] = 10.0

    def __init__(self, home: Home) -> None:
        """Serve the data in ``home``; nothing happens before ``launch``."""
        self.home = home
        self._port = 0
        self._has_answered = False
        self._child: Child | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the address with the password. Raises Unavailable when the server has never run."""

    @abstractmethod
    async def command(self) -> Command:
        """Return what to run, after having made whatever it needs."""

    @abstractmethod
    async def greets(self) -> bool:
        """Ask the server, and return whether it serves clients."""

    async def answers(self) -> bool:
        """Return whether the server serves clients now."""
        greeted = await self.greets()
        self._has_answered = self._has_answered or greeted
        return greeted

    @property
    def port(self) -> int:
        """Return the port of this home's server. Raises Unavailable when there has been none yet."""
        known = self._port or (self.home.read_private(f"run/{self.name}") or {}).get("port", 0)
        if not known:
            raise Unavailable(f"{self.name} has not been started", hint="run `chittyops up`")
        return int(known)

    async def launch(self, output: int = NOWHERE) -> Child:
        """Start the server, after the last process of the one before has left; return without waiting for it."""
        held = await lock(self.home.file("run", f"{self.name}.lock"), timeout_seconds=LEAVE_TIMEOUT_SECONDS)
        try:
            self._choose_port()
            command = replace(await self.command(), keep=(held,))
            return spawn(command, output=output)
        finally:
            os.close(held)

    async def start(self, output: int = NOWHERE) -> str:
        """Start the server and return its URL once it answers."""
        self._child = child = await self.launch(output)
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + READY_TIMEOUT_SECONDS
        while not await self.answers():
            if not child.identity.alive() or loop.time() > give_up_at:
                await self.stop()
                raise Unavailable(f"{self.name} did not start", hint=f"see {self.home.path}/logs/{self.name}.log")
            await asyncio.sleep(READY_POLL_SECONDS)
        return self.url

    async def stop(self) -> None:
        """Stop the server that ``start`` started; return when it is gone."""
        if self._child is not None:
            await self._child.stop(number=self.stop_signal, grace_seconds=self.grace_seconds)
            self._child = None

    def _choose_port(self) -> None:
        """Take the port of last time where it is free; keep the one that clients have been served at."""
        # Between the look at a port and the server's start somebody else may have taken it.
        if self._port and (self._has_answered or _is_free(self._port)):
            return
        remembered = (self.home.read_private(f"run/{self.name}") or {}).get("port", 0)
        tried = [remembered] if remembered else []
        tried += [secrets.choice(PORTS) for _ in range(PORTS_TRIED)]
        self._port = next(filter(_is_free, tried), 0)
        if not self._port:
            raise Unavailable(f"no free port for {self.name} on {HOST}")
        self.home.write_private(f"run/{self.name}", {"port": self._port})


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((HOST, port))
            return True
    return False
