"""Small processes that stand in for the API, the worker and the agent, under the real supervisor.

``python standins.py supervisor`` supervises the real servers and these; ``python standins.py api`` is one of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from chittyops.app.supervisor import supervise
from chittyops.app.supervisor_table import Row, table
from chittyops.runtime.endpoints import Endpoints
from chittyops.runtime.home import Home
from chittyops.runtime.process import Child, Command, ProcessIdentity, spawn

BODY = b'{"status": "ok"}'


async def api(home: Home) -> None:
    """Answer the health endpoint, once the servers are there."""
    await asyncio.to_thread(Endpoints.wait, os.environ, home, timeout_seconds=30)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + BODY)
            await writer.drain()
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    home.write_private("run/api", {**asdict(ProcessIdentity.of(os.getpid())), "port": port})
    await server.serve_forever()


def say_up(home: Home) -> None:
    """Say that a signal is now heard."""
    (home.path / f"up-{os.environ['PROCESS']}").touch()


async def agent(home: Home) -> None:
    """Start a service in a session of its own, and stop it when told to stop."""
    environ = {**os.environ, "CHITTYOPS_INSTANCE": f"{home.mark}shop/local/cart"}
    sleep = (sys.executable, "-c", "import time; time.sleep(600)")
    service = spawn(Command(sleep, environ, death_signal=0))
    (home.path / "service").write_text(str(service.identity.pid))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    say_up(home)
    await stop.wait()
    await service.stop()
    with (home.path / "stopped").open("a") as order:
        order.write("agent\n")


async def worker(home: Home) -> None:
    """Do nothing; fail at once while a file says so."""
    if (home.path / "broken").exists():
        sys.exit(3)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    say_up(home)
    await stop.wait()
    with (home.path / "stopped").open("a") as order:
        order.write("worker\n")


def rows(home: Home) -> tuple[Row, ...]:
    """Return the real table with the stand-ins in the place of our processes."""
    mains = {"api": "api", "prober": "worker", "worker": "worker", "agent": "agent"}
    replaced = []
    for row in table(home, os.environ):
        if row.name in mains:
            argv = (sys.executable, str(Path(__file__)), mains[row.name])
            command = Command(argv, {**os.environ, "PROCESS": row.name}, cwd=home.path)

            async def launch(output: int, command: Command = command) -> Child:
                return spawn(command, output=output)

            replaced.append(Row(row.name, launch, row.needs, row.after, row.answers, grace_seconds=5))
        else:
            replaced.append(row)
    return tuple(replaced)


def main(name: str) -> int:
    """Be the process ``name``."""
    os.umask(0o077)
    home = Home.locate(os.environ)
    if name == "supervisor":
        return asyncio.run(supervise(home, rows(home)))
    asyncio.run({"api": api, "agent": agent, "worker": worker}[name](home))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
