"""Who can read a secret, who could, and what became of it: from what the store's files say without a key, over time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A file of the store as a commit left it: recipients, and every value as it stands there, encrypted.

    A commit that removed the file leaves neither.
    """

    commit: str
    author: str
    at: datetime
    path: str
    recipients: tuple[str, ...] = ()
    sealed: Mapping[Keys, str] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit did to one value: added, changed, removed, or encrypted it again with the rest of its file."""

    what: str
    version: Version
    keys: Keys


@dataclass(frozen=True, slots=True)
class Readable:
    """Someone who can read a secret ``now``, or could; the times are None where git does not know them."""

    recipient: str
    name: str
    path: str
    now: bool
    since: datetime | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """A service had the secret read for it; ``through`` is what read it: the agent, a socket ..."""

    service: str
    environment: str
    through: str
    at: datetime


def changes(versions: Iterable[Version], name: str) -> list[Change]:
    """Return what became of every value called ``name`` in the files that ``versions`` are of, the oldest first."""
    before: dict[str, Version] = {}
    found = []
    for version in versions:
        old = before.get(version.path)
        was, now = (old.sealed or {} if old else {}), version.sealed or {}
        again = _is_encrypted_again(old, version)
        for keys in sorted(was.keys() | now.keys()):
            if keys[-1] == name and was.get(keys) != now.get(keys):
                what = "added" if keys not in was else "removed" if keys not in now else ""
                found.append(Change(what or ("re-encrypted" if again else "changed"), version, keys))
        before[version.path] = version
    return found


def changed_at(versions: Sequence[Version], keys: Keys, path: str) -> datetime | None:
    """Return when the value at ``keys`` got what it has now; None where git does not know."""
    own = [each for each in changes(versions, keys[-1]) if each.keys == keys and each.version.path == path]
    return next((each.version.at for each in reversed(own) if each.what in ("added", "changed")), None)


def _is_encrypted_again(old: Version | None, new: Version) -> bool:
    """Return whether a new data key was made: everything in the file differs then, and what is one value may not."""
    if old is None or not old.sealed or not new.sealed:
        return False
    if set(old.recipients) - set(new.recipients):
        return True
    common = [keys for keys in old.sealed if keys in new.sealed and old.sealed[keys]]
    return len(common) > 1 and all(old.sealed[keys] != new.sealed[keys] for keys in common)


def last_uses(
    lines: Iterable[bytes], fleet: str, variables: Mapping[tuple[str, str], frozenset[str]]
) -> dict[tuple[str, str], Use]:
    """Return the last read of one of the ``variables`` of each service and environment, by the ``lines`` of a log.

    A line is a JSON object with ``at``, ``reader``, ``fleet``, ``environment``, ``service`` and the ``names`` read;
    what is none is passed over.
    """
    found: dict[tuple[str, str], Use] = {}
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            place = (entry["service"], entry["environment"])
            if entry["fleet"] == fleet and variables.get(place, frozenset()).intersection(entry["names"]):
                use = Use(*place, str(entry["reader"]), datetime.fromisoformat(entry["at"]))
                if place not in found or found[place].at <= use.at:
                    found[place] = use
    return found


def readers(
    versions: Iterable[Version],
    now: Mapping[str, tuple[str, ...]],
    held: Mapping[str, Iterable[Keys]],
    names: Mapping[str, str],
    name: str,
) -> list[Readable]:
    """Return who can read the secret ``name`` now, and then who could once.

    ``now`` has the recipients of the files as they are, ``held`` the keys in them, ``names`` people by recipient.
    Who could read a file while the secret was in it could keep it: that is what counts.
    """
    first: dict[tuple[str, str], datetime] = {}
    last: dict[tuple[str, str], datetime] = {}
    open_: dict[str, set[str]] = {}
    for version in versions:
        holds = any(keys[-1] == name for keys in version.sealed or {})
        reading = set(version.recipients) if holds else set()
        for recipient in reading:
            first.setdefault((version.path, recipient), version.at)
        for recipient in open_.get(version.path, set()) - reading:
            last[version.path, recipient] = version.at
        open_[version.path] = reading
    today = {
        (path, recipient)
        for path, recipients in now.items()
        if any(keys[-1] == name for keys in held.get(path, ()))
        for recipient in recipients
    }
    present = [
        Readable(who, names.get(who, ""), path, now=True, since=first.get((path, who))) for path, who in sorted(today)
    ]
    past = [
        Readable(who, names.get(who, ""), path, now=False, since=since, until=last.get((path, who)))
        for (path, who), since in sorted(first.items())
        if (path, who) not in today
    ]
    return present + past
