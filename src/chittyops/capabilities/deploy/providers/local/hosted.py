"""One service on this machine: its versions, its stable port, and the way from one version to the next."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from chittyops.capabilities.deploy.model import Activated, Check, Prepared, Running, Target, Verified
from chittyops.capabilities.deploy.ports import Say
from chittyops.capabilities.deploy.providers.local import health
from chittyops.capabilities.deploy.providers.local.instance import ExitedEarly, Instance, State
from chittyops.capabilities.deploy.providers.local.machine import Machine
from chittyops.capabilities.deploy.providers.local.ports import is_free
from chittyops.capabilities.deploy.providers.local.process import Process, environment_of, leads
from chittyops.capabilities.deploy.providers.local.proxy import HOST, Proxy
from chittyops.capabilities.deploy.providers.local.secrets import secret_values
from chittyops.capabilities.deploy.providers.local.state import InstanceRecord, ServiceRecord
from chittyops.kernel.errors import ChittyOpsError, NotFound, Unavailable
from chittyops.kernel.secret import FINGERPRINTS, Secret, fingerprint
from chittyops.runtime.process import ProcessIdentity

_PORT_TRIES = 3
_VERIFY_SECONDS = 3.0
_VERIFY_PAUSE_SECONDS = 0.1
_BIND_PAUSE_SECONDS = 0.5


class HostedService:
    """One service. Its operations come one after the other; a newer caller ends an older one's."""

    def __init__(self, machine: Machine, record: ServiceRecord) -> None:
        self.record = record
        self.instances: dict[str, Instance] = {}
        self._machine = machine
        self._proxy = Proxy(record.port, record.protocol)
        self._lock = asyncio.Lock()
        self._callers: set[asyncio.Task[Any]] = set()
        self._background: dict[str, asyncio.Task[None]] = {}

    @property
    def address(self) -> str:
        """Return the stable URL, "" for a service without a port."""
        scheme = {"http": "http", "tcp": "tcp"}.get(self.record.protocol, "")
        return f"{scheme}://{HOST}:{self.record.port}" if scheme else ""

    @property
    def state(self) -> State:
        """Return what the active version is doing."""
        active = self.instances.get(self.record.active)
        return active.state if active is not None else State.STOPPED

    async def prepare(self, target: Target, say: Say) -> Prepared:
        """Build and start the version of ``target`` without traffic; return once it proved healthy."""
        async with self._operation(target):
            await self._discard_others(target.build_id)
            instance = self.instances.get(target.build_id)
            try:
                if instance is None or not instance.alive():
                    instance, verified = await self._start(target, say)
                else:
                    verified = await instance.healthy()
                    instance.watch()
            except ChittyOpsError:
                await self._give_up(target.build_id, say)
                raise
            await say(f"healthy: {verified.detail}")
            await self._machine.builds.prune(target.key, self.record.instances.keys())
            return Prepared(target.build_id, verified)

    async def activate(self, target: Target, prepared: Prepared, say: Say) -> Activated:
        """Send all traffic to a prepared version; the one before drains and stops in the background."""
        async with self._operation(target):
            build_id, before = prepared.handle, self.record.active
            await self._ensure_running(build_id, say)
            await self._route(self._after_activation(build_id, target.desired.service.deploy.protocol))
            if before in self.instances and before != build_id:
                self._retire(before)
                await say(f"traffic moved from {before} to {build_id}; the old version drains and stops")
            elif before != build_id:
                await say(f"open at {self.address}" if self.address else f"{build_id} is active")
            return Activated(self.address, self.record.instances[build_id].replaces)

    async def verify(self, target: Target) -> Verified:
        """Return what the service says at its stable port. Raises Unavailable when it is not the new version."""
        deadline = asyncio.get_running_loop().time() + _VERIFY_SECONDS
        while True:
            try:
                return await self._verify(target)
            except health.NotHealthy as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise Unavailable(f"{target.name} at {self.address or 'this machine'}: {error}") from None
            await asyncio.sleep(_VERIFY_PAUSE_SECONDS)

    async def _verify(self, target: Target) -> Verified:
        instance = self.instances.get(self.record.active)
        if instance is None or self.record.active != target.build_id:
            raise health.NotHealthy(f"build {self.record.active or 'none'} is active, not {target.build_id}")
        verified = await instance.check()
        if verified.check in {Check.PROCESS, Check.PORT}:
            return verified
        return await health.check(target, self.record.port)

    def started(self) -> Running | None:
        """Return with what the active version was started, as its process has it; None where none runs."""
        instance = self.instances.get(self.record.active)
        if instance is None or instance.process is None:
            return None
        environ = environment_of(instance.process.identity.pid)
        if not environ:
            return None
        service, key = instance.target.desired.service, self._machine.home.credential(FINGERPRINTS).reveal().encode()
        return Running(
            service.name,
            self.record.active,
            {name: environ[name] for name in service.config if name in environ},
            {name: fingerprint(environ[name], key) for name in service.secrets if name in environ},
        )

    async def revert(self, target: Target, activated: Activated | None, say: Say) -> None:
        """Give traffic back to the version before, or to none; stop and forget the version of ``target``."""
        async with self._operation(target):
            build_id = target.build_id
            if self.record.active == build_id:
                before = activated.undo if activated else self.record.instances[build_id].replaces
                if before:
                    await self._ensure_running(before, say)
                    protocol = self.record.instances[before].target.desired.service.deploy.protocol
                    await self._route(replace(self.record, active=before, protocol=protocol))
                    await say(f"traffic moved back to {before}")
                else:
                    self._save(replace(self.record, active=""))
                    self._proxy.backend = None
                    await say("no version was active before: the service is closed")
            await self._discard(build_id)
            if not self.record.active:
                await self._proxy.close()

    async def restore(self, found: Mapping[str, list[ProcessIdentity]]) -> None:
        """Take over what an earlier agent left: adopt what lives, start what should, end what should not."""
        for build_id, known in self.record.instances.items():
            instance = self._instance(known.target, known.port)
            left = found.get(instance.marker, [])
            identity = _leader(known.process, left)
            if identity is not None:
                instance.adopt(Process(identity), _secrets_in(environment_of(identity.pid), known.target))
                if not known.wanted:
                    self._retire(build_id)
                continue
            for orphan in left:
                orphan.signal(signal.SIGKILL)
            if build_id == self.record.active:
                self._run(build_id, instance.revive())
        active = self.instances.get(self.record.active)
        if active is not None and self.record.protocol != "none":
            self._proxy.backend = active.backend
            self._run("listen", self._listen())

    async def shut_down(self) -> None:
        """Stop every version; what is active stays so for the next agent."""
        tasks = [*self._callers, *self._background.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        running = [instance for instance in self.instances.values() if instance.state is not State.STOPPED]
        await asyncio.gather(*(instance.stop() for instance in running))
        await self._proxy.close()

    @asynccontextmanager
    async def _operation(self, target: Target) -> AsyncIterator[None]:
        """Let one caller in: refuse an older attempt, end the operations of older ones."""
        self._save(self.record.fenced(target))
        caller = asyncio.current_task()
        assert caller is not None  # noqa: S101 - this runs in a task
        for older in self._callers:
            older.cancel()
        self._callers.add(caller)
        try:
            async with self._lock:
                yield
        finally:
            self._callers.discard(caller)

    async def _start(self, target: Target, say: Say) -> tuple[Instance, Verified]:
        await self._machine.build(target, say)
        for tries_left in reversed(range(_PORT_TRIES)):
            instance = self._instance(target, self._machine.ports.take())
            self._note(instance, None)
            await instance.start()
            await say(f"started on port {instance.port}")
            try:
                verified = await instance.healthy()
            except ExitedEarly:
                if not tries_left or is_free(instance.port):
                    raise
                await say(f"port {instance.port} was taken by another program meanwhile: trying another")
                await self._stop(target.build_id)
            else:
                instance.watch()
                return instance, verified
        raise AssertionError

    async def _ensure_running(self, build_id: str, say: Say) -> None:
        """Have a known version run healthily, whatever happened to it since. Raises NotFound."""
        known = self.record.instances.get(build_id)
        if known is None:
            raise NotFound(f"build {build_id} is not on this machine any more", hint="deploy it again")
        await self._cancel(build_id)
        instance = self.instances[build_id]
        if instance.state is not State.STOPPING and instance.alive():
            await instance.healthy()
            instance.watch()
            self._save(self.record.with_instance(build_id, replace(self.record.instances[build_id], wanted=True)))
            return
        await say(f"starting build {build_id} again")
        await self._stop(build_id)
        await self._start(known.target, say)

    def _after_activation(self, build_id: str, protocol: str) -> ServiceRecord:
        record, before = self.record, self.record.active
        if before == build_id:
            return record
        if before in record.instances:
            record = record.with_instance(before, replace(record.instances[before], wanted=False))
        record = record.with_instance(build_id, replace(record.instances[build_id], replaces=before))
        return replace(record, active=build_id, protocol=protocol)

    async def _route(self, record: ServiceRecord) -> None:
        """Make the record's active version the one that gets traffic: in the file first, then at the port."""
        if record.protocol == "none":
            await self._proxy.close()
        else:
            await self._proxy.open()
        self._save(record)
        self._proxy.protocol = record.protocol
        self._proxy.backend = self.instances[record.active].backend

    def _instance(self, target: Target, port: int) -> Instance:
        machine, build_id = self._machine, target.build_id
        instance = Instance(
            target,
            port,
            marker=machine.marker(target.key, build_id),
            pipe=machine.pipe(target.key, build_id),
            log=machine.log(target.key),
            prepare=lambda: machine.start_of(target, port),
            changed=lambda identity: self._note(instance, identity),
        )
        self.instances[build_id] = instance
        return instance

    def _note(self, instance: Instance, process: ProcessIdentity | None) -> None:
        """Record the process of a version, before it is started too: then its marker tells whose it is."""
        build_id = instance.target.build_id
        known = self.record.instances.get(build_id)
        replaces = known.replaces if known else ""
        wanted = known.wanted if known and process is not None else True
        record = InstanceRecord(instance.target, instance.port, process, wanted, replaces)
        self._save(self.record.with_instance(build_id, record))

    def _retire(self, build_id: str) -> None:
        """Let a version finish its requests and stop it, in the background; it can be started again."""
        instance = self.instances[build_id]

        async def drain_and_stop() -> None:
            await instance.backend.drained(instance.target.desired.service.deploy.stop_grace_seconds)
            await self._stop(build_id)

        self._run(build_id, drain_and_stop())

    async def _discard_others(self, build_id: str) -> None:
        """Forget versions that nothing can lead back to."""
        active = self.record.instances.get(self.record.active)
        keep = {build_id, self.record.active, active.replaces if active else ""}
        for other in set(self.record.instances) - keep:
            await self._discard(other)

    async def _discard(self, build_id: str) -> None:
        """Stop a version when its requests have ended, and forget it."""
        await self._cancel(build_id)
        instance = self.instances.get(build_id)
        if instance is not None:
            await instance.backend.drained(instance.target.desired.service.deploy.stop_grace_seconds)
            await self._stop(build_id)
            del self.instances[build_id]
        self._save(self.record.without_instance(build_id))

    async def _give_up(self, build_id: str, say: Say) -> None:
        """Show how a version failed, and leave nothing of it unless it has traffic."""
        instance = self.instances.get(build_id)
        for line in instance.recent if instance is not None else ():
            await say(f"log: {line}")
        if build_id != self.record.active:
            await self._discard(build_id)

    async def _stop(self, build_id: str) -> None:
        instance = self.instances[build_id]
        await instance.stop()
        self._machine.ports.give_back(instance.port)

    async def _listen(self) -> None:
        """Open the stable port again, as soon as nobody else holds it."""
        while True:
            try:
                await self._proxy.open()
            except Unavailable as error:
                self._machine.log(self.record.key).write([f"chittyops: {error.message}"])
            else:
                return
            await asyncio.sleep(_BIND_PAUSE_SECONDS)

    def _run(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background[name] = task

        def ended(_: asyncio.Task[None]) -> None:
            if self._background.get(name) is task:
                del self._background[name]

        task.add_done_callback(ended)

    async def _cancel(self, name: str) -> None:
        task = self._background.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _save(self, record: ServiceRecord) -> None:
        self._machine.state.save(record)
        self.record = record


def _leader(known: ProcessIdentity | None, found: list[ProcessIdentity]) -> ProcessIdentity | None:
    """Return the main process of a version: the recorded one, or one started just before it could be recorded."""
    if known is not None and known.alive():
        return known
    return next((identity for identity in found if leads(identity)), None)


def _secrets_in(environ: Mapping[str, str], target: Target) -> list[str]:
    """Return the secrets a process was started with, which its files may not hold any more."""
    service = target.desired.service
    names = {*service.secrets, *(database.env for database in service.databases)}
    given = {name: Secret(environ[name]) for name in names if name in environ}
    return list(secret_values(given))
