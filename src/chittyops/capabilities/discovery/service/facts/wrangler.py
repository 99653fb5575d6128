"""Cloudflare Workers and Pages: the configurations of wrangler, whatever their files are called."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, Keys
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Reference, Secret
from chittyops.capabilities.discovery.service.facts import (
    wrangler_comments,
    wrangler_environments,
    wrangler_keys,
    wrangler_values,
)
from chittyops.capabilities.discovery.service.facts.environment import here, outside, port
from chittyops.capabilities.discovery.service.facts.reading import document
from chittyops.capabilities.discovery.service.facts.variables import is_url
from chittyops.capabilities.discovery.service.facts.wrangler_schema import GENERATED_KEYS, TOP_KEYS
from chittyops.capabilities.discovery.service.facts.wrangler_stages import Stage, stage, stages

STANDARD: Final = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")
"""In the order in which wrangler looks for them: the first one found is the only one it reads."""
PATTERN: Final = (
    r"(?:.*/)?(?:[^/]*[._ -])?[wW]rangler(?:[._ -][^/]*)?\.(?:toml|jsonc?)"
    r"(?: copy(?: \d+)?|~"
    r"|[._-](?:example|sample|template|tmpl|dist|bak|backup|old|orig|disabled|off|local|prod|dev)[^/]*)?"
)
"""Paths of configurations that are called after wrangler."""

_CONTENT: Final = re.compile(r"""^["']?compatibility_date["']?[ \t]*=|"compatibility_date"\s*:\s*\"""", re.MULTILINE)
_BESIDE: Final = re.compile(r"""["']?\b(?:main|name|pages_build_output_dir|kv_namespaces|assets|routes?)["']?\s*[:=]""")
_SUFFIX: Final = re.compile(r"\.(?:toml|jsonc?)(?:$|[ ._-])")
_SCHEMA: Final = re.compile(r'"\$schema"\s*:\s*"https?://json-schema\.org')
_COPY: Final = re.compile(r" copy|~$|[._-](?:bak|backup|old|orig|disabled|off)\b")
_MEANT: Final = re.compile(r"wrangler(?: copy(?: \d+)?)?\.(?:toml|jsonc?)(?: copy(?: \d+)?|~)?")
"""Names that nothing but a configuration has, even where it cannot be read."""
_TEMPLATE: Final = re.compile(r"(?:^|[._ -])(?:example|sample|template|tmpl|dist)(?:[._ -]|$)", re.IGNORECASE)
_MARKUP: Final = re.compile(r"\{\{.*?\}\}|<%.*?%>")
_LOCAL_NAME: Final = re.compile(
    r"(?:^|[._ -])(?:local|test|tests|vitest|e2e|harness|miniflare)(?:[._ -]|$)", re.IGNORECASE
)
_LOCAL_WORDS: Final = re.compile(
    r"\b(?:never|do not|don't|must not|not to be|not meant to be)\s+(?:be\s+)?deploy|\blocal[- ]only\b|\btests? only\b",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(r"(?:\s*(?:#|//)[^\n]*\n|\s*/\*.*?\*/)+", re.DOTALL)
_QUIET: Final = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec|fixtures?|examples?|samples?|templates?|vendor|third_party|docs?)/", re.IGNORECASE
)
_CALLERS: Final = re.compile(
    r"(?:^|_)(?:CORS|ORIGINS|ORIGIN(?!_(?:BASE_?)?(?:URL|URI|HOST|API|SERVER))|ALLOWED|ALLOWLIST|REDIRECT|CALLBACK"
    r"|WHITELIST)(?:_|$)",
    re.IGNORECASE,
)
_RANK: Final = 100
_RANK_OF_OTHERS: Final = 10


def fits(path: str, text: str) -> bool:
    """Return whether a file with a name of its own is a configuration of wrangler, by what it says."""
    name = path.rpartition("/")[2]
    if _SUFFIX.search(name) is None or "compatibility_date" not in text:
        return False
    return bool(_CONTENT.search(text) and _BESIDE.search(text) and not _SCHEMA.search(text))


