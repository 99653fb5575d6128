"""``chittyops status``: what runs, and how well."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

import click

from chittyops.app.commands.target import Target, reach, target_options
from chittyops.interface.client import text
from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal
from chittyops.kernel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chittyops.interface.client import Client
    from chittyops.kernel.event import Json

REFRESH_SECONDS = 1.0
HEALTH_STYLES = {"healthy": "green", "degraded": "yellow", "unhealthy": "bold red"}

Items = list[dict[str, "Json"]]


@command("status", short_help="Show the services: state, version, health, address.")
@target_options
@click.option("-w", "--watch", is_flag=True, help="Keep it up to date until Ctrl-C.")
@pass_terminal
def status(terminal: Terminal, *, fleet: str | None, environment: str | None, watch: bool) -> None:
    """Show each service of the environment: state, version, how it was checked, health, age and address."""
    client, target = reach(terminal, fleet, environment)
    if not watch:
        _show(_services(client, target), target, terminal)
    elif terminal.out.isatty() and not terminal.json:
        _watch(client, target, terminal)
    else:
        _report_changes(client, target, terminal)


def _services(client: Client, target: Target) -> Items:
    found = [dict(item) for item in client.items(f"{target.path}/services")]
    return sorted(found, key=lambda item: text(item.get("service")))


def _show(items: Items, target: Target, terminal: Terminal) -> None:
    terminal.emit({"fleet": target.fleet, "environment": target.environment, "items": items}, status_table(items))
    terminal.note(f"{target.fleet} in {target.environment}: {_summary(items)}")


def status_table(items: Sequence[Mapping[str, Json]]) -> Table:
    """Return one row for each service."""
    table = Table("service", "state", "version", "check", "health", "latency>", "age>", "address")
    for item in items:
        deployed, health, latency = bool(item.get("build")), text(item.get("health")), item.get("latency_ms")
        table.row(
            text(item.get("service")),
            Cell("deployed", "green") if deployed else Cell("not deployed", "dim"),
            text(item.get("build")),
            text(item.get("check")),
            Cell(_health(item) if deployed else "", HEALTH_STYLES.get(health, "dim")),
            f"{latency:.0f}ms" if isinstance(latency, (int, float)) else "",
            _age(text(item.get("since"))),
            text(item.get("address")),
        )
    return table


def _health(item: Mapping[str, Json]) -> str:
    health, detail = text(item.get("health")), text(item.get("health_detail"))
    return f"{health}: {detail}" if detail and health in ("degraded", "unhealthy") else health


def _age(since: str) -> str:
    from chittyops.app.release_view import age
    from chittyops.runtime.clock import SystemClock

    return age(datetime.fromisoformat(since), SystemClock()) if since else ""


def _summary(items: Items) -> str:
    deployed = [item for item in items if item.get("build")]
    ill = sum(item.get("health") in ("degraded", "unhealthy") for item in deployed)
    return f"{len(deployed)} of {len(items)} services deployed, {f'{ill} not well' if ill else 'none ill'}"


def _watch(client: Client, target: Target, terminal: Terminal) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=terminal.out, highlight=False)

    def draw(items: Items, remark: str) -> None:
        table = status_table(items).render(width=console.size.width, colour=terminal.colour)
        head = f"{target.fleet} in {target.environment}: {remark or _summary(items)}    (Ctrl-C to end)"
        live.update(Text.from_ansi(f"{head}\n\n{table}", no_wrap=True), refresh=True)

    with Live(console=console, screen=True, auto_refresh=False) as live:
        _repeat(client, target, draw)


def _report_changes(client: Client, target: Target, terminal: Terminal) -> None:
    """Write the services again whenever one is not what it was: its latency and the time of its probe do not count."""
    last: list[object] = []

    def tell(items: Items, remark: str) -> None:
        now = [{k: v for k, v in item.items() if k not in ("latency_ms", "checked_at")} for item in items]
        if remark:
            terminal.note(remark)
        elif now != last:
            last[:] = now
            _show(items, target, terminal)

    _repeat(client, target, tell)


def _repeat(client: Client, target: Target, show: Callable[[Items, str], None]) -> None:
    items: Items = []
    while True:
        remark = ""
        try:
            items = _services(client, target)
        except Unavailable as error:
            remark = error.message
        show(items, remark)
        time.sleep(REFRESH_SECONDS)
