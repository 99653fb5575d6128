"""``chittyops history``, ``cancel`` and ``resume``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chittyops.app.commands.target import Target, connect, reach, release_path, target_options
from chittyops.interface.terminal import Terminal, command, pass_terminal

if TYPE_CHECKING:
    from chittyops.capabilities.deploy.model import Release
    from chittyops.interface.client import Client, Query
    from chittyops.kernel.event import Json

RELEASE = click.argument("release", required=False)


@command("history", short_help="Show the releases, or one of them.")
@RELEASE
@target_options
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many.")
@pass_terminal
def history(terminal: Terminal, release: str | None, *, fleet: str | None, environment: str | None, limit: int) -> None:
    """Show the releases of the environment, the newest first; or RELEASE with its services and reasons."""
    from chittyops.app.release_view import release_table, show_release
    from chittyops.runtime.clock import SystemClock

    if release:
        path = release_path(release)
        show_release(_load(connect(terminal).get(path)), terminal, SystemClock(), reasons=True)
        return
    client, target = reach(terminal, fleet, environment)
    items = list(_releases(client, target, limit))
    if not items:
        terminal.note(f"no release of {target.fleet} in {target.environment} yet")
    found = [_load(item) for item in items]
    terminal.emit({"items": items}, release_table(found, SystemClock()) if found else "")


@command("cancel", short_help="Stop a running release.")
@RELEASE
@target_options
@pass_terminal
def cancel(terminal: Terminal, release: str | None, *, fleet: str | None, environment: str | None) -> None:
    """Stop RELEASE (the latest by default). What it has deployed stays or is reverted, as its policy says."""
    client, path = _release(terminal, release, fleet, environment)
    reply = client.post(f"{path}/cancel")
    terminal.emit(reply, f"{_load(reply).id} was asked to stop")


@command("resume", short_help="Go on with a release that stopped.")
@RELEASE
@target_options
@click.option("--detach", is_flag=True, help="Do not wait for it.")
@pass_terminal
def resume(terminal: Terminal, release: str | None, *, fleet: str | None, environment: str | None, detach: bool) -> int:
    """Go on with RELEASE (the latest by default): deploy again what did not succeed."""
    from chittyops.app.commands.deploy import watch

    client, path = _release(terminal, release, fleet, environment)
    # What was said up to now belongs to the go that ended, and is not shown again.
    cursor = _said_up_to(client, path)
    reply = client.post(f"{path}/resume")
    going = _load(reply)
    if detach:
        terminal.emit(reply, f"{going.id} goes on")
        return 0
    return watch(client, going, terminal, cursor)


def _release(terminal: Terminal, release: str | None, fleet: str | None, environment: str | None) -> tuple[Client, str]:
    """Return a client, and the path of the release that is meant: the one named, else the environment's latest."""
    if release:
        path = release_path(release)
        return connect(terminal), path
    client, target = reach(terminal, fleet, environment)
    return client, release_path(_latest(client, target))


def _releases(client: Client, target: Target, limit: int) -> list[Json]:
    query: Query = {"fleet": target.fleet, "environment": target.environment, "limit": min(limit, 100)}
    return [dict(item) for item in client.items("/releases", query, limit=limit)]


def _said_up_to(client: Client, path: str) -> str:
    """Return the cursor of the last event of an ended release."""
    cursor = ""
    if not _load(client.get(path)).status.active:
        for event in client.stream(f"{path}/events"):
            cursor = event.id or cursor
            if event.event == "end":
                break
    return cursor


def _latest(client: Client, target: Target) -> str:
    from chittyops.kernel.errors import NotFound

    found = _releases(client, target, 1)
    if not found:
        message = f"there is no release of {target.fleet} in {target.environment} yet"
        raise NotFound(message, hint="`chittyops deploy` makes one")
    return _load(found[0]).id


def _load(data: Json) -> Release:
    from chittyops.capabilities.deploy.model import Release
    from chittyops.interface.codec import load

    return load(Release, data)
