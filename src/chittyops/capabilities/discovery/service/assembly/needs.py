"""What a service expects from outside: secrets and databases, with the evidence of each."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from chittyops.capabilities.discovery.model.facts import Command, Facts
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.assembly.units import Unit
from chittyops.capabilities.discovery.service.facts import variables
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Evidence, Migrations, Named, Store

Seen = dict[str, dict[Evidence, None]]
"""Names with their evidence; dicts as ordered sets, since a line that names one twice is one piece of evidence."""

_NAME: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
_PLATFORMS_OWN: Final = re.compile(r"GITHUB_TOKEN|ACTIONS_.*|RUNNER_.*|CI")
_BOUND: Final = {"d1": ("d1", "database_name"), "hyperdrive": ("", "")}
"""Kinds of bindings that are databases: the engine ("" where drivers tell it), the column with the database's name."""
_ENGINES: Final = re.compile(r"(?i)(mysql|mariadb|mongo|redis|sqlite|libsql|turso|clickhouse)")
_NAMED_ENGINES: Final = {"mariadb": "mysql", "mongo": "mongodb", "libsql": "sqlite", "turso": "sqlite"}
_DIALECTS: Final = {"postgresql": "postgres", "pg": "postgres", "mongodb": "mongodb", "better-sqlite3": "sqlite"}
_URL_END: Final = re.compile(
    r"_?(?:DATABASE|POSTGRES|POSTGRESQL|NEON|PG|DB|MYSQL|MARIADB|MONGO|MONGODB|CLICKHOUSE)_?(?:CONNECTION_STRING|UR[LI]|DSN)?$"
)


def secrets(unit: Unit, own: Sequence[Facts], code: Sequence[Facts], workflows: Iterable[Facts]) -> tuple[Named, ...]:
    """Return the secrets that a service expects, by name.

    ``own`` are the facts of its folder, ``code`` those of its source files, ``workflows`` the workflows that deploy it.
    """
    seen: Seen = {}
    for name, path, line in (*_configured(unit), *_told(unit, own), *_read(unit, code), *_deployed(workflows)):
        _note(seen, name, path, line)
    return tuple(Named(name, tuple(sorted(seen[name]))) for name in sorted(seen))


Mentions = Iterator[tuple[str, str, int]]
"""Names, each with path and line."""


def _configured(unit: Unit) -> Mentions:
    for source in unit.live:
        for name, line in source.deployment.secrets:
            yield name, source.path, line


def _told(unit: Unit, own: Sequence[Facts]) -> Mentions:
    """Yield the secrets that examples, documents and commands of the service's folder name."""
    files = {each.path for each in unit.live}
    for each in own:
        # What another service's configuration in the same folder asks for is not this one's.
        if each.kind == "test" or (each.deployments and each.path not in files):
            continue
        for secret in each.secrets:
            if secret.source != "workflow":
                yield secret.name, each.path, secret.line
        for script in each.scripts:
            for command in script.commands:
                for name in _put(command):
                    yield name, each.path, command.line


def _read(unit: Unit, code: Sequence[Facts]) -> Mentions:
    """Yield the variables that code reads, that are called as secrets are and that nothing defines."""
    defined = _defined(unit)
    for each in code:
        for variable in each.code.variables if each.code else ():
            if variables.is_secret(variable.name) and variable.name not in defined:
                yield variable.name, each.path, variable.line


def _deployed(workflows: Iterable[Facts]) -> Mentions:
    for each in workflows:
        for name, line in each.workflow.secrets if each.workflow else ():
            if not _PLATFORMS_OWN.fullmatch(name):
                yield name, each.path, line


def _note(seen: Seen, name: str, path: str, line: int) -> None:
    seen.setdefault(name, {})[Evidence(path, line)] = None


def _defined(unit: Unit) -> frozenset[str]:
    """Return the names that configuration gives a value or binds, so that nobody need set them as secrets."""
    stages = [stage for each in unit.live for stage in each.deployment.stages.values()]
    names = {name for stage in stages for name in stage.vars}
    for stage in stages:
        names |= {str(row.get("binding", "")) for rows in stage.bindings.values() for row in rows}
    return frozenset(names)