def read(path: str, text: str) -> Facts:
    """Return what a configuration of wrangler tells: one deployment for each Worker it defines."""
    config, problems = document(path, text)
    file = path.rpartition("/")[2]
    if not _resembles(config, standard=file in STANDARD) and not (problems and _MEANT.fullmatch(file)):
        return Facts(path)
    template = bool(_TEMPLATE.search(file) or _MARKUP.search(config.text("name")) or wrangler_values.unfilled(config))
    local = bool(_LOCAL_NAME.search(file) or _local_words(text))
    workers = tuple(_workers(config))
    deployments = tuple(
        _deployment(config, worker, file, template=template, local=local, alone=len(workers) == 1) for worker in workers
    )
    found = [*problems]
    if _QUIET.search(path) or template or _MARKUP.search(text):
        found = []
    elif _COPY.search(file):
        # What was put aside is deployed by nobody; what it holds is seen by all.
        found = [replace(each, severity="info") for each in found]
        values = (each for worker in workers for each in wrangler_values.find(path, config, worker))
        found += (each for each in values if each.code == "secret-in-vars")
    elif config.data:
        found += wrangler_keys.find(path, config, toml=".toml" in file, several=len(workers) > 1)
        for worker in workers:
            found += wrangler_environments.find(path, config, worker)
            found += () if local else wrangler_values.find(path, config, worker)
    secrets = [
        Secret(name, line, "vars") for worker in workers for name, line in wrangler_values.secrets(config, worker)
    ]
    secrets += wrangler_comments.secrets(text, _defined(workers))
    return Facts(
        path,
        kind="config",
        deployments=deployments,
        secrets=tuple(dict.fromkeys(secrets)),
        problems=tuple(dict.fromkeys(found)),
    )


def _defined(workers: Iterable[tuple[Stage, ...]]) -> frozenset[str]:
    """Return the names of all variables and bindings."""
    stages = [each for worker in workers for each in worker]
    bound = (one.name for each in stages for found in each.bindings.values() for one in found)
    return frozenset({*bound, *(name for each in stages for name in each.variables)})


def _resembles(config: Document, *, standard: bool) -> bool:
    """Return whether the data are a Worker's: files that are only called after wrangler hold all sorts of things."""
    known = {str(key) for key in config.data} & TOP_KEYS
    sure = known & {"compatibility_date", "pages_build_output_dir", "compatibility_flags", "workers_dev"}
    several = any(True for _ in _tables(config))
    return bool(sure) or several or (bool(known) if standard else "name" in known and len(known - {"$schema"}) > 2)  # noqa: PLR2004


def _local_words(text: str) -> bool:
    leading = _LEADING.match(text)
    return leading is not None and _LOCAL_WORDS.search(leading[0]) is not None


def _workers(config: Document) -> Iterator[tuple[Stage, ...]]:
    """Yield the Workers of a file, each with its stages. One without a name of its own may define several."""
    if not config.text("name") and not config.text("main"):
        tables = tuple(_tables(config))
        if tables:
            for keys in tables:
                yield stages(config, keys)
            return
        alone = [(*("env",), str(name)) for name in config.table("env")]
        mains = {config.text(*keys, "main") for keys in alone}
        if len(alone) > 1 and len(mains) == len(alone) and "" not in mains:
            for keys in alone:
                yield (stage(config, keys, ()),)
            return
    yield stages(config)


def _tables(config: Document) -> Iterator[Keys]:
    """Yield where tables stand that define a Worker each: ``[gateway]``, ``[workers.gateway]``, ``[[workers]]``."""
    for key, value in config.data.items() if isinstance(config.data, dict) else ():
        if key in TOP_KEYS | GENERATED_KEYS:
            continue
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        if _defines(value):
            yield (key,)
        else:
            yield from ((key, name) for name, each in inner if _defines(each))


def _defines(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("main"), str):
        return False
    return isinstance(value.get("name"), str) or bool(value.keys() & (TOP_KEYS - {"main", "name"}))


