"""Follows a release to its end: a live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING

from chittyops.app.board import Board, Line
from chittyops.app.board_view import BoardView, seconds_text
from chittyops.capabilities.deploy.model import Release, ServiceStatus
from chittyops.interface.client import Client
from chittyops.interface.codec import load
from chittyops.interface.terminal.text import clean

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from chittyops.interface.terminal import Terminal
    from chittyops.kernel.clock import Clock

FRAMES_PER_SECOND = 10


def follow(client: Client, release: Release, terminal: Terminal, clock: Clock, cursor: str = "") -> Release:
    """Show ``release`` until it ends and return how it ended. Survives restarts of the centre.

    Events up to ``cursor`` are taken as known: those of an earlier go at a resumed release.
    """
    board = Board(release)
    show: Callable[[Line], None] = (lambda _line: None) if terminal.animated else _plain(terminal, clock)

    def on_gap(reason: str) -> None:
        board.gap = reason
        if not terminal.animated:
            terminal.note(f"the connection is lost ({reason}); waiting" if reason else "connected again")

    with _live(BoardView(board, clock, terminal), terminal):
        for event in client.events(f"/releases/{release.id}/events", cursor=cursor, on_gap=on_gap):
            changed = board.apply(event, clock.now())
            if changed:
                show(changed)
            if event.event == "end":
                break
    if terminal.animated:
        # The picture is gone, and with it what the failed services said; elsewhere it stands in the lines above.
        for line in board.with_status(ServiceStatus.FAILED):
            terminal.note(f"{line.name}: {clean(line.error)}", "red")
            tell_log(line, terminal)
    return load(Release, client.get(f"/releases/{release.id}"))


def _live(view: BoardView, terminal: Terminal) -> AbstractContextManager[object]:
    if not terminal.animated:
        return nullcontext()
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=terminal.err, highlight=False)

    def draw() -> Text:
        text = Text.from_ansi(view.render(console.size.width, console.size.height), no_wrap=True)
        text.overflow = "crop"
        return text

    return Live(get_renderable=draw, console=console, refresh_per_second=FRAMES_PER_SECOND, transient=True)


def _plain(terminal: Terminal, clock: Clock) -> Callable[[Line], None]:
    def show(line: Line) -> None:
        took = line.seconds(clock.now())
        what = f"{line.status}{f': {line.phase}' if line.phase and not line.ended else ''}"
        after = f" after {seconds_text(took)}" if line.ended and took is not None else ""
        terminal.note(f"{line.name}  {what}{after}{f': {clean(line.error)}' if line.error else ''}")
        if line.status is ServiceStatus.FAILED:
            tell_log(line, terminal)

    return show


def tell_log(line: Line, terminal: Terminal) -> None:
    """Show the last lines that a service wrote."""
    for text in line.log:
        terminal.note(f"  {line.name} | {clean(text)}", "dim")
