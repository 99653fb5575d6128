"""Ship a fleet: from its files to a stored plan, the bundles the centre lacks, and a release of the plan."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from chittyops.capabilities.deploy.model import Desired, Release, ReleaseOptions
from chittyops.capabilities.fleet import wiring
from chittyops.capabilities.fleet.model.inputs import ServiceInputs
from chittyops.capabilities.secrets.wiring import readable, scope_of
from chittyops.interface.client import Client, table
from chittyops.interface.codec import dump, load
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Misconfigured, NotFound, Refused
from chittyops.kernel.event import Json
from chittyops.kernel.nearest import nearest
from chittyops.kernel.plan import Action, PlannedService
from chittyops.kernel.secret import Secret
from chittyops.kernel.service import Fleet, Service
from chittyops.runtime.home import Home

DEFAULT_ENVIRONMENT = "local"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which services are to be deployed (none named: all), and how unchanged ones are taken."""

    names: tuple[str, ...] = ()
    changed: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan the centre has stored. ``missing_bundles`` names the contents it needs before it can be applied."""

    id: str
    kind: str
    fleet: str
    environment: str
    base: str
    services: tuple[PlannedService, ...]
    missing_bundles: tuple[str, ...] = ()

    @property
    def deploys(self) -> tuple[PlannedService, ...]:
        """Return the services that would be deployed, each after what it depends on."""
        return tuple(s for s in self.services if s.action is Action.DEPLOY)


def gather(fleet: Fleet, home: Home, clock: Clock, *, keyed: bool) -> list[ServiceInputs]:
    """Return the inputs of all services, hashed with the help of what ``home`` remembers.

    ``keyed`` lets the values of secrets count, by fingerprints that only this home can compare: right for
    the centre of this machine, not for one that several machines deploy to.
    """
    key = home.credential("fingerprints").reveal().encode() if keyed else b""
    at_hand = readable(home, os.environ)

    def values(service: Service) -> dict[str, Secret]:
        return at_hand(scope_of(fleet, service), service.secrets) if keyed else {}

    return wiring.desired(fleet, clock, cache_folder=home.file("hashes"), key=key, values=values)


def expand(fleet: Fleet, names: Sequence[str]) -> tuple[str, ...]:
    """Return the services that ``names`` (services or groups) stand for. Raises NotFound for any other word."""
    found: dict[str, None] = {}
    for name in names:
        members = fleet.groups.get(name, (name,) if name in fleet.services else ())
        if not members:
            message = f"there is no service or group called {name} in {fleet.name}"
            raise NotFound(message, hint=nearest(name, sorted([*fleet.services, *fleet.groups])))
        found.update(dict.fromkeys(members))
    return tuple(found)


def propose(client: Client, fleet: Fleet, inputs: Iterable[ServiceInputs], wanted: Wanted) -> Proposal:
    """Return the plan the centre makes of the files. Deploys nothing."""
    body: dict[str, Json] = {
        "root": fleet.root,
        "provider": fleet.environment.provider,
        "protected": fleet.environment.protected,
        "document": document(fleet),
        "services": [dump(_desired(each, fleet)) for each in inputs],
        "select": list(wanted.names),
        "changed": wanted.changed,
        "force": wanted.force,
    }
    return _proposal(client.post(f"{place(fleet.name, fleet.environment.name)}/plans", body))


def propose_rollback(client: Client, fleet: str, environment: str, *, to: int | None, names: Sequence[str]) -> Proposal:
    """Return the plan back to release number ``to``, or to the one before the last. Deploys nothing."""
    body: dict[str, Json] = {"rollback": True, "rollback_to": to, "select": list(names)}
    return _proposal(client.post(f"{place(fleet, environment)}/plans", body))


def proposal(client: Client, plan_id: str) -> Proposal:
    """Return a plan that was made before. Raises NotFound."""
    return _proposal(client.get(f"/plans/{quote(plan_id, safe='')}"))


def upload(client: Client, plan: Proposal, inputs: Iterable[ServiceInputs], done: Callable[[str], None]) -> None:
    """Send the bundles that the centre lacks; ``done`` is told of each service's.

    Raises Refused when the files are no longer those that were planned.
    """
    by_content: Mapping[str, ServiceInputs] = {each.content: each for each in inputs}
    for content in plan.missing_bundles:
        if content not in by_content:
            message = f"the files have changed since plan {plan.id} was made"
            raise Refused(message, hint="plan again: `chittyops deploy` without --plan")
        client.put(f"/bundles/{content}", wiring.pack(by_content[content]), "application/x-tar")
        done(by_content[content].service.name)


def start(client: Client, plan: Proposal, options: ReleaseOptions) -> Release:
    """Queue a release of ``plan``. Raises Refused when it is stale, Conflict when another release runs."""
    body: dict[str, Json] = {"plan": plan.id, "on_failure": options.on_failure, "max_parallel": options.max_parallel}
    return load(Release, client.post("/releases", body, key=secrets.token_hex(16)))


def place(fleet: str, environment: str) -> str:
    """Return the API path of an environment."""
    return f"/fleets/{quote(fleet, safe='')}/environments/{quote(environment, safe='')}"


def read(folder: Path, environment: str | None) -> Fleet:
    """Return the fleet whose file is in ``folder`` or above it, as ``environment`` sees it.

    Without one: ``local``, else the only one. Raises Misconfigured where that leaves a choice.
    """
    fleet = wiring.read_fleet(folder, environment)
    if environment:
        return fleet
    name = default_environment(fleet.environments)
    return fleet if name == fleet.environment.name else wiring.read_fleet(folder, name)


def default_environment(names: Sequence[str]) -> str:
    """Return the environment that is meant where none is named. Raises Misconfigured where there is a choice."""
    if DEFAULT_ENVIRONMENT in names:
        return DEFAULT_ENVIRONMENT
    if len(names) != 1:
        message = "say which environment is meant: --env"
        raise Misconfigured(message, hint=f"there are: {', '.join(names) or 'none yet'}")
    return names[0]


def _proposal(reply: Json) -> Proposal:
    known = Proposal.__dataclass_fields__
    return load(Proposal, {key: value for key, value in table(reply).items() if key in known})


def _desired(inputs: ServiceInputs, fleet: Fleet) -> Desired:
    return Desired(inputs.service, inputs.inputs, inputs.content, inputs.digest, inputs.source, fleet.store.folder)


def document(fleet: Fleet) -> dict[str, Json]:
    """Return the fleet as pages show it."""
    return {
        "name": fleet.name,
        "services": {
            name: {
                "path": each.path,
                "platform": each.platform,
                "depends_on": list(each.depends_on),
                "owners": list(each.owners),
                "tags": list(each.tags),
            }
            for name, each in fleet.services.items()
        },
        "groups": {name: list(members) for name, members in fleet.groups.items()},
    }
