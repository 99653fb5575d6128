"""The whole demo: acts, summary, and an end that leaves nothing behind."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from chittyops.app.demo import mishap, opening, trade
from chittyops.app.demo.centre import a_centre_of_its_own
from chittyops.app.demo.findings import look
from chittyops.app.demo.play import Play
from chittyops.app.demo.stage import Stage
from chittyops.app.demo.summary import figures, summarise
from chittyops.app.demo.workspace import Workspace, example
from chittyops.interface.client import table, text
from chittyops.interface.terminal import Terminal
from chittyops.runtime.clock import SystemClock

ACTS = {
    "Start an operations centre": opening.start,
    "Look at the workspace": look,
    "Deploy everything, in dependency order": opening.deploy,
    "Use the shop": trade.trade,
    "Ship a mistake, with customers in the shop": mishap.fail,
    "Mend it and ship again, with customers in the shop": mishap.mend,
}


def perform(terminal: Terminal, *, once: bool, port: int) -> int:
    """Play the demo and return its exit code: 0 when every claim held. Without ``once`` it stays until Ctrl-C."""
    source = example()
    stage = Stage(terminal)
    with _interruptible(), a_centre_of_its_own(terminal.environ, port, lambda: _stopping(terminal)) as centre:
        play = Play(stage, centre, Workspace.copy(source, centre.home.path / "shop"), SystemClock())
        try:
            for title, act in ACTS.items():
                with stage.act(title):
                    act(play)
        finally:
            ...
    return 1 if stage.failed else 0
