"""What the services on this machine share: files, logs, ports, databases, Node.js; and how each is started."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from chittyops.capabilities.deploy.model import Target
from chittyops.capabilities.deploy.ports import AccessLog, Readers, Say
from chittyops.capabilities.deploy.providers.local.builds import Builds
from chittyops.capabilities.deploy.providers.local.databases import Databases
from chittyops.capabilities.deploy.providers.local.environment import (
    machine_environment,
    service_environment,
    with_interpreter,
)
from chittyops.capabilities.deploy.providers.local.instance import Start
from chittyops.capabilities.deploy.providers.local.launch import command_of
from chittyops.capabilities.deploy.providers.local.logs import Redactor, ServiceLog
from chittyops.capabilities.deploy.providers.local.node import Node
from chittyops.capabilities.deploy.providers.local.ports import Ports
from chittyops.capabilities.deploy.providers.local.process import MARKER
from chittyops.capabilities.deploy.providers.local.secrets import broker_secret, reveal, scope_of, secret_values
from chittyops.capabilities.deploy.providers.local.state import StateFolder
from chittyops.capabilities.deploy.providers.local.worker import worker_command
from chittyops.kernel.clock import Clock
from chittyops.kernel.secret import Secret
from chittyops.runtime.home import Home


class Machine:
    """The machine as the agent of one home uses it."""

    def __init__(
        self, home: Home, environ: Mapping[str, str], clock: Clock, readers: Readers, record: AccessLog
    ) -> None:
        self.home = home
        self.environ = environ
        self.builds = Builds(home)
        self.databases = Databases(home, environ)
        self.node = Node(home, environ)
        self.ports = Ports()
        self.state = StateFolder(home.file("agent", "state", "x").parent)
        self._clock = clock
        self._readers = readers
        self._record = record
        self._logs: dict[str, ServiceLog] = {}

    @cached_property
    def marker_prefix(self) -> str:
        """Return what the markers of this home's processes begin with, so that homes leave each other alone."""
        return self.home.mark

    def marker(self, key: str, build_id: str) -> str:
        """Return the marker of one version of a service."""
        return f"{self.marker_prefix}{key}/{build_id}"

    def log(self, key: str) -> ServiceLog:
        """Return the log of a service."""
        if key not in self._logs:
            *folders, name = key.split("/")
            self._logs[key] = ServiceLog(self.home.file("agent", "logs", *folders, f"{name}.log"), self._clock)
        return self._logs[key]

    def pipe(self, key: str, build_id: str) -> Path:
        """Return where the output of one version comes out."""
        return self.home.file("agent", "pipes", *key.split("/"), build_id)

    async def secrets(self, target: Target) -> dict[str, Secret]:
        """Return every secret variable of a service, and record that it was read.

        Raises Misconfigured and Unavailable, which name every reference that has no value, and show none.
        """
        service = target.desired.service
        served = [database for database in service.databases if database.engine == "postgres"]
        given = {}
        for ref in service.secrets.values():
            if ref.scheme == "database":
                given[str(ref)] = self.databases.url(target, ref.location)
            elif ref.scheme == "broker":
                given[str(ref)] = broker_secret(ref, self.environ, self.home)
        scope = scope_of(target)
        # A store may be far away, or ask a person: the other services go on meanwhile.
        found = await asyncio.to_thread(self._readers(given), scope, service.secrets)
        if found:
            await self._record(scope, tuple(found))
        return {database.env: self.databases.url(target, database.name) for database in served} | found

    async def build(self, target: Target, say: Say) -> None:
        """Make what a version needs before it can start: working copy, databases, Miniflare."""
        redact = Redactor(secret_values(await self.secrets(target)))
        source, folder = Path(target.desired.source), self.builds.folder(target.key, target.build_id)
        environ = service_environment(target, 0, machine_environment(self.environ, folder, source))
        environ[MARKER] = self.marker(target.key, target.build_id) + "#build"
        environ.pop("PORT", None)
        await self.builds.make(target, environ, redact, say)
        await self.databases.ensure(target)
        if target.desired.service.deploy.launch.kind == "worker":
            await self.node.host_script(say)

    async def start_of(self, target: Target, port: int) -> Start:
        """Return how a built version is started on ``port``; secrets are looked up now."""
        folder = self.builds.folder(target.key, target.build_id)
        secrets = await self.secrets(target)
        source = Path(target.desired.source)
        machine = machine_environment(self.environ, folder, source)
        environ = service_environment(target, port, machine)
        launch = target.desired.service.deploy.launch
        if launch.kind == "worker":
            command = worker_command(
                target,
                folder,
                host_script=await self.node.host_script(_nobody),
                port=port,
                environ={**environ, **dict.fromkeys(secrets, "")},
                secret=secrets,
                data=self.home.file("agent", "data", *target.key.split("/"), "x").parent,
            )
        else:
            command = command_of(launch, folder, environ, secrets.keys())
            command = replace(command, argv=with_interpreter(command.argv, folder, source))
        environ = {**environ, **command.environ, **reveal(secrets), MARKER: self.marker(target.key, target.build_id)}
        return Start(command, folder, environ, secret_values(secrets))


async def _nobody(text: str) -> None:
    """Tell nobody: a restart has no release to speak to."""