def _put(command: Command) -> Iterator[str]:
    """Yield the names of secrets that a command sets, or fills in from a vault."""
    words = command.words
    for n in range(len(words) - 2):
        if words[n : n + 2] in {("secret", "put"), ("secret", "set")}:
            yield from [word for word in words[n + 2 :] if _NAME.fullmatch(word)][:1]
    if words[:2] == ("op", "read"):
        yield from (name for name in command.assigns if _NAME.fullmatch(name))


def deploying(world: World, services: Mapping[str, Unit]) -> dict[str, tuple[Facts, ...]]:
    """Return the workflows that deploy each service folder, by their commands."""
    found: dict[str, list[Facts]] = {}
    for path, each in world.facts.items():
        if each.workflow is None:
            continue
        repository = world.repository(path)
        folders = {
            folder
            for job in each.workflow.jobs
            for command in job.commands
            if _deploys(command)
            for folder in _target(command, repository, services)
        }
        for folder in folders:
            found.setdefault(folder, []).append(each)
    return {folder: tuple(each) for folder, each in found.items()}


_DEPLOYS: Final = re.compile(
    r"(?:wrangler (?:.* )?(?:deploy|publish)|vercel\b(?!.*\b(?:env|pull|link)\b)|railway (?:up|deploy)|"
    r"fly(?:ctl)? deploy|netlify deploy|(?:npm|pnpm|yarn|bun)(?: run)? deploy\S*|"
    r"uses \S*(?:wrangler-action|pages-action|vercel-action|railway|setup-flyctl|actions-netlify)\S*)"
)


def _deploys(command: Command) -> bool:
    line = " ".join(command.words)
    return _DEPLOYS.search(line) is not None and "--dry-run" not in command.words


def _target(command: Command, repository: str, services: Mapping[str, Unit]) -> Iterator[str]:
    folder = command.folder
    for n, word in enumerate(command.words):
        key, _, value = word.partition("=")
        if key.lower().lstrip("-") in {"workingdirectory", "cwd", "prefix", "working-directory"}:
            folder = value or next(iter(command.words[n + 1 : n + 2]), "")
        if key in {"--config", "-c"}:
            config = value or next(iter(command.words[n + 1 : n + 2]), "")
            folder = posixpath.join(folder, posixpath.dirname(config))
    at = places.join(repository, folder) if folder else repository
    if at in services:
        yield at


def databases(
    unit: Unit,
    name: str,
    own: Sequence[Facts],
    code: Sequence[Facts],
    reached: Collection[str],
    migrations: Sequence[Migrations],
) -> tuple[Store, ...]:
    """Return the databases of a service: those bound, those of a connection string, those only a driver tells of.

    ``reached`` are the files that the entry point leads to; a driver that only other files import tells of nothing.
    """
    drivers = _drivers(code)
    bound = _bound(unit, name)
    stores = [each if each.engine else replace(each, engine=_engine(each.variable, drivers)) for each in bound]
    running = _drivers([each for each in code if each.path in reached] or code)
    for variable, evidence in _variables(own, code).items():
        engine = _engine(variable, drivers)
        stores.append(Store(_store_name(variable, name), engine, variable, evidence=tuple(sorted(evidence))))
    stores = _merged(stores)
    known = {each.engine for each in stores}
    for engine, evidence in running.items():
        # A D1 database is there only where one is bound.
        if engine not in known | {"d1"} and not (engine == "sqlite" and "d1" in known):
            stores.append(Store(name, engine, "", evidence=tuple(sorted(evidence))))
    if not stores and migrations:
        stores.append(Store(name, _dialect(migrations[0], own), "", evidence=()))
    return tuple(_with_migrations(stores, migrations, own))


