"""``chittyops up``, ``down`` and ``open``: the operations centre of this machine."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from chittyops.app.commands.target import connect, start
from chittyops.interface.client import table, text
from chittyops.interface.terminal import Terminal, command, pass_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping


@command("up", short_help="Start the operations centre.")
@pass_terminal
def up(terminal: Terminal) -> None:
    """Start the operations centre, or find the one that runs, and print its address.

    It runs on in the background and holds its own database and message broker; `chittyops down` stops it.
    """
    address = start(terminal)
    terminal.emit({"address": address}, address)
    terminal.note("`chittyops open` opens its page; `chittyops down` stops it")


@command("down", short_help="Stop the operations centre.")
@pass_terminal
def down(terminal: Terminal) -> None:
    """Stop the operations centre and the services that run on this machine. Their state and history stay."""
    import asyncio

    from chittyops.app.up import down as stop
    from chittyops.runtime.home import Home

    with terminal.progress("stopping the operations centre") as progress:
        stopped = asyncio.run(stop(Home.locate(os.environ), progress.say))
    terminal.emit({"stopped": stopped})
    terminal.note("the operations centre is stopped" if stopped else "the operations centre did not run")


@command("open", short_help="Open the page of the operations centre.")
@click.argument("address", metavar="[PAGE]", default="/")
@click.option("--no-browser", is_flag=True, help="Only print the link.")
@pass_terminal
def open_page(terminal: Terminal, address: str, *, no_browser: bool) -> None:
    """Print a link that signs one browser in, once, and open it where there is a desktop.

    PAGE is where it leads, such as `workspaces/shop`; by default to the overview.
    """
    from urllib.parse import quote

    link = table(connect(terminal).post("/login-links", {}))
    url = text(link.get("url"))
    if address != "/":
        url += f"&to={quote('/' + address.strip('/'))}"
    terminal.emit({**link, "url": url}, url)
    if not no_browser and terminal.interactive and has_desktop(os.environ):
        import webbrowser

        # A desktop without a browser is none of our business: the link is printed.
        with suppress(webbrowser.Error):
            webbrowser.open(url)


def has_desktop(environ: Mapping[str, str]) -> bool:
    """Return whether a browser can be shown: a display, and no remote shell."""
    import sys

    if environ.get("SSH_CONNECTION"):
        return False
    return sys.platform == "darwin" or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
