"""``chittyops secrets rotate``: plan a rotation, have the centre carry it out, watch it, take it back."""

from __future__ import annotations

import os
import secrets as randoms
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from chittyops.app.commands.secrets import DRY_RUN, YES, PlaceOptions, placed
from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal
from chittyops.kernel.errors import NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chittyops.capabilities.secrets.model import Part, Slot
    from chittyops.capabilities.secrets.service.rotation.model import RotationRequest
    from chittyops.interface.client import Client
    from chittyops.kernel.event import Json
    from chittyops.kernel.service import Fleet, Service
    from chittyops.workflows.rotate_scene import Scene

ROTATORS = ("token", "postgres", "age", "cloudflare", "neon", "command")
ENDED = frozenset({"succeeded", "rolled_back", "held", "failed"})
STYLES = {"succeeded": "green", "done": "green", "rolled_back": "yellow", "held": "cyan", "failed": "red"}
AT_NEXT_DEPLOY = frozenset({"railway", "vercel", "github"})
"""Sinks whose services or jobs see a new value only when they start the next time."""
POLL_SECONDS = 0.3


@command("rotate", short_help="Replace a secret without a failed request.")
@click.argument("name", required=False)
@click.argument("service", required=False)
@placed
@click.option("--rotator", type=click.Choice(ROTATORS), help="Who makes the next value; else the policy says.")
@click.option("--hold", is_flag=True, help="Stop before the old value ends, until --resume.")
@click.option("--detach", is_flag=True, help="Do not wait for it.")
@click.option("--status", "verb", flag_value="status", help="Show rotations, or the one with the id NAME.")
@click.option("--resume", "verb", flag_value="resume", help="Go on with the rotation NAME.")
@click.option("--cancel", "verb", flag_value="cancel", help="Take the rotation NAME back, while the old value lives.")
@DRY_RUN
@YES
@pass_terminal
def rotate(
    terminal: Terminal,
    name: str | None,
    service: str | None,
    *,
    options: PlaceOptions,
    rotator: str | None,
    hold: bool,
    detach: bool,
    verb: str | None,
    dry_run: bool,
    yes: bool,
) -> int:
    """Rotate the secret NAME: a second value is made, brought to all who use it and tried, then the first one ends.

    Shows first what it will do. The centre carries it out: it goes on after a crash, and is taken back where a step
    fails before the old value ends.
    """
    if verb:
        return _steer(terminal, verb, name, detach=detach)
    if name is None:
        message = "which secret? NAME is missing"
        raise click.UsageError(message)
    from chittyops.app.commands.target import connect
    from chittyops.runtime.home import Home
    from chittyops.workflows.rotate_scene import Scene
    from chittyops.workflows.ship import place

    where = options.of(service)
    asked = _Asked(where.fleet, where.part, where.service, named=bool(service) or options.choose)
    request = asked.request(name, rotator, hold=hold)
    scene = Scene.read(request, Home.locate(os.environ), os.environ)
    scene.check_second()
    scene.current()
    show_plan(terminal, scene, data=dry_run)
    if dry_run:
        return 0
    terminal.confirm(f"rotate {name} in {', '.join(scene.fleets)} of {request.fleet}?", yes=yes)
    body: dict[str, Json] = {
        key: value for key, value in asdict(request).items() if key not in ("fleet", "environment")
    }
    client = connect(terminal)
    path = f"{place(request.fleet, request.environment)}/rotations"
    made: Any = client.post(path, body, key=randoms.token_hex(16))
    return _started(terminal, client, made, detach=detach)


