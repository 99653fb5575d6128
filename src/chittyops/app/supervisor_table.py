"""The table of the processes that make up the operations centre, in the order in which they are started."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from chittyops.app.health import address_of_api
from chittyops.runtime.embedded import EmbeddedServer
from chittyops.runtime.embedded_nats import EmbeddedNats
from chittyops.runtime.embedded_postgres import EmbeddedPostgres
from chittyops.runtime.endpoints import DATABASE_VARIABLE, NATS_VARIABLE
from chittyops.runtime.home import VARIABLE, Home
from chittyops.runtime.process import Child, Command, spawn

Launch = Callable[[int], Awaitable[Child]]
"""Starts a process that writes to the given descriptor."""


@dataclass(frozen=True, slots=True)
class Row:
    """One process: how it is started and stopped.

    It waits for what it ``needs`` to be ready, and for what it is to start ``after`` for a moment only.

    It is ready when ``answers`` says so; without one, when it has been started, or, if it runs ``once``, when it
    has ended well.
    """

    name: str
    launch: Launch
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    answers: Callable[[], Awaitable[bool]] | None = None
    once: bool = False
    stop_signal: int = signal.SIGTERM
    grace_seconds: float = 10.0


def table(home: Home, environ: Mapping[str, str]) -> tuple[Row, ...]:
    """Return the centre's processes; servers that ``environ`` gives a URL for are not among them.

    The API loads (which takes longest) while the servers start and waits for them itself; the others would only
    take the processor away from it, so they start after it.
    """
    servers: list[EmbeddedServer] = []
    if not environ.get(DATABASE_VARIABLE):
        servers.append(EmbeddedPostgres(home))
    if not environ.get(NATS_VARIABLE):
        servers.append(EmbeddedNats(home, environ))
    running = tuple(server.name for server in servers)
    return (
        *map(_server, servers),
        replace(python("api", home, environ, "chittyops", "api"), answers=partial(_answers, home)),
        python("migrate", home, environ, "chittyops.runtime.migrate", needs=running, once=True),
        python("prober", home, environ, "chittyops", "prober", needs=("migrate",), after=("api",)),
        # It stops the services, each with a grace of its own.
        replace(
            python("agent", home, environ, "chittyops", "agent", needs=("migrate",), after=("api",)),
            grace_seconds=60.0,
        ),
        # Last, and so stopped first: a release under way must not take the end of the agent for a failure.
        python("worker", home, environ, "chittyops", "worker", needs=("migrate",), after=("api",)),
    )


def python(
    name: str,
    home: Home,
    environ: Mapping[str, str],
    module: str,
    *arguments: str,
    needs: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    once: bool = False,
) -> Row:
    """Return the row of a process that is a Python module of ours."""
    command = Command(
        # -P: the folder it is started in holds none of its modules.
        argv=(sys.executable, "-P", "-m", module, *arguments),
        environ={**environ, VARIABLE: str(home.path)},
        cwd=home.path,
    )

    async def launch(output: int) -> Child:
        return spawn(command, output=output)

    return Row(name, launch, needs, after, once=once)


async def _answers(home: Home) -> bool:
    return bool(await address_of_api(home))


def _server(server: EmbeddedServer) -> Row:
    return Row(
        server.name,
        server.launch,
        answers=server.answers,
        stop_signal=server.stop_signal,
        grace_seconds=server.grace_seconds,
    )
