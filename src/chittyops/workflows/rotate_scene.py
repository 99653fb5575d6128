"""What a rotation is about, read anew for each step: the fleet's files, the store, and who sees the value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from chittyops.capabilities.fleet.model.inputs import specification
from chittyops.capabilities.fleet.wiring import configuration, set_value
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.model import entry_map
from chittyops.capabilities.secrets.service.push.places import ACCOUNT_VARIABLE, Place
from chittyops.capabilities.secrets.service.rotation import reach
from chittyops.capabilities.secrets.service.rotation.model import KEY_LEVEL, Rotation, RotationRequest
from chittyops.capabilities.secrets.service.rotation.ports import Staging
from chittyops.capabilities.secrets.service.rotation.steps import Stage
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound, Refused
from chittyops.kernel.secret import FINGERPRINTS, Secret, fingerprint
from chittyops.kernel.service import Fleet, SecretPolicy, Service
from chittyops.runtime.home import Home

WRITES_TRIED = 5
"""Somebody who edits the store at the same moment is waited for so many times."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A rotation's surroundings. ``fleets`` has each environment that sees the value, ``users`` who does there."""

    request: RotationRequest
    fleets: Mapping[str, Fleet]
    users: Mapping[str, reach.Users]
    policy: SecretPolicy
    home: Home
    environ: Mapping[str, str]

    @classmethod
    def read(cls, request: RotationRequest, home: Home, environ: Mapping[str, str]) -> Scene:
        """Return the surroundings as they are now. Blocks. Raises what the fleet's files are worth."""
        read = configuration(Path(request.root))
        if read.name != request.fleet:
            raise Refused(f"{request.root} holds the fleet {read.name}, not {request.fleet}")
        if request.environment not in read.environments:
            raise NotFound(f"{request.fleet} has no environment {request.environment}")
        asked = read.fleet(request.environment)
        found = asked.store.policies.get(request.secret, SecretPolicy(request.secret))
        policy = found if found.rotator == request.rotator else replace(found, options={})
        if request.level == KEY_LEVEL:
            return cls(request, {request.environment: asked}, {}, policy, home, environ)
        names = reach.environments(request, read.environments)
        fleets = {name: read.fleet(name) for name in names}
        stored = entry_map(wiring.fleet_store(asked, home, environ).entries())
        users = {name: reach.users(fleet, request.slots, stored, wiring.scope_of) for name, fleet in fleets.items()}
        return cls(request, fleets, users, policy, home, environ)

    @property
    def fleet(self) -> Fleet:
        """Return the fleet as the environment sees it that was asked for, or another that sees the value."""
        return self.fleets.get(self.request.environment) or next(iter(self.fleets.values()))

    def places(self, environment: str) -> tuple[Place, ...]:
        """Return where the value is pushed in ``environment``."""
        account = self.environ.get(ACCOUNT_VARIABLE, "")
        return reach.reached(self.fleets[environment], self.users.get(environment, {}), account=account)

    def running(self, environment: str, deployed: Mapping[str, Service]) -> tuple[str, ...]:
        """Return which of the ``deployed`` services, as they were deployed, see the value."""
        fleet = replace(self.fleets[environment], services=deployed)
        stored = entry_map(wiring.fleet_store(fleet, self.home, self.environ).entries())
        return tuple(reach.users(fleet, self.request.slots, stored, wiring.scope_of))

    def inputs(self, environment: str, deployed: Mapping[str, Service]) -> dict[str, dict[str, str]]:
        """Return the inputs of ``deployed`` services that follow from their secrets, with the values of now. Blocks.

        They are those that the next plan compares with, so that it finds nothing left to do.
        """
        key = self.home.credential(FINGERPRINTS).reveal().encode()
        read = wiring.readable(self.home, self.environ)
        fleet, found = self.fleets[environment], {}
        for name, service in deployed.items():
            values = read(wiring.scope_of(fleet, service), service.secrets)
            marks = {variable: fingerprint(value.reveal(), key) for variable, value in values.items()}
            told = specification(service, marks)
            found[name] = {input_: mark for input_, mark in told.items() if input_.startswith("secret.")}
        return found

    def check_second(self) -> None:
        """Raise Refused where a second variable is to overlap and nothing accepts it."""
        second = self.request.previous
        accepted = any(reach.declares(self.fleets[name], using, second) for name, using in self.users.items())
        if second and not accepted:
            raise Refused(
                f"no service reads {second}, so that the old {self.request.secret} would end at once",
                hint=f"let whoever checks it accept a second variable (secrets: {second}: sops:{second}), "
                "or write `previous: none` to its policy",
            )

    def current(self) -> Secret:
        """Return the value in use. Raises NotFound where there is none."""
        request = self.request
        if request.level == KEY_LEVEL:
            recipient = self.fleet.store.recipients.get(request.secret)
            if recipient is None:
                raise NotFound(f"nobody called {request.secret} is among secrets.recipients of the fleet file")
            return wiring.own_keys(self.home).find(recipient)
        value = self._store().open(request.file).values.get(request.slot)
        if value is None:
            raise NotFound(
                f"{request.secret} is not set ({request.slot.part.title})",
                hint=f"chittyops secrets set {request.secret}",
            )
        return value

    def write(self, stage: Stage, old: Secret, new: Secret) -> int:
        """Have the store hold what belongs to ``stage``; return how many values were written. Blocks.

        Raises Refused where somebody else has set the secret meanwhile.
        """
        if self.request.level == KEY_LEVEL:
            keys = wiring.own_keys(self.home)
            if stage is Stage.OLD:
                keys.retire(new, keep=False)
            else:
                keys.add(new)
            return 1
        for _ in range(WRITES_TRIED):
            try:
                return self._write(stage, old, new)
            except Conflict as error:
                conflict = error
        raise conflict

    def _write(self, stage: Stage, old: Secret, new: Secret) -> int:
        wanted = reach.values(self.request, stage, old, new)
        store = self._store()
        opened = store.open(self.request.file)
        held = opened.values
        if held.get(self.request.slot) not in (old, new):
            if stage is Stage.OLD:
                return 0  # it is theirs now: what is taken back is ours alone
            raise Refused(
                f"{self.request.secret} was set or removed by somebody else during its rotation",
                hint="set it back by git, or cancel the rotation and begin anew",
            )
        edits = {slot: value for slot, value in wanted.items() if held.get(slot) != value}
        if edits:
            store.save(opened, dict(edits))
        return len(edits)

    def rename(self, old: str, new: str) -> None:
        """Have the fleet file name the recipient ``new`` where it names ``old``."""
        for name, recipient in self.fleet.store.recipients.items():
            if recipient == old:
                set_value(Path(self.request.root), f"secrets.recipients.{name}", new)

    def readers(self) -> tuple[str, ...]:
        """Return who can read the file of the store that holds the value; for a key, any of its files."""
        outlines = self._store().outlines()
        if self.request.level == KEY_LEVEL:
            return tuple(dict.fromkeys(each for outline in outlines.values() for each in outline.recipients))
        if self.request.file not in outlines:
            raise Misconfigured(f"the store has no file for {self.request.file}", hint="`chittyops secrets init`")
        return outlines[self.request.file].recipients

    def _store(self) -> wiring.FleetStore:
        return wiring.fleet_store(self.fleet, self.home, self.environ)


def staged(rotation: Rotation, scene: Scene) -> Staging:
    """Return where the values of ``rotation`` are kept until its end."""
    return wiring.staged(rotation.id, scene.readers(), scene.home, scene.environ)
