"""Releases as people read them: a list of them, and one with its services."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from chittyops.app.board_view import GLYPHS, seconds_text
from chittyops.app.plan_view import why
from chittyops.capabilities.deploy.model import Check, Release, ReleaseService, ReleaseStatus, ServiceStatus
from chittyops.interface.codec import dump
from chittyops.interface.terminal import Cell, Table, Terminal

if TYPE_CHECKING:
    from chittyops.kernel.clock import Clock

DAY_SECONDS = 86_400
STYLES = {
    ReleaseStatus.SUCCEEDED: "green",
    ReleaseStatus.FAILED: "red",
    ReleaseStatus.ROLLED_BACK: "yellow",
    ReleaseStatus.CANCELLED: "yellow",
}


def age(moment: datetime | None, clock: Clock) -> str:
    """Return how long ago ``moment`` was: ``12s``, ``3m05s``, ``4d``."""
    if moment is None:
        return ""
    seconds = max(0.0, (clock.now() - moment).total_seconds())
    if seconds >= DAY_SECONDS:
        return f"{int(seconds // DAY_SECONDS)}d"
    return seconds_text(float(int(seconds))).replace(".0s", "s")


def release_table(releases: Iterable[Release], clock: Clock) -> Table:
    """Return one row for each release."""
    table = Table("release", "kind", "status", "took>", "age>", "by", "error")
    for each in releases:
        took = (each.ended_at - each.started_at).total_seconds() if each.ended_at and each.started_at else None
        table.row(
            each.id,
            each.kind,
            Cell(each.status.value.replace("_", " "), STYLES.get(each.status, "cyan")),
            seconds_text(took) if took is not None else "",
            age(each.created_at, clock),
            each.actor,
            Cell(each.error, "red"),
        )
    return table


def show_release(release: Release, terminal: Terminal, clock: Clock, *, reasons: bool = False) -> None:
    """Write one release with its services; with ``reasons``, also why each was deployed."""
    terminal.emit(dump(release), service_table(release, reasons=reasons))
    began = release.started_at or release.created_at
    took = ((release.ended_at or clock.now()) - began).total_seconds()
    status = release.status.value.replace("_", " ")
    said = f"{release.id} {status} after {seconds_text(max(0.0, took))}{f': {release.error}' if release.error else ''}"
    terminal.note(said, f"bold {STYLES.get(release.status, 'cyan')}")


def service_table(release: Release, *, reasons: bool) -> Table:
    """Return one row for each service of ``release``."""
    planned = {each.name: each for each in release.plan.services} if release.plan else {}
    table = Table("service", "status", "took>", "version", "check", "address", "why" if reasons else "note")
    for each in release.services:
        said = why(planned[each.name]) if reasons and each.name in planned else _note(each)
        table.row(
            each.name,
            Cell(each.status.value, _style(each.status)),
            _took(each),
            each.build_id,
            each.check.value if each.check else "",
            each.address,
            Cell(each.error, "red") if each.error else Cell(said, "dim"),
        )
    return table


def _note(service: ReleaseService) -> str:
    """Return the note; not the one that only says what the columns say, that the build was reported."""
    return "" if service.check is Check.BUILD else service.note


def _took(service: ReleaseService) -> str:
    if not (service.started_at and service.ended_at):
        return ""
    return seconds_text(max(0.0, (service.ended_at - service.started_at).total_seconds()))


def _style(status: ServiceStatus) -> str:
    return GLYPHS[status][2] if status in GLYPHS else "dim"