def _deployment(
    config: Document, worker: tuple[Stage, ...], file: str, *, template: bool, local: bool, alone: bool
) -> Deployment:
    top = worker[0]
    at = top.at
    main = top.main if config.text(*top.main) else next((each.main for each in worker if config.text(*each.main)), ())
    entrypoint = config.text(*main) if main else config.text("site", "entry-point")
    output = next(filter(None, (config.text(*at, *keys) for keys in _OUTPUTS)), "")
    standard = file in STANDARD and alone
    rank = (
        1 if _COPY.search(file) or template or local else _RANK - STANDARD.index(file) if standard else _RANK_OF_OTHERS
    )
    return Deployment(
        platform="cloudflare",
        line=config.line(*at),
        name=_name(top, worker) or (str(at[-1]) if not alone else ""),
        kind="pages"
        if config.at("pages_build_output_dir") is not None
        else "worker"
        if entrypoint
        else _without(output),
        entrypoint=entrypoint,
        entrypoint_line=config.line(*main) if entrypoint and main else 0,
        rank=rank,
        stages={each.environment: each.facts(config) for each in worker},
        references=tuple(
            dict.fromkeys((*(one for each in worker for one in _references(config, each)), *_swallowed_hosts(config)))
        ),
        secrets=tuple(dict.fromkeys(one for each in worker for one in _required(config, each.at))),
        build=config.text(*at, "build", "command").strip(),
        commands=((config.text(*at, "build", "command"), config.line(*at, "build", "command")),),
        command_folder=config.text(*at, "build", "cwd"),
        ports=port(config.at("dev", "port")),
        output=output,
        standard=standard,
        local_only=local,
        template=template,
        migrations=tuple(dict.fromkeys(one for each in worker for one in _migrations(config, each))),
    )


def _migrations(config: Document, each: Stage) -> Iterator[str]:
    """Yield the folders that D1 migrations are read from, where they are not the one that wrangler looks for."""
    for found in each.bindings.get("d1", ()):
        folder = config.table(*found.at).get("migrations_dir")
        if isinstance(folder, str) and folder:
            yield posixpath.normpath(folder)


_OUTPUTS: Final = (("pages_build_output_dir",), ("assets", "directory"), ("site", "bucket"))


def _without(output: str) -> str:
    """Return what is deployed without an entry point."""
    return "static" if output else "worker"


def _name(top: Stage, worker: tuple[Stage, ...]) -> str:
    """Return the Worker's name; where only its environments have one, that of production, else of the first."""
    named = [each for each in worker if each.name]
    production = (each.name for each in named if wrangler_environments.is_production(each.environment))
    return top.name or next(production, named[0].name if named else "")


def _required(config: Document, at: Keys) -> Iterator[tuple[str, int]]:
    found = config.at(*at, "secrets", "required")
    for index, name in enumerate(found if isinstance(found, list) else ()):
        if isinstance(name, str):
            yield name, config.line(*at, "secrets", "required", index)


def _references(config: Document, each: Stage) -> Iterator[Reference]:
    """Yield what this environment needs of other services."""
    for kind, binding, column in _TARGETS:
        for found in each.bindings.get(binding, ()):
            target = found.row.get(column)
            if not isinstance(target, str) or not target or (column == "script_name" and target == each.name):
                continue
            if kind != "database" or wrangler_values.is_id(target):
                yield Reference(kind, target, config.line(*found.at, column), each.environment)
    for found in each.bindings.get("dispatch_namespaces", ()):
        if service := config.text(*found.at, "outbound", "service"):
            yield Reference("service-binding", service, config.line(*found.at, "outbound"), each.environment)
    for name, value in each.variables.items():
        line = config.line(*each.at, "vars", name)
        if is_url(name):
            yield Reference("variable-url", name, line, each.environment)
        hosts = [*outside(value), *here(value)] if isinstance(value, str) else []
        if _CALLERS.search(name):
            # Who lets a site call it under both of its names has that site.
            hosts = [host for host in hosts if f"www.{host}" in hosts]
        kind = "own-domain" if _CALLERS.search(name) else "literal-url"
        yield from (Reference(kind, host, line, each.environment) for host in hosts)


def _swallowed_hosts(config: Document) -> Iterator[Reference]:
    """Yield the hosts of routes that a table took in: wrangler ignores them, and their domain is meant all the same."""
    for table in config.data if isinstance(config.data, dict) else ():
        rows = config.at(table, "routes") if config.table(table) else None
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            pattern = row.get("pattern") if isinstance(row, dict) else row
            hosts = outside(f"https://{pattern}") if isinstance(pattern, str) else ()
            yield from (Reference("own-domain", host, config.line(table, "routes", index)) for host in hosts)


_TARGETS: Final = (
    ("service-binding", "services", "service"),
    ("tail", "tail_consumers", "service"),
    ("tail", "streaming_tail_consumers", "service"),
    ("queue", "queues", "queue"),
    ("durable-object", "durable_objects", "script_name"),
    ("service-binding", "workflows", "script_name"),
    ("database", "d1", "database_id"),
    ("database", "hyperdrive", "id"),
)
"""Which columns of which bindings name something else, and the kind of dependency that it makes."""
