"""``chittyops secrets check``: secrets that have expired, are old, weak, used twice, missing, or lying about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.app.commands.secrets import ENVIRONMENT, store_of
from chittyops.app.commands.secrets_look import uses_of, versions_of, workspace
from chittyops.interface.terminal import Terminal, command, pass_terminal
from chittyops.interface.terminal.text import clean, paint
from chittyops.kernel.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chittyops.capabilities.secrets.model import Slot
    from chittyops.capabilities.secrets.service.check import Finding
    from chittyops.capabilities.secrets.wiring import FleetStore
    from chittyops.kernel.secret import Secret
    from chittyops.kernel.service import Fleet

LEVEL_STYLES = {"error": "red", "warning": "yellow", "note": "dim"}
ORDER = tuple(LEVEL_STYLES)


@command("check")
@click.option("--history/--no-history", default=True, show_default=True, help="Search all that git ever had, too.")
@click.option("--strict", is_flag=True, help="End with 1 for warnings, too.")
@ENVIRONMENT
@pass_terminal
def check(terminal: Terminal, *, history: bool, strict: bool, environment: str | None) -> int:
    """Look for secrets that have expired, are old, weak, used twice, or stand in the work tree or in git's history.

    Ends with 1 where there are errors. Reads the values, so it needs a key; it shows none of them.
    """
    fleet = workspace(environment)
    store = store_of(fleet)
    values, unread = _values(store, [name for name in _environments(store) if environment in (None, name)])
    findings = [
        *_missing(fleet, store, environment),
        *_each(fleet, store, values),
        *_leaks(terminal, fleet, values, history=history),
    ]
    findings.sort(key=lambda each: (ORDER.index(each.level), each.slot.name, each.slot.part.title))
    items = [
        {"level": each.level, "kind": each.kind, "name": each.slot.name, "for": each.slot.part.title}
        | {"message": each.message, "hint": each.hint}
        for each in findings
    ]
    terminal.emit({"items": items, "unread": unread}, "\n".join(_lines(each, terminal) for each in findings))
    for path, why in unread.items():
        terminal.warn(f"not checked: {path}: {why}")
    counts = ", ".join(f"{level}: {sum(each.level == level for each in findings)}" for level in ORDER)
    terminal.note(f"values checked: {len(values)}; {counts}")
    bad = ORDER[: 2 if strict else 1]
    return int(any(each.level in bad for each in findings) or bool(unread))


def _lines(finding: Finding, terminal: Terminal) -> str:
    """Return a finding as people read it: on lines of its own, for what a table cuts off is what is to be done."""
    level = paint(f"{finding.level:<7}", LEVEL_STYLES[finding.level], colour=terminal.colour)
    said = f"{finding.slot.name} ({finding.slot.part.title}): {finding.kind}: {finding.message}"
    hint = paint(f"\n{'':9}{clean(finding.hint)}", "dim", colour=terminal.colour) if finding.hint else ""
    return f"{level}  {clean(said)}{hint}"


def _values(store: FleetStore, environments: Iterable[str]) -> tuple[dict[Slot, Secret], dict[str, str]]:
    """Return the values of the files that we can read, and why we cannot read the others."""
    values: dict[Slot, Secret] = {}
    unread = {}
    for environment in environments:
        try:
            opened = store.open(environment)
        except Misconfigured as error:
            unread[store.shown(environment)] = error.message
            continue
        values |= {slot: value for slot, value in opened.values.items() if value is not None}
    return values, unread


def _environments(store: FleetStore) -> list[str]:
    return list(store.outlines())


def _each(fleet: Fleet, store: FleetStore, values: Mapping[Slot, Secret]) -> list[Finding]:
    from chittyops.capabilities.secrets.service import access
    from chittyops.capabilities.secrets.service import check as checking
    from chittyops.capabilities.secrets.service.rotation.model import second_variable
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home

    now = SystemClock().now()
    versions = versions_of(fleet, store) if any(each.max_age_days for each in fleet.store.policies.values()) else []
    found: list[Finding] = []
    for slot, value in values.items():
        policy = fleet.store.policies.get(slot.name)
        found += checking.expiry(slot, value, policy, now)
        found += checking.strength(slot, value, policy)
        path = store.shown(slot.part.environment)
        changed = access.changed_at(versions, slot.keys, path) if policy and policy.max_age_days else None
        found += checking.age(slot, changed, policy, now)
    key = Home.locate(os.environ).credential("fingerprints").reveal().encode()
    # Between rotations the second variable has the value of the first: that is meant.
    second = {second_variable(policy) for policy in fleet.store.policies.values()}
    return [*found, *checking.reuse({slot: value for slot, value in values.items() if slot.name not in second}, key)]


def _missing(fleet: Fleet, store: FleetStore, environment: str | None) -> list[Finding]:
    from chittyops.capabilities.secrets.model import Level, Part, Slot, entry_map
    from chittyops.capabilities.secrets.service import matrix as making
    from chittyops.capabilities.secrets.service.check import Finding

    made = making.matrix(uses_of(fleet), entry_map(store.entries()), frozenset())
    missing = [
        (field, Slot(Part(Level.SERVICE, field.service, field.environment), field.reference.partition(":")[2]))
        for field in made.fields
        if field.state == "missing" and environment in (None, field.environment)
    ]
    return [
        Finding("missing", "warning", slot, f"{field.service} declares it in {field.environment}", _set_hint(slot))
        for field, slot in missing
    ] + [
        Finding("unused", "note", slot, "no service declares it", f"chittyops secrets rm {slot.name} {slot.part.words}")
        for slot in made.unused
        if environment in (None, slot.part.environment)
    ]


def _set_hint(slot: Slot) -> str:
    return f"chittyops secrets set {slot.name} {slot.part.words}"


def _leaks(terminal: Terminal, fleet: Fleet, values: Mapping[Slot, Secret], *, history: bool) -> list[Finding]:
    from chittyops.capabilities.secrets.service import check as checking
    from chittyops.capabilities.secrets.wiring import repository

    wanted = checking.searched(values)
    with terminal.progress("searching git", delayed=True):
        found = list(repository(Path(fleet.root), os.environ).leaks(wanted, history=history))
    hint = "make a new value (`secrets rotate`): what was committed stays in every clone"
    return [checking.Finding("plain", "error", slot, f"its value stands in {where}", hint) for slot, where in found]
