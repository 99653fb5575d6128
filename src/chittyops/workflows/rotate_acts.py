"""What each step of a rotation does. Every act may be done again: it looks first, or comes to the same.

Acts return what was done, in names and counts; values go from the store to whoever needs them and are never returned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx

from chittyops.capabilities.deploy.model import ReleaseOptions, ReleaseStatus
from chittyops.capabilities.deploy.service import Deploys
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.service.push.places import Place, Source
from chittyops.capabilities.secrets.service.push.pushes import Planned, Pushes
from chittyops.capabilities.secrets.service.rotation.model import KEY_LEVEL, Issued, Rotation
from chittyops.capabilities.secrets.service.rotation.ports import Rotator
from chittyops.capabilities.secrets.service.rotation.steps import Act, Stage, Step
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import ChittyOpsError, Conflict, Misconfigured, NotFound, Unavailable
from chittyops.kernel.event import Json
from chittyops.kernel.secret import Secret
from chittyops.kernel.service import Fleet
from chittyops.runtime.home import Home
from chittyops.runtime.http import client
from chittyops.runtime.redaction import conceal
from chittyops.vendors.http import LOOPBACK
from chittyops.workflows.rotate_scene import Scene, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

OVERLAP_SECONDS = 10.0
"""How long the old credential lives on when everything uses the new one: what is under way has to end."""
RELEASE_POLL_SECONDS = 0.2
ENVIRONMENT_POLL_SECONDS = 1.0
RECENT_RELEASES = 50
PROBE_HEADER = "Authorization: Bearer {}"
PROBE_SECONDS = 10.0
OLD, NEW = "old", "new"

Detail = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Acts:
    """Carries out single steps."""

    home: Home
    environ: Mapping[str, str]
    deploys: Deploys
    clock: Clock

    async def do(self, rotation: Rotation, step: Step) -> Detail:
        """Do what ``step`` is for and return what was done. Raises ChittyOpsError."""
        scene = await asyncio.to_thread(Scene.read, rotation.request, self.home, self.environ)
        acts: dict[Act, Callable[[Rotation, Step, Scene], Awaitable[Detail]]] = {
            Act.CHECK: self._check,
            Act.CREATE: self._create,
            Act.ADMIT: self._admit,
            Act.TRY: self._try,
            Act.STORE: self._store,
            Act.PUSH: self._push,
            Act.RELOAD: self._reload,
            Act.VERIFY: self._verify,
            Act.OVERLAP: self._overlap,
            Act.REVOKE: self._revoke,
            Act.DISCARD: self._discard,
        }
        return await acts[step.act](rotation, step, scene)

    async def clean(self, rotation: Rotation, *, succeeded: bool) -> None:
        """Forget the values of a rotation that has ended; a key of this home that was rotated is put aside."""
        kept = wiring.staged(rotation.id, (), self.home, self.environ)
        if rotation.request.level == KEY_LEVEL and succeeded:
            try:
                old = await asyncio.to_thread(kept.read, OLD)
            except Misconfigured:
                old = None  # put aside already: nobody here can read it any more
            if old:
                wiring.own_keys(self.home).retire(old.value, keep=True)
        kept.remove()

    async def _check(self, rotation: Rotation, _step: Step, scene: Scene) -> Detail:
        """See that all can be read and reached, and keep the credential in use."""
        kept = staged(rotation, scene)
        scene.check_second()
        async with self._rotator(scene) as rotator:
            if await asyncio.to_thread(kept.read, OLD) is None:
                value = await asyncio.to_thread(scene.current)
                kept.keep(OLD, Issued(value, await rotator.identify(value)))
                if rotation.request.previous:  # which may have no value yet, and is read by whoever starts
                    await asyncio.to_thread(scene.write, Stage.OLD, value, value)
        found: Detail = {}
        for environment, fleet in scene.fleets.items():
            meant = scene.places(environment)
            async with wiring.pushes(fleet, self.home, self.environ, self.clock, alone=False) as pushes:
                planned = (
                    await pushes.plan(meant, await self._values(scene, environment, meant)) if meant else Planned()
                )
            _all_reached(planned)
            found[environment] = {
                "services": list(scene.users.get(environment, {})),
                "sinks": [f"{place.kind} {place.where}" for place in meant],
                "deployed": list(await self._running(scene, environment)),
            }
        return found

    async def _create(self, rotation: Rotation, _step: Step, scene: Scene) -> Detail:
        kept = staged(rotation, scene)
        new = await asyncio.to_thread(kept.read, NEW)
        if new is None:
            async with self._rotator(scene) as rotator:
                new = await rotator.create(rotation.id, await self._kept(rotation, scene, OLD))
            kept.keep(NEW, new)
        return {"handle": new.handle} if new.handle else {}

    async def _admit(self, rotation: Rotation, _step: Step, scene: Scene) -> Detail:
        old, new = await self._both(rotation, scene)
        async with self._rotator(scene) as rotator:
            await rotator.admit(rotation.id, new, old)
        return {}

    async def _try(self, rotation: Rotation, _step: Step, scene: Scene) -> Detail:
        async with self._rotator(scene) as rotator:
            await rotator.verify(await self._kept(rotation, scene, NEW))
        return {}

    async def _store(self, rotation: Rotation, step: Step, scene: Scene) -> Detail:
        old, new = await self._both(rotation, scene)
        if rotation.request.rotator == "age" and step.stage in (Stage.NEW, Stage.OLD):
            there, here = (old.handle, new.handle) if step.stage is Stage.NEW else (new.handle, old.handle)
            await asyncio.to_thread(scene.rename, there, here)
        return {"written": await asyncio.to_thread(scene.write, step.stage, old.value, new.value)}

    async def _push(self, rotation: Rotation, step: Step, scene: Scene) -> Detail:
        written = 0
        for environment, fleet in scene.fleets.items():
            meant = scene.places(environment)
            if not meant:
                continue
            values = await self._values(scene, environment, meant)
            self._record(fleet, meant)
            try:
                async with wiring.pushes(fleet, self.home, self.environ, self.clock) as pushes:
                    planned = await pushes.plan(meant, values)
                    if step.name.startswith("back."):
                        planned = _without_untouched(planned, pushes, await self._kept(rotation, scene, NEW))
                    _all_reached(planned)
                    outcomes = await pushes.push([job for job in planned.jobs if job.plan.writes])
            except Conflict as error:
                raise Unavailable(error.message, hint=error.hint) from error
            _raise_first([each.error for each in outcomes if each.error])
            written += sum(len(each.written) for each in outcomes)
        return {"written": written}

    async def _reload(self, rotation: Rotation, step: Step, scene: Scene) -> Detail:
        """Start the services again that were deployed with the value; each answers throughout."""
        releases: dict[str, Json] = {}
        for environment in scene.fleets:
            names = await self._running(scene, environment)
            if names:
                actor = f"rotation {rotation.id}.{rotation.generation} {step.name}"
                releases[environment] = await self._released(scene, environment, names, actor)
        return {"releases": releases}

    async def _released(self, scene: Scene, environment: str, names: Sequence[str], actor: str) -> str:
        """Return the release that ``actor`` made, when it has succeeded; make it where there is none yet."""
        fleet = scene.request.fleet
        recent = await self.deploys.releases(fleet=fleet, environment=environment, before=None, limit=RECENT_RELEASES)
        release = next((each.id for each in recent if each.actor == actor), "")
        while not release:
            deployed = await self.deploys.deployments(fleet, environment)
            running = {each.service: each.spec for each in deployed if each.service in names}
            inputs = await asyncio.to_thread(scene.inputs, environment, running)
            try:
                plan = await self.deploys.make_reload(fleet, environment, inputs, actor)
                release = (await self.deploys.apply(plan.id, ReleaseOptions(), actor)).id
            except Conflict:  # another release holds the environment: it ends
                await asyncio.sleep(ENVIRONMENT_POLL_SECONDS)
        while (status := await self.deploys.status(release)).active:
            await asyncio.sleep(RELEASE_POLL_SECONDS)
        if status is not ReleaseStatus.SUCCEEDED:
            error = (await self.deploys.release(release)).error
            raise ChittyOpsError(f"release {release} is {status}: {error}", hint=f"chittyops history {release}")
        return release

    async def _verify(self, rotation: Rotation, _step: Step, scene: Scene) -> Detail:
        new = await self._kept(rotation, scene, NEW)
        async with self._rotator(scene) as rotator:
            await rotator.verify(new)
        status = await self._probe(scene, new.value)
        if status and not httpx.codes.is_success(status):
            raise Unavailable(f"the probe with the new credential was answered {status}")
        return {"probe": status} if status else {}

    async def _overlap(self, rotation: Rotation, _step: Step, scene: Scene) -> Detail:
        seconds = _number(scene, "overlap_seconds", OVERLAP_SECONDS)
        last = next((each.ended_at for each in rotation.steps if each.name == "verify"), None) or self.clock.now()
        await asyncio.sleep(max(0.0, (last + timedelta(seconds=seconds) - self.clock.now()).total_seconds()))
        return {"seconds": seconds}

    async def _revoke(self, rotation: Rotation, _step: Step, scene: Scene) -> Detail:
        old = await self._kept(rotation, scene, OLD)
        async with self._rotator(scene) as rotator:
            now = await rotator.revoke(old)
        status = await self._probe(scene, old.value)
        if status and httpx.codes.is_success(status):
            raise Unavailable(f"the old credential is still accepted: the probe with it was answered {status}")
        return {"revoked": now}

    async def _discard(self, rotation: Rotation, _step: Step, scene: Scene) -> Detail:
        new = await asyncio.to_thread(staged(rotation, scene).read, NEW)
        async with self._rotator(scene) as rotator:
            await rotator.discard(rotation.id, new)
        return {}

    async def _probe(self, scene: Scene, value: Secret) -> int:
        """Use ``value`` as the policy says, and return the status; 0 where it says nothing.

        ``probe`` is a URL, or SERVICE/path for a service that is deployed.
        """
        probe = str(scene.policy.options.get("probe", ""))
        if not probe:
            return 0
        name, colon, form = str(scene.policy.options.get("probe_header", PROBE_HEADER)).partition(":")
        if "://" not in probe:
            service, _, path = probe.partition("/")
            deployed = await self.deploys.deployments(scene.request.fleet, scene.request.environment)
            address = next((each.address for each in deployed if each.service == service), "")
            if not address:
                raise NotFound(f"{service}, which the probe asks, is not deployed", hint="see `probe` in the policy")
            probe = urljoin(f"{address}/", path)
        where = urlsplit(probe)
        if where.scheme != "https" and where.hostname not in LOOPBACK:
            raise Misconfigured("the probe would send the credential unencrypted", hint="ask by https")
        if not colon or "{}" not in form:
            raise Misconfigured("probe_header has no {} for the value", hint=f"write it like {PROBE_HEADER}")
        try:
            async with client(guard=None, timeout_seconds=PROBE_SECONDS) as asking:
                headers = {name.strip(): form.strip().replace("{}", value.reveal())}
                return (await asking.get(probe, headers=headers)).status_code
        except httpx.HTTPError as error:
            raise Unavailable(f"the probe got no answer: {type(error).__name__}") from None
        except (httpx.InvalidURL, ValueError):
            raise Misconfigured("the probe cannot be sent", hint="see probe and probe_header of the policy") from None

    async def _running(self, scene: Scene, environment: str) -> tuple[str, ...]:
        if not scene.users:
            return ()
        try:
            deployed = await self.deploys.deployments(scene.request.fleet, environment)
        except NotFound:
            return ()
        return await asyncio.to_thread(scene.running, environment, {each.service: each.spec for each in deployed})

    async def _values(self, scene: Scene, environment: str, meant: Sequence[Place]) -> Mapping[Source, Secret]:
        read = wiring.reader(self.home, self.environ)
        return await asyncio.to_thread(wiring.push_values, scene.fleets[environment], meant, read)

    def _record(self, fleet: Fleet, meant: Sequence[Place]) -> None:
        """Record that the values wanted at the places of ``meant`` are read, service by service."""
        log = wiring.read_log(self.home, self.clock)
        by_service: dict[str, set[str]] = {}
        for place in meant:
            for sources in place.wanted.values():
                for source in sources:
                    by_service.setdefault(source.service, set()).add(source.variable)
        for service, names in by_service.items():
            log("rotation", wiring.scope_of(fleet, fleet.services[service]), names)

    async def _both(self, rotation: Rotation, scene: Scene) -> tuple[Issued, Issued]:
        return await self._kept(rotation, scene, OLD), await self._kept(rotation, scene, NEW)

    async def _kept(self, rotation: Rotation, scene: Scene, which: str) -> Issued:
        found = await asyncio.to_thread(staged(rotation, scene).read, which)
        if found is None:
            raise NotFound(
                f"the {which} value of rotation {rotation.id} is not kept in this home",
                hint="the rotation goes on where CHITTYOPS_HOME is the one that it began in",
            )
        conceal(found.value)
        return found

    @asynccontextmanager
    async def _rotator(self, scene: Scene) -> AsyncIterator[Rotator]:
        kind = scene.request.rotator
        async with wiring.rotator(kind, scene.policy, scene.fleet, self.home, self.environ, self.clock) as rotator:
            yield rotator


def _without_untouched(planned: Planned, pushes: Pushes, new: Issued) -> Planned:
    """Return ``planned`` without the places that cannot be reached and never got the new value."""
    reached_before = [
        each
        for each in planned.unreached
        if any(
            noted.fingerprint == pushes.fingerprint(name, new.value)
            for name, noted in pushes.record.read(each.place.id).items()
        )
    ]
    return replace(planned, unreached=tuple(reached_before))


def _all_reached(planned: Planned) -> None:
    _raise_first([each.error for each in planned.unreached])


def _raise_first(errors: Sequence[ChittyOpsError]) -> None:
    """Raise the first error that does not pass by itself, else the first."""
    for error in sorted(errors, key=lambda each: not each.permanent):
        raise error


def _number(scene: Scene, option: str, default: float) -> float:
    text = str(scene.policy.options.get(option, default))
    try:
        return max(0.0, float(text))
    except ValueError:
        raise Misconfigured(f"{option} of {scene.policy.name} is no number", hint="write seconds, like 30") from None
