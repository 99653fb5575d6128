"""``chittyops demo``."""

from __future__ import annotations

import click

from chittyops.interface.terminal import Terminal, command, pass_terminal


@command("demo", short_help="Watch an example fleet deploy, break and recover.")
@click.option("--once", is_flag=True, help="End after the summary.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default="any free one", help="The port of the page."
)
@pass_terminal
def demo(terminal: Terminal, *, once: bool, port: int) -> int:
    """Bring up a copy of the example fleet, use it, ship a broken version, and watch it being rolled back.

    Everything runs in an operations centre of its own, on this machine, and is gone afterwards. Exit code 0
    means that all the demo claims was checked and held.
    """
    from chittyops.app.demo.performance import perform

    return perform(terminal, once=once, port=port)
