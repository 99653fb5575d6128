"""``chittyops run``: a command with the configuration and the secrets of a service in its environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from chittyops.app.commands.target import environment_option
from chittyops.interface.terminal import command, pass_terminal, report
from chittyops.interface.terminal.errors import REFUSED
from chittyops.kernel.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from chittyops.interface.terminal import Terminal


@command("run", short_help="Run a command with the configuration and secrets of a service.")
@click.argument("service")
@click.argument("words", metavar="-- COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@environment_option
@click.option(
    "--clean-env",
    "--only-declared",
    "clean",
    is_flag=True,
    help="Of your own environment pass on only what any program needs: PATH, HOME, TERM, LANG ...",
)
@click.option("--mask", is_flag=True, help="Mask the secrets in what COMMAND writes, base64 and URL forms too.")
@click.option(
    "--file",
    "files",
    metavar="NAME[=VAR]",
    multiple=True,
    help="Give NAME as a file in memory, its path in VAR (by default NAME_FILE).",
)
@click.option(
    "--template",
    "templates",
    metavar="IN[:OUT]",
    multiple=True,
    help="Fill ${secret:NAME} and ${service.KEY} in the file IN. COMMAND gets the path of the result, a file in "
    "memory, where it names IN, or in OUT where that is a variable; OUT may be a path in a memory file system.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say what is overridden, and what the system cannot protect.")
@pass_terminal
def run(
    terminal: Terminal,
    service: str,
    words: tuple[str, ...],
    *,
    environment: str | None,
    clean: bool,
    mask: bool,
    files: tuple[str, ...],
    templates: tuple[str, ...],
    verbose: bool,
) -> int:
    """Run COMMAND with the configuration and the secrets of SERVICE in its environment.

    ChittyOps becomes COMMAND: signals, terminal and exit code are COMMAND's own, and nothing is written to disk. What
    SERVICE declares stands over your own environment. Nothing runs while a secret is missing.
    """
    from chittyops.app.injection.declared import declared, keep
    from chittyops.app.injection.launch import Options, hold, launch
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home

    home = Home.locate(os.environ)
    found = declared(service, environment or "", SystemClock())
    try:
        held = hold(found, home)
    except (Misconfigured, Unavailable) as error:
        report(error, terminal)
        return REFUSED
    keep(found, environment or "", home)
    return launch(found, held, Options(words, clean, mask, verbose, files, templates), terminal.say)
