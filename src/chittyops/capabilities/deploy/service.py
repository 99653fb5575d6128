"""What a deploy decides, without doing any of it: plans, and the order of a release's decisions."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from chittyops.capabilities.deploy.model import (
    Deployment,
    Desired,
    PlanRequest,
    Release,
    ReleaseOptions,
    RollbackRequest,
    Running,
    StoredPlan,
    Target,
)
from chittyops.capabilities.deploy.ports import Fleets, Plans, Provider, Releases, Telling
from chittyops.kernel.errors import Misconfigured, NotFound, Refused
from chittyops.kernel.event import Json
from chittyops.kernel.graph import Graph
from chittyops.kernel.plan import Action, Change, Plan, PlannedService, digest
from chittyops.kernel.service import Environment

ProviderOf = Callable[[Desired], tuple[str, str]]
"""Returns the provider's name for a service, and why that provider cannot run it ("" when it can)."""

BUILD_DIGITS = 8


def base_of(builds: Mapping[str, str]) -> str:
    """Return the fingerprint of what is deployed, build ids by service: a plan holds only while it stays the same."""
    return digest(builds)


def _builds(active: Mapping[str, Deployment]) -> dict[str, str]:
    return {name: deployment.build_id for name, deployment in active.items()}


def build_id(number: int, content_digest: str) -> str:
    """Return the id a service must report: unique for the release, readable, and telling equal content."""
    return f"r{number}-{content_digest[:BUILD_DIGITS]}"


def changes(inputs: Mapping[str, str], running: Mapping[str, str]) -> tuple[Change, ...]:
    """Return each input that differs, by name."""
    names = sorted(inputs.keys() | running.keys())
    return tuple(
        Change(*_split(name), before=running.get(name, ""), after=inputs.get(name, ""))
        for name in names
        if inputs.get(name) != running.get(name)
    )


def _split(key: str) -> tuple[str, str]:
    kind, _, name = key.partition(".")
    return ("dependency" if kind == "depends_on" else kind), name


@dataclass(frozen=True, slots=True)
class Planner:
    """Compares what is wanted with what runs. Pure: equal arguments give equal plans."""

    desired: Mapping[str, Desired]
    active: Mapping[str, Deployment]
    provider_of: ProviderOf

    def plan(self, fleet: str, request: PlanRequest) -> Plan:
        """Return what deploying would do, in the order of dependencies.

        Raises NotFound for an unknown service and Misconfigured for a cycle.
        """
        graph = Graph({name: d.service.depends_on for name, d in self.desired.items()})
        order = graph.order()
        chosen = self._chosen(graph, request)
        differing = frozenset(n for n in chosen if request.force or self._differences(n))
        if request.changed:
            differing = graph.affected(differing)
        return Plan(
            fleet,
            request.environment.name,
            base_of(_builds(self.active)),
            tuple(self._planned(n, differing, force=request.force) for n in order if n in chosen | differing)
            + self._forgotten(request),
        )

    def _chosen(self, graph: Graph, request: PlanRequest) -> frozenset[str]:
        unknown = [name for name in request.select if name not in self.desired]
        if unknown:
            message = f"there is no service called {unknown[0]} in this fleet"
            raise NotFound(message, hint=f"its services are {', '.join(sorted(self.desired))}")
        if not request.select:
            return frozenset(self.desired)
        needed = graph.required(request.select) - frozenset(request.select)
        return frozenset(request.select) | {name for name in needed if name not in self.active}

    def _differences(self, name: str) -> tuple[Change, ...]:
        running = self.active.get(name)
        if running is None:
            return (Change("new", name, after=self.desired[name].digest[:BUILD_DIGITS]),)
        return changes(self.desired[name].inputs, running.inputs)

    def _planned(self, name: str, differing: frozenset[str], *, force: bool) -> PlannedService:
        wanted = self.desired[name]
        running = self.active.get(name)
        provider, missing = self.provider_of(wanted)
        reasons = self._differences(name)
        if name in differing and not reasons:
            reasons = self._inherited(name, differing, force=force)
        action, note = Action.DEPLOY, ""
        if name not in differing:
            action, note = Action.SKIP, f"unchanged since {running.release}" if running else ""
        elif missing:
            action, note = Action.UNAVAILABLE, missing
        return PlannedService(
            name,
            action,
            wanted.digest,
            wanted.service.depends_on,
            reasons if action is not Action.SKIP else (),
            note,
            provider,
            running.build_id if running else "",
        )

    def _inherited(self, name: str, differing: frozenset[str], *, force: bool) -> tuple[Change, ...]:
        if force:
            return (Change("forced", name),)
        return tuple(
            Change("dependency", needed, self._short(needed), self.desired[needed].digest[:BUILD_DIGITS])
            for needed in self.desired[name].service.depends_on
            if needed in differing
        )

    def _short(self, name: str) -> str:
        return self.active[name].digest[:BUILD_DIGITS] if name in self.active else ""

    def _forgotten(self, request: PlanRequest) -> tuple[PlannedService, ...]:
        if request.select:
            return ()
        return tuple(
            PlannedService(
                name, Action.SKIP, d.digest, note="still runs, but is no longer in the fleet file", running=d.build_id
            )
            for name, d in sorted(self.active.items())
            if name not in self.desired
        )


