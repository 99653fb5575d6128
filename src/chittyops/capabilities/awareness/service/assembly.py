"""All that is known of a place, put together into what is told. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from chittyops.capabilities.awareness.model.context import (
    Base,
    Centre,
    Changes,
    Choice,
    Context,
    Deployed,
    MigrationState,
    Need,
    Problems,
    Where,
)
from chittyops.capabilities.awareness.model.project import FileChange, History, KnownService, Place, Snapshot
from chittyops.capabilities.awareness.service import migrations
from chittyops.capabilities.awareness.service.steps import steps

SHOWN_PROBLEMS: Final = 20
SHOWN_FILES: Final = 200
_ILL: Final = frozenset({"degraded", "unhealthy"})

Folders = Mapping[str, tuple[tuple[str, ...], frozenset[str] | None]]
"""Of each folder of migrations the names in it, and those its journal lists (None: it keeps none)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of a place just now."""

    place: Place
    snapshot: Snapshot | None
    fresh: bool
    dirty: tuple[FileChange, ...] = ()
    """What is not committed in the repository; paths are relative to the project's root."""
    remark: str = ""
    """Why git could not tell; "" where it could."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is taken to be meant."""

    project: Choice
    service: Choice
    environment: Choice


def from_root(place: Place, path: str) -> str:
    """Return ``path`` of the repository relative to the project's root; a slash at its end stays."""
    found = posixpath.relpath(posixpath.join(place.repository, path), place.root)
    return f"{found}/" if path.endswith("/") else found


def base(centre: Centre, chosen: Chosen, tag: str, remote: str) -> Base:
    """Return what changes are counted from: the deployment, else the last tag, else the remote's branch."""
    for each in centre.deployments:
        here = (each.service, each.environment) == (chosen.service.name, chosen.environment.name)
        if here and each.build and each.since:
            return Base("deployment", each.release or each.build, each.since)
    if tag:
        return Base("tag", tag)
    return Base("remote", remote) if remote else Base()


def context(
    seen: Seen,
    chosen: Chosen,
    centre: Centre,
    since: Base,
    history: History,
    folders: Folders,
    commands: Collection[str],
) -> Context:
    """Return where one is and what goes on there; ``commands`` are those that can be suggested."""
    place, snapshot = seen.place, seen.snapshot
    known = snapshot.service(chosen.service.name) if snapshot else None
    needs = _needs(known, snapshot)
    changed = {*history.files, *(each.path for each in seen.dirty)}
    found = Context(
        place.folder,
        place.root,
        snapshot.fleet if snapshot else "",
        place.fleet_file,
        place.repository,
        place.head,
        chosen.project,
        chosen.service,
        Where(known.name, known.path, known.platform, known.status, known.in_fleet) if known else None,
        chosen.environment,
        configured(snapshot, known),
        needs,
        _dependents(known, snapshot),
        centre,
        _changes(seen, known, since, history),
        _problems(snapshot, known, fresh=seen.fresh),
        tuple(each for each in centre.deployments if _concerns(each, known, needs)),
        _migrations(known, folders, changed, since),
        (),
    )
    return replace(found, next=steps(found, snapshot, commands))


def configured(snapshot: Snapshot | None, known: KnownService | None) -> tuple[str, ...]:
    """Return the environments there are: the fleet's, then the service's own, or those of all where none is chosen."""
    if not snapshot:
        return ()
    services = [known] if known else [each for each in snapshot.services if each.alive]
    names = (*snapshot.environments, *(name for each in services for name in each.environments))
    return tuple(dict.fromkeys(names))


def _needs(known: KnownService | None, snapshot: Snapshot | None) -> tuple[Need, ...]:
    if not known or not snapshot:
        return ()
    names = {each.name for each in snapshot.services}
    needs = [Need(name, kinds, name in names) for name, kinds in known.depends_on.items()]
    return tuple(sorted(needs, key=lambda need: not need.known))


def _dependents(known: KnownService | None, snapshot: Snapshot | None) -> tuple[str, ...]:
    if not known or not snapshot:
        return ()
    return tuple(dict.fromkeys(each.name for each in snapshot.services if each.alive and known.name in each.depends_on))


def _changes(seen: Seen, known: KnownService | None, since: Base, history: History) -> Changes:
    mine = tuple(each for each in seen.dirty if _touches(each.path, known.path if known else "."))
    return Changes(since, history.commits, history.more, mine[:SHOWN_FILES], len(mine) > SHOWN_FILES, seen.remark)


def _touches(path: str, folder: str) -> bool:
    """Return whether ``path`` lies in ``folder``, or is a new folder around it."""
    if folder in {"", "."}:
        return not path.startswith("../")
    return path.startswith(f"{folder}/") or f"{folder}/".startswith(_as_folder(path))


def _as_folder(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


def _problems(snapshot: Snapshot | None, known: KnownService | None, *, fresh: bool) -> Problems | None:
    if not snapshot:
        return None
    names = {known.name} if known else None
    mine = [each for each in snapshot.problems if names is None or each.service in names or each.code == "fleet-file"]
    read_at = datetime.fromtimestamp(snapshot.read_at, UTC).isoformat(timespec="seconds")
    return Problems(
        _count(snapshot.errors, names), _count(snapshot.warnings, names), tuple(mine[:SHOWN_PROBLEMS]), read_at, fresh
    )


def _count(counts: Mapping[str, int], names: Collection[str] | None) -> int:
    return sum(count for name, count in counts.items() if names is None or name in names)


def _concerns(each: Deployed, known: KnownService | None, needs: Sequence[Need]) -> bool:
    concerned = known is None or each.service == known.name or any(each.service == need.name for need in needs)
    return each.health in _ILL and concerned


def _migrations(
    known: KnownService | None, folders: Folders, changed: Collection[str], since: Base
) -> tuple[MigrationState, ...]:
    found = []
    for each in known.migrations if known else ():
        names, listed = folders.get(each.path, ((), None))
        found.append(migrations.state(each, names, listed, changed, since))
    return tuple(found)
