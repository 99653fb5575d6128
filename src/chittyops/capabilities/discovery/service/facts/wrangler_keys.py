"""Keys of a configuration of wrangler that stand where wrangler does not look for them, or that it does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, Keys
from chittyops.capabilities.discovery.service.facts.wrangler_schema import (
    DISTINCTIVE,
    ENVIRONMENT_KEYS,
    GENERATED_KEYS,
    KINDS,
    REMOVED_KEYS,
    TOP_KEYS,
)
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "misplaced-key": ("error", "A key stands in a table that swallows it, so that wrangler never sees it."),
    "unknown-key": ("warning", "wrangler knows no key of this name and ignores it."),
    "deprecated-key": ("info", "wrangler 4 no longer reads this key; node_compat even makes it refuse the file."),
    "missing-compatibility-date": ("info", "wrangler deploys no Worker without a compatibility date."),
}
_DEPTH: Final = 5
_FREE: Final = frozenset({"previews", "build", "define", "alias", "env"})
"""Tables within which keys of the top level have another meaning, or are read elsewhere."""


def find(path: str, config: Document, *, toml: bool, several: bool) -> Iterator[Finding]:
    """Yield what is wrong with the keys of a configuration; ``several`` says that it defines several Workers."""
    if several:
        return
    if toml:
        yield from _swallowed(path, config)
    yield from _unknown(path, config, (), TOP_KEYS | GENERATED_KEYS, toml=toml)
    for name, each in config.table("env").items():
        at = ("env", name)
        if name in KINDS_AND_VARS and isinstance(each, dict) and not each.keys() & ENVIRONMENT_KEYS:
            message = f'"{name}" stands below env as if it were an environment'
            hint = f"write [env.NAME.{name}], with the name of the environment"
            yield Finding("misplaced-key", "error", path, message, *config.position(*at), hint)
        elif isinstance(each, dict):
            yield from _unknown(path, config, at, ENVIRONMENT_KEYS, toml=toml)
    if config.at("build", "upload") is not None:
        message = '"upload" in build is no longer read by wrangler 4'
        hint = "remove it: main names the entry point, and its format is known from the code"
        yield Finding("deprecated-key", "info", path, message, *config.position("build", "upload"), hint)
    dated = config.at("compatibility_date") or all(
        isinstance(each, dict) and each.get("compatibility_date") for each in config.table("env").values() or [None]
    )
    if not dated and (config.text("main") or config.text("pages_build_output_dir")) and config.text("name"):
        message = f"{config.text('name')} has no compatibility_date"
        hint = "add compatibility_date with today's date: it fixes the behaviour of the runtime"
        yield Finding("missing-compatibility-date", "info", path, message, *config.position("name"), hint)


KINDS_AND_VARS: Final = frozenset({"vars", "secrets", "triggers", *(str(kind.keys[0]) for kind in KINDS.values())})


def _unknown(path: str, config: Document, at: Keys, known: frozenset[str], *, toml: bool) -> Iterator[Finding]:
    where = f"env.{at[1]}" if at else "the top level"
    for key, value in config.table(*at).items():
        position = config.position(*at, key)
        if key in known or key.startswith("$") or (at and key in TOP_KEYS):
            continue
        if key in REMOVED_KEYS:
            severity = "warning" if key == "node_compat" else "info"
            message = f'"{key}" in {where} is no longer read by wrangler 4'
            yield Finding("deprecated-key", severity, path, message, *position, REMOVED_KEYS[key])
        elif not at and toml and isinstance(value, dict) and _is_environment(config, key, value):
            message = f"[{key}] is no environment: wrangler reads environments below env only"
            yield Finding("misplaced-key", "error", path, message, *position, f"write [env.{key}]")
        else:
            near = get_close_matches(key, sorted(known), n=1, cutoff=0.75)
            hint = f'did you mean "{near[0]}"?' if near else "remove it, or keep it in another file"
            yield Finding("unknown-key", "warning", path, f'wrangler knows no "{key}" in {where}', *position, hint)


def _is_environment(config: Document, key: str, value: Mapping[str, Any]) -> bool:
    """Return whether a table is called as an environment is, and holds what one does."""
    called = key in {"production", "staging", "development", "preview", "prod", "dev"} and key not in TOP_KEYS
    return (called or key in config.table("env")) and bool(value.keys() & ENVIRONMENT_KEYS)


def _swallowed(path: str, config: Document) -> Iterator[Finding]:
    """Yield keys of the top level that a table header above them took in."""
    for at, table in _tables((), config.data):
        environment = len(at) == 2 and at[0] == "env"  # noqa: PLR2004
        for key, value in table.items():
            if not at or environment or key not in DISTINCTIVE or not isinstance(value, DISTINCTIVE[key]):
                continue
            line, column = config.position(*at, key)
            header = config.line(*at)
            if line == header or (isinstance(value, list) and key in _LISTS and not _rows(value)):
                continue
            name = ".".join(str(part) for part in at if isinstance(part, str))
            brackets = f"[[{name}]]" if isinstance(at[-1], int) else f"[{name}]"
            message = f'"{key}" belongs to {brackets} of line {header}, where wrangler ignores it'
            owner = f"below [env.{at[1]}]" if at[0] == "env" else "above the first table of the file"
            yield Finding("misplaced-key", "error", path, message, line, column, f"move it {owner}")


_LISTS: Final = DISTINCTIVE.keys() - {"compatibility_flags", "routes"}


def _rows(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(row, dict) and row.keys() & {"binding", "name", "service"} for row in value)


def _tables(at: Keys, value: Any) -> Iterator[tuple[Keys, dict[str, Any]]]:
    if len(at) > _DEPTH:
        return
    if isinstance(value, dict):
        yield at, value
        for key, each in value.items():
            if key not in _FREE or (not at and key == "env"):
                yield from _tables((*at, key), each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            if isinstance(each, dict):
                yield from _tables((*at, index), each)
