"""Cloudflare Workers: wrangler.toml, wrangler.json, wrangler.jsonc.

https://developers.cloudflare.com/workers/wrangler/configuration/ : bindings and vars are not inherited by named
environments, routes and triggers are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, Keys
from chittyops.capabilities.discovery.model.facts import Facts, Reference
from chittyops.capabilities.discovery.model.findings import Finding, Row, Rows, Stage
from chittyops.capabilities.discovery.service.facts.code import URL_VARIABLE
from chittyops.capabilities.discovery.service.facts.reading import document

FILENAME: Final = re.compile(r"wrangler[^/]*\.(toml|jsonc?)( copy( \d+)?)?")
STANDARD: Final = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")
"""In the order in which wrangler looks for them: the first one found is the only one it reads."""
_RANK: Final = 100
_TABLES: Final[dict[str, tuple[Keys, tuple[str, ...]]]] = {
    "kv": (("kv_namespaces",), ("binding", "id")),
    "d1": (("d1_databases",), ("binding", "database_name", "database_id")),
    "r2": (("r2_buckets",), ("binding", "bucket_name")),
    "queues": (("queues", "producers"), ("binding", "queue")),
    "queue_consumers": (("queues", "consumers"), ("queue",)),
    "durable_objects": (("durable_objects", "bindings"), ("name", "class_name", "script_name")),
    "services": (("services",), ("binding", "service", "environment")),
    "hyperdrive": (("hyperdrive",), ("binding", "id")),
    "vectorize": (("vectorize",), ("binding", "index_name")),
    "analytics_engine": (("analytics_engine_datasets",), ("binding", "dataset")),
}
_PLACEHOLDER: Final = re.compile(r"(?i)placeholder|^your[-_ ]|[-_]here$|^<.*>$|^x{4,}$|^(todo|replace|changeme)")


def read(path: str, text: str) -> Facts:
    """Return what a wrangler configuration tells."""
    config, problems = document(path, text)
    stages = {"": _stage(config, ())}
    references = list(_references(config, ()))
    for name in config.table("env"):
        stages[name] = _stage(config, ("env", name))
        references.extend(_references(config, ("env", name)))
    file = path.rpartition("/")[2]
    return Facts(
        path,
        platform="cloudflare",
        rank=_RANK - STANDARD.index(file) if file in STANDARD else 1,
        deployable=file in STANDARD and bool(config.data),
        config=True,
        name=config.text("name"),
        entrypoint=config.text("main"),
        stages=stages,
        references=tuple(references),
        problems=(*problems, *_placeholders(config, path)),
    )


def _stage(config: Document, at: Keys) -> Stage:
    routes = [*_routes(config, at)] or ([*_routes(config, ())] if at else [])
    crons = config.at(*at, "triggers", "crons") or config.at("triggers", "crons")
    return Stage(
        bindings=_bindings(config, at),
        routes=tuple(routes),
        crons=tuple(str(cron) for cron in crons) if isinstance(crons, list) else (),
        vars=tuple(config.table(*at, "vars")),
    )


def _routes(config: Document, at: Keys) -> Iterator[str]:
    single = config.at(*at, "route")
    several = config.at(*at, "routes")
    for route in [single, *(several if isinstance(several, list) else [])]:
        pattern = route.get("pattern") if isinstance(route, dict) else route
        if isinstance(pattern, str):
            yield pattern


def _bindings(config: Document, at: Keys) -> Rows:
    found: dict[str, tuple[Row, ...]] = {}
    for kind, (keys, columns) in _TABLES.items():
        rows = tuple(
            {column: row[column] for column in columns if isinstance(row.get(column), str)}
            for _, row in config.rows(*at, *keys)
        )
        if rows:
            found[kind] = rows
    return found


def _references(config: Document, at: Keys) -> Iterator[Reference]:
    for index, row in config.rows(*at, "services"):
        if isinstance(service := row.get("service"), str):
            yield Reference("service-binding", service, _line_of(config, (*at, "services", index), "service"))
    for index, row in config.rows(*at, "tail_consumers"):
        if isinstance(service := row.get("service"), str):
            yield Reference("tail", service, _line_of(config, (*at, "tail_consumers", index), "service"))
    for variable in config.table(*at, "vars"):
        if URL_VARIABLE.fullmatch(variable):
            yield Reference("variable-url", variable, config.line(*at, "vars", variable))


def _line_of(config: Document, row: Keys, key: str) -> int:
    return config.line(*row, key)


def _placeholders(config: Document, path: str) -> Iterator[Finding]:
    """Find ids that were never filled in."""
    stages: list[Keys] = [(), *(("env", name) for name in config.table("env"))]
    for at in stages:
        for keys, columns in _TABLES.values():
            for index, row in config.rows(*at, *keys):
                for column in columns:
                    value: Any = row.get(column)
                    if column.endswith("id") and isinstance(value, str) and _PLACEHOLDER.search(value):
                        line, place = config.position(*at, *keys, index, column)
                        message = f"the {column} of {row.get('binding', 'a binding')} is a placeholder"
                        yield Finding("placeholder-id", "warning", path, message, line, place, "put the real id there")
