"""``chittyops publish``: what a workspace holds, told to the centre, whose pages show it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.interface.terminal import Terminal, command, pass_terminal
from chittyops.kernel.errors import ChittyOpsError, NotFound
from chittyops.kernel.words import number

if TYPE_CHECKING:
    from chittyops.interface.client import Client


@command("publish", short_help="Show a workspace on the pages of the centre.")
@click.argument("folder", metavar="[PATH]", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
@click.option("--as", "name", metavar="NAME", help="Its name on the pages; by default that of the folder.")
@pass_terminal
def publish(terminal: Terminal, folder: Path, name: str | None) -> None:
    """Discover the workspace at PATH and tell the centre what was found.

    The pages show its catalogue, its dependencies and its problems. Where there is a fleet file, they show the
    configuration of its services too, and which secrets they have; never the value of one. Published again, it
    replaces what was there.
    """
    from chittyops.app.commands.target import connect
    from chittyops.capabilities.discovery.commands import read
    from chittyops.kernel.service import label

    found = read(terminal, folder)
    workspace = label(name or found.workspace) or "workspace"
    client = connect(terminal)
    with terminal.progress("publishing"):
        answer = _send(client, workspace, found)
    terminal.emit(
        answer,
        f"{workspace}: {number(found.stats['services'], 'service')}, {number(found.stats['problems'], 'problem')}",
    )
    terminal.note(f"`chittyops open workspaces/{workspace}` shows it")
    publish_configuration(terminal, client, folder)


def publish_configuration(terminal: Terminal, client: Client, folder: Path, *, quietly: bool = False) -> None:
    """Tell the centre what the fleet file found from ``folder`` upwards says, where there is one.

    What is wrong with it is a warning: it stands in nothing's way.
    """
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home
    from chittyops.workflows import publish_configuration as publishing

    try:
        found = publishing.describe(folder, Home.locate(os.environ), SystemClock())
        publishing.publish(client, found)
    except NotFound:  # there is no fleet file, or the centre is an older one
        return
    except ChittyOpsError as error:
        terminal.warn(f"the configuration is not published: {error.message}")
        return
    if not quietly:
        terminal.note(f"`chittyops open configuration` shows the configuration of {found.fleet.name}")


def _send(client: Client, workspace: str, found: object) -> object:
    from chittyops.interface.codec import dump

    body = json.dumps(dump(found)).encode()
    return client.put(f"/workspaces/{workspace}/inventory", [body], "application/json")
