"""The folders of migrations in a workspace: which tool keeps them, how many there are, and in what state."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.discovery.model.facts import DatabaseConfig, Journal, Migration
from chittyops.capabilities.discovery.service.facts.migrations import SURE
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Migrations

PUSH: Final = re.compile(r"\b(?:drizzle-kit\s+push|prisma\s+db\s+push)\b")
_SURE: Final = re.compile(SURE)
_FLYWAY: Final = re.compile(r"[VR][\d._]*__")


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder of migrations with its files in order, its journal if it has one, and the tool's configuration."""

    path: str
    files: tuple[tuple[str, Migration], ...]
    journal: tuple[str, Journal] | None
    config: tuple[str, DatabaseConfig] | None

    def unlisted(self) -> tuple[str, ...]:
        """Return the numbered files that the journal does not list; others are seeds and notes."""
        if not self.journal:
            return ()
        listed = {tag for tag, _ in self.journal[1].entries}
        return tuple(path for path, each in self.files if each.number and tag_of(path) not in listed)


def tag_of(path: str) -> str:
    """Return what a journal calls the migration at ``path``."""
    folder, name = posixpath.split(path)
    return posixpath.basename(folder) if name == "migration.sql" else name.rpartition(".")[0]


def inventory(world: World) -> tuple[Folder, ...]:
    """Return the folders of ``world`` that hold migrations or the journal of some, by path."""
    files: dict[str, list[tuple[str, Migration]]] = defaultdict(list)
    journals: dict[str, tuple[str, Journal]] = {}
    configs = {_join(posixpath.dirname(path), config.folder): (path, config) for path, config in _configs(world)}
    for path, facts in world.facts.items():
        if facts.migration and (_home(path) in configs or not path.endswith(".sql") or _SURE.fullmatch(path)):
            files[_home(path)].append((path, facts.migration))
        if facts.journal:
            journals[posixpath.dirname(posixpath.dirname(path)) or "."] = (path, facts.journal)
    return tuple(
        Folder(path, tuple(sorted(files.get(path, ()))), journals.get(path), configs.get(path))
        for path in sorted(files.keys() | journals.keys())
    )


def _home(path: str) -> str:
    """Return the folder whose order a migration belongs to: prisma has one more for each migration."""
    folder, name = posixpath.split(path)
    return (posixpath.dirname(folder) if name == "migration.sql" else folder) or "."


def _join(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _configs(world: World) -> Iterator[tuple[str, DatabaseConfig]]:
    """Yield what configurations say of folders; what a tool's own one says comes last, and counts."""
    for path, facts in world.facts.items():
        for deployment in facts.deployments:
            for folder in deployment.migrations:
                yield path, DatabaseConfig("wrangler", "sqlite", folder)
    for path, facts in world.facts.items():
        if facts.database_config and facts.database_config.folder:
            yield path, facts.database_config


def folders(world: World) -> tuple[tuple[str, Migrations], ...]:
    """Return each folder of migrations with what it is, and the set-ups of tools that have none."""
    found = inventory(world)
    known = {each.path for each in found}
    workers = _with_d1(world)
    kept = [(each.path, _described(each, world, workers)) for each in found]
    for path, config in _configs(world):
        folder = _join(posixpath.dirname(path), config.folder)
        if folder not in known and not folder.startswith(".."):
            known.add(folder)
            state = "push-only" if pushes(world, path) else "empty"
            kept.append((folder, Migrations(folder, config.tool, 0, state)))
    return tuple(sorted(kept, key=lambda each: each[0]))


def pushes(world: World, path: str) -> tuple[str, str] | None:
    """Return the nearest manifest around ``path`` and the name of its script that pushes a schema, if there is one."""
    folder = posixpath.dirname(path)
    while True:
        manifest = posixpath.join(folder, "package.json")
        package = world.facts[manifest].package if manifest in world.facts else None
        if package:
            return next(((manifest, name) for name, command in package.scripts.items() if PUSH.search(command)), None)
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _described(folder: Folder, world: World, workers: frozenset[str]) -> Migrations:
    state = "files"
    if not folder.files:
        state = "empty"
    elif folder.journal:
        state = "unjournaled" if folder.unlisted() else "journaled"
    elif folder.config and folder.config[1].tool == "drizzle":
        state = "unjournaled"
    return Migrations(folder.path, _tool(folder, world, workers), len(folder.files), state)


def _tool(folder: Folder, world: World, workers: frozenset[str]) -> str:
    """Return the tool that keeps ``folder``: its journal's, its configuration's, or the one its files look like.

    ``workers`` are the folders of Workers that have a D1 database.
    """
    if folder.journal or folder.config:
        return folder.journal[1].tool if folder.journal else folder.config[1].tool if folder.config else ""
    names = [posixpath.basename(path) for path, _ in folder.files]
    looks = (
        ("supabase", folder.path.endswith("supabase/migrations")),
        ("prisma", f"{folder.path}/migration_lock.toml" in world.paths or set(names) == {"migration.sql"}),
        ("alembic", _all_end(names, ".py") and posixpath.basename(folder.path) == "versions"),
        ("django", _all_end(names, ".py")),
        ("flyway", any(map(_FLYWAY.match, names))),
        ("wrangler", _is_of_d1(folder, workers)),
        ("sql", any(name.endswith(".sql") for name in names)),
    )
    return next((tool for tool, is_it in looks if is_it), "knex")


def _all_end(names: Sequence[str], suffix: str) -> bool:
    return all(name.endswith(suffix) for name in names)


def _is_of_d1(folder: Folder, workers: frozenset[str]) -> bool:
    """Return whether ``folder`` stands beside a Worker with a D1 database, whose migrations these are by default."""
    told = [each.dialect for _, each in folder.files if each.dialect]
    if posixpath.basename(folder.path) != "migrations" or told.count("sqlite") * 2 < len(told):
        return False
    return posixpath.dirname(folder.path) in workers


def _with_d1(world: World) -> frozenset[str]:
    """Return the folders whose configurations bind a D1 database."""
    return frozenset(
        posixpath.dirname(path)
        for path, facts in world.facts.items()
        for deployment in facts.deployments
        if any(stage.bindings.get("d1") for stage in deployment.stages.values())
    )
