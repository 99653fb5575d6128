"""The whole demo: acts, summary, and an end that leaves nothing behind."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote
from types import FrameType

from chittyops.app.demo import findings, mishap, opening, trade
from chittyops.app.demo.centre import own_centre
from chittyops.app.demo.play import Play
from chittyops.app.demo.stage import Stage
from chittyops.app.demo.summary import summarise
from chittyops.app.demo.workspace import Workspace, example
from chittyops.interface.client import table, text
from chittyops.interface.terminal import Terminal
from chittyops.kernel.errors import Unavailable
from chittyops.runtime.clock import SystemClock

ACTS = {
    "Start an operations centre": opening.start,
    "Look at the workspace": findings.look,
    "Deploy everything, in dependency order": opening.deploy,
    "Use the shop": trade.trade,
    "Ship a mistake, with customers in the shop": mishap.fail,
    "Mend it and ship again, with customers in the shop": mishap.mend,
    "Open the page": opening.visit,
}

LONGEST_SECONDS = 600
"""All acts together take some twenty; the first time, Miniflare may have to come over a slow line."""


def perform(terminal: Terminal, *, once: bool, port: int) -> int:
    """Play the demo and return its exit code: 0 when every claim held. Without ``once`` it stays until Ctrl-C."""
    source, stage = example(), Stage(terminal)
    with _orderly_end(), own_centre(terminal.environ, port) as centre:
        play = Play(stage, centre, Workspace.copy(source, centre.home.path / "shop"), SystemClock())
        try:
            signal.alarm(LONGEST_SECONDS)
            for title, act in ACTS.items():
                with stage.act(title):
                    act(play)
            signal.alarm(0)
            summarise(play)
            if not once:
                _stay(play)
            centre.keep = bool(stage.failed)
        except Exception:  # whatever it was, its logs are kept to be looked at
            centre.keep = True
            raise
        finally:
            # Nobody may stop the stopping: a second Ctrl-C would leave processes behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.alarm(0)
            _say_goodbye(play)
    return 1 if stage.failed else 0


def _say_goodbye(play: Play) -> None:
    terminal, stage, centre = play.stage.terminal, play.stage, play.centre
    if stage.failed:
        terminal.say("")
        terminal.say(f"{len(stage.failed)} of {len(stage.claims)} claims did not hold", "bold red")
    if centre.keep:
        terminal.say(f"the logs are in {centre.home.path / 'logs'} until the next demo")
    terminal.note("")
    terminal.note("stopping everything…" if terminal.unicode else "stopping everything...", "dim")


def _stay(play: Play) -> None:
    terminal = play.stage.terminal
    link = text(table(play.centre.client.post("/login-links")).get("url"))
    terminal.say("")
    terminal.say(f"The page: {terminal.paint(link, 'bold cyan')}  (opens once, within five minutes)")
    terminal.say("Everything stays up until Ctrl-C. In another terminal:")
    terminal.say(f"  export CHITTYOPS_HOME={quote(str(play.centre.home.path))}")
    terminal.say(f"  cd {quote(str(play.workspace.root))}")
    terminal.say(f"  {quote(str(Path(sys.executable).with_name('chittyops')))} status")
    with suppress(KeyboardInterrupt):
        signal.pause()


@contextmanager
def _orderly_end() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the demo as Ctrl-C does, by whoever handles that at the moment."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    def give_up(_number: int, _frame: FrameType | None) -> None:
        message = f"the demo is not done after {LONGEST_SECONDS} s"
        raise Unavailable(message, hint="is this machine very busy? The logs tell what it waits for")

    # A shell starts what it puts into the background with SIGINT ignored: here it must count.
    before = {signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler)}
    before |= {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, give_up)
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
