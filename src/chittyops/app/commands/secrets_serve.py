"""``chittyops secrets serve``: the secrets of services on a unix socket, for containers and programs of any kind."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.app.commands.target import environment_option
from chittyops.interface.terminal import command, pass_terminal
from chittyops.interface.terminal.table import key_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chittyops.interface.terminal import Terminal
    from chittyops.runtime.home import Home


@command("serve", short_help="Serve secrets of services on a unix socket.")
@click.argument("services", metavar="SERVICE...", nargs=-1, required=True)
@environment_option
@click.option("--socket", "path", required=True, type=click.Path(path_type=Path), help="Where to listen (0600).")
@click.option(
    "--tokens",
    "folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each new token to FOLDER/SERVICE.token (0600) instead of showing it.",
)
@click.option("--new-tokens", "renew", is_flag=True, help="Make new tokens; those there are hold no longer.")
@click.option(
    "--uid", "accounts", metavar="UID", type=click.IntRange(0), multiple=True, help="Let this account in, too."
)
@pass_terminal
def serve(
    terminal: Terminal,
    services: tuple[str, ...],
    *,
    environment: str | None,
    path: Path,
    folder: Path | None,
    renew: bool,
    accounts: tuple[int, ...],
) -> None:
    """Serve the secrets that each SERVICE declares at a unix socket, until SIGTERM or Ctrl-C.

    A service shows its token and gets what it declares, nothing else: GET /v1/secrets, GET /v1/secrets/NAME. Each
    token is made and told once; of it a hash is kept. Changed files hold from the next request on, and every read is
    recorded.
    """
    from chittyops.app.injection.supply import FreshSupply
    from chittyops.capabilities.secrets.wiring import read_log, serve_at
    from chittyops.runtime import becoming
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home

    home, clock = Home.locate(os.environ), SystemClock()
    becoming.protect()
    supply = FreshSupply(environment or "", home, clock)
    scopes = {service: supply(service).scope for service in dict.fromkeys(services)}
    scope = scopes[services[0]]
    hashes, new = _tokens(home, f"serving/{scope.fleet}/{scope.environment}", services, renew=renew)
    _tell(terminal, new, folder)

    def ready() -> None:
        terminal.note(f"serving {', '.join(scopes)} at {path}; Ctrl-C stops")

    asyncio.run(serve_at(path, hashes, supply, read_log(home, clock), accounts=accounts, ready=ready))


def _tokens(home: Home, name: str, services: Sequence[str], *, renew: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Return the service of each token by its hash, and the tokens that are new by service."""
    from chittyops.capabilities.secrets.service.tokens import hashed, new_token

    known = {} if renew else (home.read_private(name) or {})
    new = {each: new_token() for each in services if each not in known}
    known |= {service: hashed(token) for service, token in new.items()}
    home.write_private(name, known)
    return {known[service]: service for service in services}, new


def _tell(terminal: Terminal, new: Mapping[str, str], folder: Path | None) -> None:
    if folder is None:
        terminal.emit({"tokens": dict(new)}, key_values(list(new.items()), colour=terminal.colour))
        return
    from chittyops.runtime import atomic

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for service, token in new.items():
        atomic.write(folder / f"{service}.token", token.encode())
    terminal.emit({"tokens": {service: str(folder / f"{service}.token") for service in new}})