class _Asked:
    """What the command line means: which slot of the store, or whose key."""

    def __init__(self, fleet: Fleet, part: Part, service: Service | None, *, named: bool) -> None:
        self._fleet, self._part, self._service, self._named = fleet, part, service, named

    def request(self, name: str, rotator: str | None, *, hold: bool) -> RotationRequest:
        """Return the request. Raises NotFound for a secret that is not set, Refused where nobody can rotate it."""
        from chittyops.capabilities.secrets.service.rotation.model import KEY_LEVEL, RotationRequest, second_variable
        from chittyops.kernel.service import SecretPolicy

        fleet = self._fleet
        policy = fleet.store.policies.get(name, SecretPolicy(name))
        kind = rotator or policy.rotator
        slot = self._slot(name, needed=kind not in ("", "age") or name not in fleet.store.recipients)
        if not kind:
            raise Refused(
                f"nobody is said to rotate {name}",
                hint=f"write secrets.policies.{name}.rotate.kind to chittyops.yaml, or say --rotator",
            )
        about = (fleet.name, fleet.environment.name, fleet.root, name)
        if slot is None:
            return RotationRequest(*about, fleet.environment.name, KEY_LEVEL, kind, hold=hold)
        part = slot.part
        second = second_variable(policy, kind)
        return RotationRequest(*about, part.environment, part.level.value, kind, part.owner, second, hold)

    def _slot(self, name: str, *, needed: bool) -> Slot | None:
        from chittyops.capabilities.secrets.model import EVERY, entry_map
        from chittyops.capabilities.secrets.service import scopes
        from chittyops.capabilities.secrets.wiring import fleet_store, scope_of
        from chittyops.runtime.home import Home

        entries = fleet_store(self._fleet, Home.locate(os.environ), os.environ).entries()
        stored = entry_map(entries)
        if self._service:
            seen = scope_of(self._fleet, self._service)
            found = [slot] if (slot := scopes.find(seen, name, stored)) else []
        else:
            places = (self._part.environment, EVERY)
            found = [slot for slot in stored if slot.name == name and slot.part.environment in places and stored[slot]]
            if self._named:
                same = (self._part.level, self._part.owner)
                found = [slot for slot in found if (slot.part.level, slot.part.owner) == same]
            own = [slot for slot in found if slot.part.environment == self._part.environment]
            found = own or found
        if not found and needed:
            raise NotFound(
                f"{name} is not set for {self._part.title}", hint="`chittyops secrets list` shows what is set"
            )
        if len(found) > 1:
            titles = "; ".join(slot.part.title for slot in found)
            raise Refused(f"{name} has several values: {titles}", hint="say which: a SERVICE, --group or --fleet")
        return found[0] if found else None


def show_plan(terminal: Terminal, scene: Scene, *, data: bool) -> None:
    """Show who uses the secret, where it is pushed, what starts again, how long both values live, and what ends."""
    from chittyops.workflows.rotate_acts import OVERLAP_SECONDS

    request = scene.request
    overlap = scene.policy.options.get("overlap_seconds", f"{OVERLAP_SECONDS:g}")
    table = Table("environment", "who", "what happens")
    users: list[Json] = []
    sinks: list[Json] = []
    for environment in scene.fleets:
        for name, variables in scene.users.get(environment, {}).items():
            table.row(environment, name, f"started again where it is deployed ({', '.join(variables)})")
            users.append({"environment": environment, "service": name, "variables": list(variables)})
        for found in scene.places(environment):
            later = "; seen there at the next start" if found.kind in AT_NEXT_DEPLOY else ""
            table.row(environment, found.title, f"pushed to {found.kind} {found.where}{later}")
            sinks.append({"environment": environment, "sinks": list(found.sinks), "kind": found.kind})
    if len(table):
        terminal.note(table.render(width=terminal.error_width))
    part = "the key file of this home" if request.level == "key" else request.slot.part.title
    terminal.note(f"{request.secret} ({part}) is rotated by {request.rotator}")
    if request.previous:
        terminal.note(f"both values are accepted meanwhile: services read {request.previous}, too")
    terminal.note(f"at the end, {overlap} s after all use the new value, the old one is ended")
    kinds = {found.kind for environment in scene.fleets for found in scene.places(environment)}
    if kinds & AT_NEXT_DEPLOY and not request.hold:
        terminal.warn("some places see the new value only when they start again: --hold waits before the old one ends")
    if data:
        terminal.emit({**asdict(request), "users": users, "places": sinks, "overlap_seconds": float(overlap)})


