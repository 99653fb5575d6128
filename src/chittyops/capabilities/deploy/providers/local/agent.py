"""The node agent: the process that owns the services of one home on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Collection, Mapping

from chittyops.capabilities.deploy.model import Target
from chittyops.capabilities.deploy.ports import AccessLog, Readers
from chittyops.capabilities.deploy.providers.local.hosted import HostedService
from chittyops.capabilities.deploy.providers.local.machine import Machine
from chittyops.capabilities.deploy.providers.local.process import marked
from chittyops.capabilities.deploy.providers.local.server import serve
from chittyops.capabilities.deploy.providers.local.state import ServiceRecord
from chittyops.kernel.errors import Conflict
from chittyops.kernel.secret import SecretScope
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.filelock import try_lock
from chittyops.runtime.home import Home

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Agent:
    """All services of one home on this machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.services: dict[str, HostedService] = {}

    def service(self, target: Target) -> HostedService:
        """Return the service of ``target``; a new one gets its stable port now, for good."""
        if target.key not in self.services:
            record = ServiceRecord(target.key, self.machine.ports.take(), target.desired.service.deploy.protocol)
            self.services[target.key] = HostedService(self.machine, record)
        return self.services[target.key]

    async def restore(self) -> None:
        """Take over the services of an agent that ended or died; end processes that belong to none."""
        found = await asyncio.to_thread(marked, self.machine.marker_prefix)
        for record in self.machine.state.all():
            self.machine.ports.keep([record.port, *(instance.port for instance in record.instances.values())])
            self.services[record.key] = HostedService(self.machine, record)
        known = {
            self.machine.marker(key, build_id)
            for key, service in self.services.items()
            for build_id in service.record.instances
        }
        for marker in found.keys() - known:
            for identity in found[marker]:
                identity.signal(signal.SIGKILL)
        for service in self.services.values():
            await service.restore(found)

    async def shut_down(self) -> None:
        """Stop all services, side by side."""
        await asyncio.gather(*(service.shut_down() for service in self.services.values()))


async def nobody(_scope: SecretScope, _names: Collection[str]) -> None:
    """Tell nobody of a read."""


async def local_agent(home: Home, environ: Mapping[str, str], readers: Readers, record: AccessLog = nobody) -> None:
    """Run the agent of ``home`` until SIGTERM or SIGINT. Raises Conflict when there is one already."""
    lock = try_lock(home.file("agent", "lock"))
    if lock is None:
        raise Conflict("an agent of this home is running already", hint="`chittyops down` stops it")
    try:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, stopped.set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
        agent = Agent(Machine(home, environ, SystemClock(), readers, record))
        try:
            await agent.restore()
            await serve(agent, home, stopped)
        finally:
            await agent.shut_down()
    finally:
        os.close(lock)