def rollback_plan(
    fleet: str,
    environment: str,
    to: int,
    then: Mapping[str, Desired],
    active: Mapping[str, Deployment],
    provider_of: ProviderOf,
) -> Plan:
    """Return the plan that brings each service back to what release ``to`` left (``then``)."""
    graph = Graph({n: tuple(x for x in d.service.depends_on if x in then) for n, d in then.items()})
    planned = []
    for name in graph.order():
        wanted, running = then[name], active.get(name)
        provider, missing = provider_of(wanted)
        same = running is not None and running.digest == wanted.digest
        before = running.digest[:BUILD_DIGITS] if running else ""
        planned.append(
            PlannedService(
                name,
                Action.SKIP if same else Action.UNAVAILABLE if missing else Action.DEPLOY,
                wanted.digest,
                graph.dependencies[name],
                () if same else (Change("rollback", f"{fleet}-{to}", before, wanted.digest[:BUILD_DIGITS]),),
                f"already as {fleet}-{to} left it" if same else missing,
                provider,
                running.build_id if running else "",
            )
        )
    return Plan(fleet, environment, base_of(_builds(active)), tuple(planned))


def reload_plan(
    fleet: str,
    environment: str,
    wanted: Mapping[str, Desired],
    active: Mapping[str, Deployment],
    provider_of: ProviderOf,
) -> Plan:
    """Return the plan that starts services again as they are (``wanted``): their secrets are read anew."""
    graph = Graph({n: tuple(x for x in d.service.depends_on if x in wanted) for n, d in wanted.items()})
    planned = []
    for name in graph.order():
        provider, missing = provider_of(wanted[name])
        planned.append(
            PlannedService(
                name,
                Action.UNAVAILABLE if missing else Action.DEPLOY,
                wanted[name].digest,
                wanted[name].service.depends_on,
                (Change("reload", name),),
                missing,
                provider,
                active[name].build_id,
            )
        )
    return Plan(fleet, environment, base_of(_builds(active)), tuple(planned))


def _with_inputs(desired: Desired, changed: Mapping[str, str]) -> Desired:
    inputs = {**desired.inputs, **changed}
    return replace(desired, inputs=inputs, digest=digest(inputs))


