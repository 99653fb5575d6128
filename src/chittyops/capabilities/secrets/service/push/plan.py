"""What a push would change: the values wanted at a place against what is known of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chittyops.capabilities.secrets.model import Pushed
from chittyops.capabilities.secrets.service.push.places import Place


class State(StrEnum):
    """How a name at a place compares with what is wanted there."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"
    """It is there, cannot be read, and was not pushed from this home: whether it differs is not known."""
    UNFINISHED = "unfinished"
    """An earlier push was interrupted while it was written."""
    EXTRA = "extra"
    """It is there, and nothing declares it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One name at one place; ``fingerprint`` is that of the wanted value, "" for what is extra."""

    name: str
    state: State
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class PlacePlan:
    """What a push would do to one place."""

    place: Place
    changes: tuple[Change, ...]

    @property
    def writes(self) -> tuple[Change, ...]:
        """Return what would be written."""
        return tuple(each for each in self.changes if each.state not in (State.UNCHANGED, State.EXTRA))

    @property
    def extra(self) -> tuple[Change, ...]:
        """Return what only pruning removes."""
        return tuple(each for each in self.changes if each.state is State.EXTRA)


def compare(
    wanted: Mapping[str, str],
    there: Mapping[str, str | None],
    pushed: Mapping[str, Pushed],
    claimed: Collection[str] = (),
) -> tuple[Change, ...]:
    """Return the state of every name, by name.

    ``wanted`` and ``there`` map names to fingerprints, None for what cannot be read: then ``pushed``, the last push
    from here, says what is there. ``claimed`` are names that belong there besides the wanted ones.
    """
    changes = [Change(name, _state(mark, name, there, pushed), mark) for name, mark in wanted.items()]
    changes += [Change(name, State.EXTRA) for name in there if name not in wanted and name not in claimed]
    return tuple(sorted(changes, key=lambda each: each.name))


def _state(wanted: str, name: str, there: Mapping[str, str | None], pushed: Mapping[str, Pushed]) -> State:
    if name not in there:
        return State.ADDED
    seen = there[name]
    if seen is not None:
        return State.UNCHANGED if seen == wanted else State.CHANGED
    last = pushed.get(name)
    if last is None:
        return State.UNKNOWN
    if not last.finished:
        return State.UNFINISHED
    return State.UNCHANGED if last.fingerprint == wanted else State.CHANGED
