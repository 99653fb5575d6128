"""``chittyops logs``: what a service, a release or the centre itself wrote."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from chittyops.app.commands.target import connect, reach, release_path, target_options
from chittyops.interface.client import text
from chittyops.interface.terminal import Terminal, command, pass_terminal
from chittyops.interface.terminal.text import clean
from chittyops.kernel.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from chittyops.interface.client import Client, StreamEvent
    from chittyops.kernel.event import Json

AGAIN_SECONDS = 0.5
IDLE_SECONDS = 1.0
"""A release that runs has said all it had to when it is silent for so long."""


@command("logs", short_help="Show what a service or a release wrote.")
@click.argument("service", required=False)
@target_options
@click.option("--release", metavar="ID", help="The log of a release; with SERVICE, only its lines.")
@click.option("--centre", metavar="PROCESS", help="The log of a process of the centre: api, worker, supervisor, …")
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option(
    "-n", "--tail", type=click.IntRange(0, 10_000), default=100, show_default=True, help="Lines to begin with."
)
@pass_terminal
def logs(
    terminal: Terminal,
    service: str | None,
    *,
    fleet: str | None,
    environment: str | None,
    release: str | None,
    centre: str | None,
    follow: bool,
    tail: int,
) -> None:
    """Show the log of the running SERVICE, of a release, or of a process of the operations centre."""
    if sum(map(bool, (service or release, centre))) != 1:
        message = "say whose log: a SERVICE, --release ID or --centre PROCESS"
        raise click.UsageError(message)
    if centre:
        _centre(terminal, centre, tail, follow=follow)
        return
    if release:
        _release(terminal, release, service, tail, follow=follow)
        return
    client, target = reach(terminal, fleet, environment)
    path = f"{target.path}/services/{quote(service or '', safe='')}/logs"
    for event in _service(client, path, tail, follow=follow):
        _say(terminal, event.data)


def _service(client: Client, path: str, tail: int, *, follow: bool) -> Iterator[StreamEvent]:
    while True:
        try:
            yield from client.stream(path, {"tail": tail, "follow": follow})
        except Unavailable:
            if not follow:
                raise
        if not follow:
            return
        # The stream has no cursor: after a break it goes on with what is new.
        tail = 0
        time.sleep(AGAIN_SECONDS)


def _release(terminal: Terminal, release: str, service: str | None, tail: int, *, follow: bool) -> None:
    path = f"{release_path(release)}/events"
    client = connect(terminal)
    events = client.events(path) if follow else client.stream(path, idle_seconds=IDLE_SECONDS)
    kept: deque[Mapping[str, Json]] = deque(maxlen=tail)
    for event in events:
        if event.event == "end":
            break
        if event.data.get("service") == service or service is None:
            if follow:
                _say(terminal, event.data)
            else:
                kept.append(event.data)
    for data in kept:
        _say(terminal, data)


def _say(terminal: Terminal, data: Mapping[str, Json]) -> None:
    who = f"{data['service']} | " if data.get("service") else ""
    what = data.get("text") or " ".join(str(data[key]) for key in ("status", "phase", "error") if data.get(key))
    # Colours of the service's own are for people; control characters are for nobody.
    terminal.emit(dict(data), who + clean(str(what)))


def _centre(terminal: Terminal, process: str, tail: int, *, follow: bool) -> None:
    from chittyops.runtime.home import Home

    folder = Home.locate(os.environ).file("logs", "x").parent
    known = sorted(path.stem for path in folder.glob("*.log"))
    if process not in known:
        message = f"there is no log of a process called {process}"
        raise NotFound(message, hint=f"there are: {', '.join(known) or 'none'}")
    for line in _lines(folder / f"{process}.log", tail, follow=follow):
        terminal.line(line.rstrip("\n") if terminal.json else "\n".join(map(clean, readable(line))))


def readable(line: str) -> list[str]:
    """Return a line of a process's log for people: time, level, event, then its other fields or its traceback."""
    try:
        entry = json.loads(line)
    except ValueError:
        return [line]
    if not isinstance(entry, dict):
        return [line]
    fields = {key: text(value) for key, value in entry.items()}
    head = [fields.pop(key, "") for key in ("at", "level", "event")]
    traceback = fields.pop("exception", "").splitlines()
    rest = [f"{key}={value}" for key, value in fields.items() if key not in ("process", "logger")]
    return [" ".join(part for part in (*head, *rest) if part), *traceback]


def _lines(path: Path, tail: int, *, follow: bool) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as stream:
        yield from deque(stream, maxlen=tail)
        while follow:
            line = stream.readline()
            if line:
                yield line
            else:
                time.sleep(AGAIN_SECONDS)