def _steer(terminal: Terminal, verb: str, name: str | None, *, detach: bool) -> int:
    from chittyops.app.commands.target import connect

    if verb != "status" and not name:
        message = f"--{verb} needs the id of a rotation"
        raise click.UsageError(message)
    client = connect(terminal)
    if verb == "status" and name is None:
        found = [dict(each) for each in client.items("/rotations", limit=20)]
        table = Table("rotation", "secret", "where", "status", "step", "by", "since", "error")
        for each in found:
            table.row(*_row(each))
        terminal.emit({"items": found}, table if found else "")
        if not found:
            terminal.note("nothing has been rotated yet")
        return 0
    path = f"/rotations/{_id(str(name))}"
    if verb == "status":
        _show(terminal, client.get(path))
        return 0
    return _started(terminal, client, client.post(f"{path}/{verb}"), detach=detach)


def _id(text: str) -> str:
    if not text.isascii() or not text.replace("-", "a").isalnum():
        raise NotFound(f"there is no rotation {text!r}", hint="`chittyops secrets rotate --status` lists them")
    return text.lower()


def _row(each: Mapping[str, Any]) -> Sequence[str | Cell]:
    now = next((step["title"] for step in each["steps"] if step["status"] in ("running", "failed")), "")
    status = Cell(each["status"], STYLES.get(each["status"], "yellow"))
    where = f"{each['fleet']} {each['environment']}"
    since = each["created_at"][:16].replace("T", " ")
    return each["id"], each["secret"], where, status, now, each["actor"], since, each["error"]


def _show(terminal: Terminal, rotation: Any) -> None:
    table = Table("step", "status", "times>", "what")
    for step in rotation["steps"]:
        status = Cell(step["status"], STYLES.get(step["status"], "dim"))
        table.row(step["title"], status, str(step["attempt"] or ""), step["error"])
    terminal.emit(rotation, table)
    terminal.note(f"{rotation['id']}: {rotation['secret']} is {rotation['status']}. {rotation['error']}".rstrip())


def _started(terminal: Terminal, client: Client, rotation: Any, *, detach: bool) -> int:
    if detach:
        terminal.emit(rotation, rotation["id"])
        terminal.note(f"watch it with `chittyops secrets rotate --status {rotation['id']}`")
        return 0
    try:
        rotation = _watched(terminal, client, rotation)
    except KeyboardInterrupt:
        terminal.note(f"{rotation['id']} goes on; `chittyops secrets rotate --cancel {rotation['id']}` takes it back")
        raise
    return _ended(terminal, rotation)


def _watched(terminal: Terminal, client: Client, rotation: Any) -> Any:
    """Show the steps as they are done, and return the rotation at its end."""
    from chittyops.kernel.errors import Unavailable

    said: set[tuple[str, str]] = set()
    with terminal.progress(f"rotating {rotation['secret']}", len(rotation["steps"])) as progress:
        while True:
            progress.reach(len(said), len(rotation["steps"]))  # taken back, it has other steps
            for step in rotation["steps"]:
                if step["status"] in ("done", "skipped", "failed") and (step["name"], step["status"]) not in said:
                    said.add((step["name"], step["status"]))
                    progress.advance(f"{step['title']}: {step['status']}" if step["error"] else step["title"])
            if rotation["status"] in ENDED:
                return rotation
            time.sleep(POLL_SECONDS)
            try:
                rotation = client.get(f"/rotations/{rotation['id']}")
            except Unavailable:
                progress.say("the centre is away; the rotation is recorded and goes on when it is back")


def _ended(terminal: Terminal, rotation: Any) -> int:
    status, rotation_id = rotation["status"], rotation["id"]
    terminal.emit(rotation, f"{rotation_id} {status}")
    if status == "succeeded":
        terminal.note(f"{rotation['secret']} has a new value everywhere; the old one has ended", "green")
        key = rotation["level"] == "key"
        terminal.note(
            "the store's files were changed: commit them" if key else "the store's file was changed: commit it"
        )
        return 0
    if status == "held":
        terminal.note(f"both values work; `chittyops secrets rotate --resume {rotation_id}` ends the old one")
        return 0
    if status == "rolled_back" and not any(step["status"] == "done" for step in rotation["steps"]):
        terminal.warn(f"nothing was changed. {rotation['error']}")
    elif status == "rolled_back":
        terminal.warn(f"the old value is back everywhere, the new one has ended. {rotation['error']}")
    else:
        terminal.warn(f"stopped half-way, both values work: {rotation['error']}")
        terminal.note(
            f"`chittyops secrets rotate --resume {rotation_id}` goes on, --cancel {rotation_id} takes it back"
        )
    return 1