class Deploys:
    """The deploy capability as the edges use it."""

    def __init__(self, fleets: Fleets, plans: Plans, releases: Releases, providers: Mapping[str, Provider]) -> None:
        """Take the ports."""
        self._fleets = fleets
        self._plans = plans
        self._releases = releases
        self._providers = providers
        self.fleets = fleets.fleets
        self.fleet = fleets.fleet
        self.deployments = fleets.deployments
        self.plan = plans.plan
        self.release = releases.release
        self.status = releases.status
        self.releases = releases.releases
        self.cancel = releases.cancel
        self.resume = releases.resume
        self.events = releases.events

    async def describe(self, fleet: str, root: str, document: Mapping[str, Json]) -> None:
        """Let the centre know the fleet as its files describe it."""
        await self._fleets.register(PlanRequest(root, Environment(""), document, ()), fleet)

    async def running(self, fleet: str, environment: str) -> list[Running]:
        """Return with what the active versions were started, of services whose provider can tell.

        Raises Unavailable where a provider that can does not answer.
        """
        used = {deployment.provider for deployment in await self.deployments(fleet, environment)}
        found: list[Running] = []
        for name in sorted(used & self._providers.keys()):
            provider = self._providers[name]
            if isinstance(provider, Telling):
                found += await provider.running(fleet, environment)
        return found

    async def make_plan(self, fleet: str, request: PlanRequest, actor: str) -> StoredPlan:
        """Register the fleet as its files describe it, and return a stored plan for one environment."""
        await self._fleets.register(request, fleet)
        active = await self._active(fleet, request.environment.name)
        desired = {d.service.name: d for d in request.services}
        planner = Planner(desired, active, self._provider_of(fleet, request.environment))
        return await self._store("deploy", planner.plan(fleet, request), desired, actor)

    async def make_rollback(self, fleet: str, environment: str, request: RollbackRequest, actor: str) -> StoredPlan:
        """Return a stored plan back to an earlier release. Raises NotFound where there is none."""
        number = request.to if request.to is not None else await self._before_last(fleet, environment)
        then = await self._fleets.state_after(fleet, environment, number)
        wanted = {n: d for n, d in then.items() if not request.select or n in request.select}
        if not wanted:
            message = f"release {fleet}-{number} left nothing to go back to in {environment}"
            raise NotFound(message, hint="`chittyops history` lists the releases")
        active = await self._active(fleet, environment)
        place = Environment(environment, self._provider_running(active))
        plan = rollback_plan(fleet, environment, number, wanted, active, self._provider_of(fleet, place))
        return await self._store("rollback", plan, wanted, actor)

    async def make_reload(
        self, fleet: str, environment: str, inputs: Mapping[str, Mapping[str, str]], actor: str
    ) -> StoredPlan:
        """Return a stored plan that starts deployed services again in the versions that run.

        ``inputs`` has, for each of them, those inputs of its digest that are others now.
        """
        active = await self._active(fleet, environment)
        latest = await self._releases.releases(fleet=fleet, environment=environment, before=None, limit=1)
        then = await self._fleets.state_after(fleet, environment, latest[0].number) if latest else {}
        wanted = {
            name: _with_inputs(then[name], changed)
            for name, changed in inputs.items()
            if name in active and name in then
        }
        place = Environment(environment, self._provider_running(active))
        plan = reload_plan(fleet, environment, wanted, active, self._provider_of(fleet, place))
        return await self._store("reload", plan, wanted, actor)

    async def apply(self, plan_id: str, options: ReleaseOptions, actor: str) -> Release:
        """Queue a release of a stored plan. Raises Refused when it is stale or would do nothing."""
        stored = await self._plans.plan(plan_id)
        if not stored.plan.deploys:
            message = "the plan deploys nothing"
            raise Refused(message, hint="`--force` deploys services that have not changed")
        return await self._releases.create(stored, options, actor)

    async def active(self, fleet: str, environment: str) -> Release | None:
        """Return the release that holds the environment now."""
        latest = await self._releases.releases(fleet=fleet, environment=environment, before=None, limit=1)
        return await self._releases.release(latest[0].id) if latest and latest[0].status.active else None

    async def logs(self, fleet: str, environment: str, service: str, *, tail: int, follow: bool) -> AsyncIterator[str]:
        """Yield the log of a running service. Raises NotFound when it is not deployed."""
        active = await self._active(fleet, environment)
        if service not in active:
            message = f"{service} is not deployed in {environment}"
            raise NotFound(message, hint=f"deployed are: {', '.join(sorted(active)) or 'none'}")
        provider = self._providers[active[service].provider]
        async for line in provider.logs(f"{fleet}/{environment}/{service}", tail=tail, follow=follow):
            yield line

    async def _active(self, fleet: str, environment: str) -> dict[str, Deployment]:
        return {d.service: d for d in await self._fleets.deployments(fleet, environment)}

    async def _before_last(self, fleet: str, environment: str) -> int:
        done = [
            r.number
            for r in await self._releases.releases(fleet=fleet, environment=environment, before=None, limit=200)
            if r.status == "succeeded"
        ]
        if len(done) < 2:  # noqa: PLR2004 - the last one, and the one before it
            message = f"{environment} has no earlier release to go back to"
            raise NotFound(message, hint="`chittyops history` lists the releases")
        return done[1]

    async def _store(self, kind: str, plan: Plan, desired: Mapping[str, Desired], actor: str) -> StoredPlan:
        chosen = {s.name: desired[s.name] for s in plan.deploys}
        stored = StoredPlan(secrets.token_hex(8), kind, plan, chosen)
        await self._plans.save(stored, actor)
        return stored

    def _provider_of(self, fleet: str, environment: Environment) -> ProviderOf:
        def choose(desired: Desired) -> tuple[str, str]:
            name = environment.provider or desired.service.platform
            if name not in self._providers:
                message = f"{desired.service.name} runs on {name}, which cannot be deployed to yet"
                raise Misconfigured(
                    message, hint=f"give environment {environment.name} `provider: local` in chittyops.yaml"
                )
            return name, self._providers[name].missing(Target(fleet, environment.name, "", "", 0, desired, {}))

        return choose

    @staticmethod
    def _provider_running(active: Mapping[str, Deployment]) -> str:
        providers: Sequence[str] = sorted({d.provider for d in active.values()})
        return providers[0] if len(providers) == 1 else ""