def _merged(stores: Sequence[Store]) -> list[Store]:
    """Return the stores, each variable's once; those told with a variable stand for those of one engine without."""
    reached = {each.engine for each in stores if each.variable}
    kept: dict[str, Store] = {}
    for each in stores:
        key = each.variable or f"{each.engine} {each.name}"
        if known := kept.get(key):
            kept[key] = replace(known, evidence=tuple(sorted({*known.evidence, *each.evidence})))
        elif each.variable or each.engine not in reached:
            kept[key] = each
    return list(kept.values())


def _bound(unit: Unit, name: str) -> Iterator[Store]:
    seen: set[str] = set()
    for source in unit.live:
        for stage in source.deployment.stages.values():
            for kind, (engine, column) in _BOUND.items():
                for row in stage.bindings.get(kind, ()):
                    variable = str(row.get("binding", ""))
                    if variable and variable not in seen:
                        seen.add(variable)
                        line = stage.lines.get(f"{kind}/{variable}", source.deployment.line)
                        called = str(row.get(column, "")) if column else ""
                        yield Store(
                            called or _store_name(variable, name), engine, variable, (), (Evidence(source.path, line),)
                        )
                for row in stage.bindings.get("databases", ()):
                    variable, called = str(row.get("variable", "")), str(row.get("name", ""))
                    if (variable or called) not in seen:
                        seen.add(variable or called)
                        line = stage.lines.get(f"databases/{variable or called}", source.deployment.line)
                        store = called or _store_name(variable, name)
                        yield Store(store, str(row.get("engine", "")), variable, (), (Evidence(source.path, line),))


def _variables(own: Sequence[Facts], code: Sequence[Facts]) -> Seen:
    seen: Seen = {}
    for each in own:
        if each.kind == "test":
            continue
        for variable, line in each.databases:
            _note(seen, variable, each.path, line)
        if each.database_config is not None and each.database_config.variable:
            _note(seen, each.database_config.variable, each.path, each.database_config.line)
    for each in code:
        for read in each.code.variables if each.code else ():
            if variables.is_database(read.name):
                _note(seen, read.name, each.path, read.line)
    return seen


def _drivers(code: Sequence[Facts]) -> Seen:
    seen: Seen = {}
    for each in code:
        for engine, line in each.code.engines if each.code else ():
            _note(seen, _DIALECTS.get(engine, engine), each.path, line)
    return seen


def _engine(variable: str, drivers: Seen) -> str:
    """Return the engine behind a variable: as it says itself, else as the only driver of the code says."""
    if named := _ENGINES.search(variable):
        return _NAMED_ENGINES.get(named[1].lower(), named[1].lower())
    relational = [each for each in drivers if each in {"postgres", "mysql", "mongodb"}]
    return relational[0] if len(relational) == 1 else "postgres"


def _store_name(variable: str, service: str) -> str:
    """Return a name for the database behind ``variable``: the service's own, unless the variable says more."""
    return _URL_END.sub("", variable).lower().strip("_").replace("_", "-") or service


def _dialect(migrations: Migrations, own: Sequence[Facts]) -> str:
    for each in own:
        if each.migration is not None and each.migration.dialect and places.inside(each.path, migrations.path):
            return _DIALECTS.get(each.migration.dialect, each.migration.dialect)
    return "d1" if migrations.tool == "wrangler" else "postgres"


def _with_migrations(
    stores: Sequence[Store], migrations: Sequence[Migrations], own: Sequence[Facts]
) -> Iterator[Store]:
    """Yield the stores with the migrations of their engine; those of no store's engine go to the first."""
    homes: dict[int, list[Migrations]] = {}
    for each in migrations:
        dialect = _dialect(each, own)
        wanted = {"d1", "sqlite"} if dialect in {"sqlite", "d1"} else {dialect}
        home = next((n for n, store in enumerate(stores) if store.engine in wanted), 0)
        homes.setdefault(home, []).append(each)
    for n, store in enumerate(stores):
        yield replace(store, migrations=tuple(homes[n])) if n in homes else store
