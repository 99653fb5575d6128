"""The environments of a Worker as wrangler makes them: what each one holds itself, and what it inherits.

An environment inherits settings (``main``, ``routes``, ``triggers`` ...) and no bindings, variables or secrets. Its
name is that of the Worker with the environment's added, unless it says another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chittyops.capabilities.discovery.model.document import Document, Keys
from chittyops.capabilities.discovery.model.facts import StageFacts
from chittyops.capabilities.discovery.service.facts.wrangler_schema import KINDS, Kind


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding: ``name`` is "" for those without, ``row`` what is told of it, ``at`` where it stands."""

    name: str
    row: Mapping[str, Any]
    at: Keys


@dataclass(frozen=True, slots=True)
class Stage:
    """One environment of a Worker, or its top level. ``variables`` are values, and must stay here."""

    environment: str
    at: Keys
    name: str
    main: Keys
    bindings: Mapping[str, tuple[Binding, ...]]
    routes: tuple[tuple[str, int], ...]
    crons: tuple[str, ...]
    variables: Mapping[str, Any]

    def facts(self, config: Document) -> StageFacts:
        """Return what is kept of this environment."""
        return StageFacts(
            name=self.name,
            bindings={kind: tuple(dict(each.row) for each in found) for kind, found in self.bindings.items()},
            routes=self.routes,
            crons=self.crons,
            vars=tuple(self.variables),
            lines={
                f"{kind}/{each.name or next(iter(each.row.values()))}": config.line(*each.at)
                for kind, found in self.bindings.items()
                for each in found
            },
        )


def stages(config: Document, at: Keys = ()) -> tuple[Stage, ...]:
    """Return the Worker at ``at`` without an environment, then in each of its environments."""
    names = [str(name) for name, each in config.table(*at, "env").items() if isinstance(each, dict)]
    return (stage(config, at, at), *(stage(config, (*at, "env", name), at, name) for name in names))


def stage(config: Document, at: Keys, base: Keys, environment: str = "") -> Stage:
    """Return the environment at ``at``, which inherits from ``base``."""
    found = {kind: tuple(_bindings(config, at, base, each)) for kind, each in KINDS.items()}
    triggers = _inherited(config, at, base, "triggers")
    crons = config.at(*triggers, "crons")
    return Stage(
        environment=environment,
        at=at,
        name=_name(config, at, base, environment),
        main=_inherited(config, at, base, "main"),
        bindings={kind: rows for kind, rows in found.items() if rows} | _modules(config),
        routes=tuple(_routes(config, at, base)),
        crons=tuple(cron for cron in crons if isinstance(cron, str)) if isinstance(crons, list) else (),
        variables=config.table(*at, "vars"),
    )


def _name(config: Document, at: Keys, base: Keys, environment: str) -> str:
    top = config.text(*base, "name")
    if config.at(*base, "legacy_env") is False and environment:
        return top
    own = config.text(*at, "name")
    return own or (f"{top}-{environment}" if top and environment else top)


def _inherited(config: Document, at: Keys, base: Keys, key: str) -> Keys:
    """Return where the setting ``key`` of the environment at ``at`` is given."""
    return (*at, key) if config.at(*at, key) is not None else (*base, key)


def _routes(config: Document, at: Keys, base: Keys) -> Iterator[tuple[str, int]]:
    # As wrangler does: an inherited ``routes`` counts more than a ``route`` of the environment's own.
    several = _inherited(config, at, base, "routes")
    found = config.at(*several)
    if isinstance(found, list):
        places = [(*several, index) for index in range(len(found))]
    else:
        places = [_inherited(config, at, base, "route")]
    for keys in places:
        route = config.at(*keys)
        pattern = route.get("pattern") if isinstance(route, dict) else route
        if isinstance(pattern, str) and pattern:
            yield pattern, config.line(*keys, "pattern")


def _bindings(config: Document, at: Keys, base: Keys, kind: Kind) -> Iterator[Binding]:
    root = _inherited(config, at, base, str(kind.keys[0])) if kind.inherited else (*at, kind.keys[0])
    keys = (*root, *kind.keys[1:])
    found = config.at(*keys)
    several = (((*keys, index), row) for index, row in config.rows(*keys))
    rows = [(keys, found)] if isinstance(found, dict) else several
    for place, row in rows:
        name = row.get(kind.name) if kind.name else ""
        told = {column: row[column] for column in kind.columns if isinstance(row.get(column), str | int)}
        if isinstance(name, str) and (name or (told and not kind.name)):
            yield Binding(name, {"binding": name, **told} if name else told, place)


def _modules(config: Document) -> dict[str, tuple[Binding, ...]]:
    """Return the files that are bound by the old way of service workers; all environments have them."""
    kinds = ("wasm_modules", "text_blobs", "data_blobs")
    return {
        kind: tuple(Binding(str(name), {"binding": str(name)}, (kind, name)) for name in found)
        for kind in kinds
        if (found := config.table(kind))
    }
