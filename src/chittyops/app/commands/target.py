"""What a command is about: the centre it speaks to, the fleet and the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chittyops.interface.client import Address, Client, table, text
from chittyops.kernel.errors import Misconfigured, NotFound, Unavailable

if TYPE_CHECKING:
    from chittyops.interface.terminal import Terminal

REMOTE = "CHITTYOPS_URL"
RELEASE_ID = re.compile(r"[a-z0-9-]{1,80}")


@dataclass(frozen=True, slots=True)
class Target:
    """One environment of one fleet."""

    fleet: str
    environment: str

    @property
    def path(self) -> str:
        """Return its path in the API."""
        from chittyops.workflows.ship import place

        return place(self.fleet, self.environment)


def environment_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--env`` to a command."""
    return click.option(
        "--env", "environment", metavar="NAME", help="The environment; `local` by default, else the only one."
    )(function)


def target_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--fleet`` and ``--env`` to a command."""
    return click.option(
        "--fleet", metavar="NAME", help="The fleet; by default the one whose chittyops.yaml is here or above."
    )(environment_option(function))


def connect(terminal: Terminal) -> Client:
    """Return a client of the centre; starts this machine's one when it does not run."""
    client = Client(lambda: Address.locate(os.environ))
    if not _answers(client):
        start(terminal)
    return client


def start(terminal: Terminal) -> str:
    """Start the centre where it does not run and return its address; the steps are shown on stderr."""
    import asyncio

    from chittyops.app.up import up
    from chittyops.runtime.home import Home

    with terminal.progress("starting the operations centre") as progress:
        return asyncio.run(up(Home.locate(os.environ), os.environ, progress.say))


def reach(terminal: Terminal, fleet: str | None, environment: str | None) -> tuple[Client, Target]:
    """Return a client of the centre, and the environment that is meant.

    That is what the options say, else what the fleet file here or above says, else the only fleet there is.
    What can be wrong with the options or the file is found before a centre is started.
    """
    for name in filter(None, (fleet, environment)):
        _check(name)
    if fleet is None:
        from chittyops.workflows.ship import read

        try:
            here = read(Path.cwd(), environment)
        except NotFound as error:
            client = Client(lambda: Address.locate(os.environ))
            fleet = _only_fleet(client, error)
            return client, _default(client, fleet, environment)
        return connect(terminal), Target(here.name, here.environment.name)
    client = connect(terminal)
    return client, _default(client, fleet, environment)


def release_path(release: str) -> str:
    """Return the API path of a release. Raises Misconfigured for what cannot be the id of one."""
    if not RELEASE_ID.fullmatch(release):
        message = f"{release!r} cannot be the id of a release"
        raise Misconfigured(message, hint="ids look like shop-12; `chittyops history` lists them")
    return f"/releases/{release}"


def _answers(client: Client) -> bool:
    """Return whether the centre answers. Raises Unavailable when a remote one does not: that cannot be started."""
    try:
        client.get("/health")
    except Unavailable:
        if REMOTE in os.environ:
            raise
        return False
    return True


def _default(client: Client, fleet: str, environment: str | None) -> Target:
    from chittyops.workflows.ship import default_environment

    if environment is None:
        known = table(client.get(f"/fleets/{fleet}")).get("environments")
        environment = default_environment([text(name) for name in known] if isinstance(known, list) else [])
    return Target(fleet, environment)


def _only_fleet(client: Client, nothing_here: NotFound) -> str:
    """Return the only fleet the centre knows. Raises ``nothing_here`` where no centre runs, or it knows none."""
    names = [text(item.get("name")) for item in client.items("/fleets")] if _answers(client) else []
    if not names:
        raise nothing_here
    if len(names) > 1:
        message = "say which fleet is meant: --fleet"
        raise Misconfigured(message, hint=f"there are: {', '.join(names)}")
    return names[0]


def _check(name: str) -> None:
    from chittyops.kernel.service import NAME

    if not NAME.fullmatch(name):
        message = f"{name!r} cannot be the name of a fleet or an environment"
        raise Misconfigured(message, hint="names have lower-case letters, digits and dashes")
