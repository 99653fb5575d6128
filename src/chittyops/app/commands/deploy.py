"""``chittyops plan``, ``deploy`` and ``rollback``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.app.commands.target import REMOTE, connect, environment_option, reach, target_options
from chittyops.interface.terminal import Terminal, command, pass_terminal

if TYPE_CHECKING:
    from chittyops.capabilities.deploy.model import Release
    from chittyops.capabilities.fleet.model.inputs import ServiceInputs
    from chittyops.interface.client import Client
    from chittyops.kernel.service import Fleet
    from chittyops.workflows.ship import Proposal

SERVICES = click.argument("services", nargs=-1, metavar="[SERVICE...]")
CHANGED = click.option("--changed", is_flag=True, help="Take in whatever depends on a changed service.")
FORCE = click.option("--force", is_flag=True, help="Deploy unchanged services too.")
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
DETACH = click.option("--detach", is_flag=True, help="Start the release and do not wait for it.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show the plan and do nothing.")
ON_FAILURE = click.option(
    "--on-failure",
    type=click.Choice(["rollback", "stop", "continue"]),
    default="rollback",
    show_default=True,
    help="Revert the release, keep what succeeded, or go on with what does not depend on the failed service.",
)
MAX_PARALLEL = click.option(
    "--max-parallel",
    type=click.IntRange(1, 256),
    help="Services at the same time; by default what `chittyops settings` says of releases.max_parallel.",
)


@command("plan", short_help="Show what a deploy would do, and why.")
@SERVICES
@environment_option
@CHANGED
@FORCE
@pass_terminal
def plan(terminal: Terminal, services: tuple[str, ...], *, environment: str | None, changed: bool, force: bool) -> None:
    """Show what deploying the SERVICEs (or groups; all by default) would do, and why. Changes nothing."""
    from chittyops.app.plan_view import show_plan
    from chittyops.workflows.ship import Wanted, propose

    fleet, names, inputs = _files(terminal, environment, services)
    show_plan(propose(connect(terminal), fleet, inputs, Wanted(names, changed, force)), terminal)


@command("deploy", short_help="Deploy what has changed, in dependency order.")
@SERVICES
@environment_option
@CHANGED
@FORCE
@click.option("--plan", "plan_id", metavar="ID", help="Apply this plan, made by `chittyops plan` before.")
@DRY_RUN
@ON_FAILURE
@MAX_PARALLEL
@DETACH
@YES
@pass_terminal
def deploy(
    terminal: Terminal,
    services: tuple[str, ...],
    *,
    environment: str | None,
    changed: bool,
    force: bool,
    plan_id: str | None,
    dry_run: bool,
    on_failure: str,
    max_parallel: int | None,
    detach: bool,
    yes: bool,
) -> int:
    """Deploy the SERVICEs (or groups; all by default) whose files, configuration or dependencies changed.

    Each service starts as soon as what it depends on is healthy. It succeeded when it reports the new build
    itself. Ctrl-C leaves the release running; `chittyops cancel` stops it.
    """
    from chittyops.app.commands.publish import publish_configuration
    from chittyops.workflows.ship import Wanted, proposal, propose

    if plan_id and (services or changed or force):
        message = "--plan stands for itself: no services, --changed or --force beside it"
        raise click.UsageError(message)
    fleet, names, inputs = _files(terminal, environment, services)
    client = connect(terminal)
    chosen = proposal(client, plan_id) if plan_id else propose(client, fleet, inputs, Wanted(names, changed, force))
    if not dry_run:
        publish_configuration(terminal, client, Path.cwd(), quietly=True)
    return _apply(
        terminal,
        client,
        chosen,
        inputs,
        ask=fleet.environment.protected,
        dry_run=dry_run,
        on_failure=on_failure,
        max_parallel=max_parallel,
        detach=detach,
        yes=yes,
    )


@command("rollback", short_help="Go back to what an earlier release left.")
@SERVICES
@target_options
@click.option("--to", type=click.IntRange(1, 2**31 - 1), metavar="N", help="The release; the one before by default.")
@DRY_RUN
@ON_FAILURE
@MAX_PARALLEL
@DETACH
@YES
@pass_terminal
def rollback(
    terminal: Terminal,
    services: tuple[str, ...],
    *,
    fleet: str | None,
    environment: str | None,
    to: int | None,
    dry_run: bool,
    on_failure: str,
    max_parallel: int | None,
    detach: bool,
    yes: bool,
) -> int:
    """Bring the SERVICEs (all by default) back to the versions that release N left running.

    A rollback is a release of its own: planned, checked and recorded like any other.
    """
    from chittyops.workflows.ship import propose_rollback

    client, target = reach(terminal, fleet, environment)
    chosen = propose_rollback(client, target.fleet, target.environment, to=to, names=services)
    return _apply(
        terminal,
        client,
        chosen,
        [],
        ask=True,
        dry_run=dry_run,
        on_failure=on_failure,
        max_parallel=max_parallel,
        detach=detach,
        yes=yes,
    )


def _files(
    terminal: Terminal, environment: str | None, words: tuple[str, ...]
) -> tuple[Fleet, tuple[str, ...], list[ServiceInputs]]:
    """Return the fleet, the services that ``words`` name in it, and the inputs of all; nothing is started for it."""
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home
    from chittyops.workflows.ship import expand, gather, read

    fleet = read(Path.cwd(), environment)
    names = expand(fleet, words)
    inputs = gather(fleet, Home.locate(os.environ), SystemClock(), keyed=REMOTE not in os.environ)
    for each in inputs:
        for note in each.notes:
            terminal.warn(f"{each.service.name}: {note}")
    return fleet, names, inputs


def _apply(
    terminal: Terminal,
    client: Client,
    chosen: Proposal,
    inputs: list[ServiceInputs],
    *,
    ask: bool,
    dry_run: bool,
    on_failure: str,
    max_parallel: int | None,
    detach: bool,
    yes: bool,
) -> int:
    from chittyops.app.plan_view import show_plan
    from chittyops.capabilities.deploy.model import OnFailure, ReleaseOptions
    from chittyops.runtime.home import Home
    from chittyops.runtime.settings import Settings
    from chittyops.workflows.ship import start, upload

    if dry_run:
        show_plan(chosen, terminal)
        return 0
    show_plan(chosen, terminal, data=False)
    if not chosen.deploys:
        terminal.emit({"plan": chosen.id, "release": None})
        return 0
    if ask:
        terminal.confirm(f"{chosen.kind} {len(chosen.deploys)} service(s) in {chosen.environment}?", yes=yes)
    if chosen.missing_bundles:
        with terminal.progress("uploading", len(chosen.missing_bundles)) as progress:
            upload(client, chosen, inputs, progress.advance)
    slots = max_parallel or Settings.load(os.environ, Home.locate(os.environ).path).releases.max_parallel
    release = start(client, chosen, ReleaseOptions(OnFailure(on_failure), slots))
    if detach:
        terminal.emit({"release": release.id, "status": release.status.value}, release.id)
        terminal.note(f"watch it with `chittyops logs --release {release.id} -f`")
        return 0
    return watch(client, release, terminal)


def watch(client: Client, release: Release, terminal: Terminal, cursor: str = "") -> int:
    """Follow ``release`` (from ``cursor`` on) to its end, sum it up, and return the exit code.

    Ctrl-C leaves it running.
    """
    from chittyops.app.follow import follow
    from chittyops.app.release_view import show_release
    from chittyops.capabilities.deploy.model import ReleaseStatus
    from chittyops.runtime.clock import SystemClock

    clock = SystemClock()
    try:
        ended = follow(client, release, terminal, clock, cursor)
    except KeyboardInterrupt:
        terminal.say(f"{release.id} goes on without you")
        terminal.say(f"watch: chittyops logs --release {release.id} -f    stop: chittyops cancel {release.id}")
        raise
    show_release(ended, terminal, clock)
    return 0 if ended.status is ReleaseStatus.SUCCEEDED else 1
