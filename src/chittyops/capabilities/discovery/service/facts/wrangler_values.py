"""Values of a configuration of wrangler that cannot be right: placeholders, secrets among the variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from chittyops.capabilities.discovery.model.document import Document, Keys
from chittyops.capabilities.discovery.service.facts.variables import is_database, is_secret
from chittyops.capabilities.discovery.service.facts.wrangler_environments import is_for_trials, is_production
from chittyops.capabilities.discovery.service.facts.wrangler_placeholders import SUBSTITUTED, UNFILLED, is_unfilled
from chittyops.capabilities.discovery.service.facts.wrangler_stages import Stage
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "placeholder-id": ("error", "An id or name of a resource was never filled in, so that a deploy fails."),
    "placeholder-value": ("warning", "A variable or route was never filled in."),
    "secret-in-vars": ("error", "A secret stands in plain text among the variables of a committed file."),
}

_HEX: Final = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
_IDS: Final[Mapping[str, tuple[tuple[str, re.Pattern[str] | None], ...]]] = {
    "kv": (("id", _HEX), ("preview_id", None)),
    "d1": (("database_id", _UUID), ("preview_database_id", None)),
    "hyperdrive": (("id", _HEX),),
    "mtls_certificates": (("certificate_id", None),),
    "secrets_store": (("store_id", None),),
    "vpc_services": (("service_id", None),),
    "vpc_networks": (("tunnel_id", None), ("network_id", None)),
    "flagship": (("app_id", None),),
}
"""Columns that hold an id, with the form it must have where that is known."""
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "r2": ("bucket_name", "preview_bucket_name"),
    "d1": ("database_name",),
    "queues": ("queue",),
    "queue_consumers": ("queue",),
    "vectorize": ("index_name",),
    "services": ("service",),
}
_NO_ID: Final = re.compile(
    r"needs?[-_ ].*|todo.*|tbd.*|fixme.*|replace.*|insert.*|enter[-_ ].*|dummy.*|example.*|set[-_].*|change.*|"
    r"create[-_ ].*|"
    r"(?:[0-9a-f])?(0+[-0]*)|(.)\2{31}|(?:0123456789abcdef){2}|(?:1234567890abcdef){2}|(?:abcdef0?1234567890?){1,2}.*",
    re.IGNORECASE,
)
"""Texts that no one means as an id, beyond those."""
_IN_ORDER: Final = "01234567890abcdef0"
_LEAST_COUNTED: Final = 16
_RESERVED: Final = re.compile(
    r"(?:.*[.*/])?(?:(?:example\.(?:com|org|net))|your-?(?:domain|site|zone|app)\.\w+)(?:[:/].*)?"
)
_DUMMY: Final = re.compile(
    r".*(?:test|dummy|example|sample|fake|mock|local|change|insecure|development|placeholder|not[-_ ]?(?:real|set)).*"
    r"|dev(?:[-_].*)?|none|null|true|false|disabled|enabled|optional|required|[\d.]+|op://.*|env:.*|\$.*|@.*",
    re.IGNORECASE | re.DOTALL,
)
_CREDENTIALS: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:([^@/\s]+)@", re.IGNORECASE)
_COMMON: Final = re.compile(r"pass(?:word)?|secret|pwd|user|postgres|root|admin", re.IGNORECASE)
_MASKED: Final = re.compile(r"x{8,}")
"""What is left of a credential once it is masked; those who write a placeholder seldom write as many."""
_ADDRESS: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|/[\w/.-]*$", re.IGNORECASE)
_OPEN_NAME: Final = re.compile(r"(?:^|_)(?:PUBLIC|PUBLISHABLE|ANON|SITE_KEY|CLIENT)(?:_|$)")
_NAME: Final = re.compile(r"(?!x{8})[A-Za-z]+(?:[-_.][A-Za-z]+)*")
_SHORTEST_SECRET: Final = 8
_LONGEST_NAME: Final = 24


def unfilled(config: Document) -> bool:
    """Return whether a file is a model to be filled in: its own name is not there yet."""
    name = config.text("name")
    return bool(name and (UNFILLED.fullmatch(name) or SUBSTITUTED.fullmatch(name)))


def is_id(value: str) -> bool:
    """Return whether ``value`` is the id of a database or of a configuration of Hyperdrive."""
    return bool(_HEX.fullmatch(value) or _UUID.fullmatch(value)) and not _is_no_id(value)


def find(path: str, config: Document, worker: tuple[Stage, ...]) -> Iterator[Finding]:
    """Yield the values of a Worker that cannot be right, in each of its environments."""
    for each in worker:
        trial = is_for_trials(each, worker)
        yield from _account(path, config, each)
        yield from _resources(path, config, each, trial=trial)
        yield from _routes(path, config, each)
        yield from _variables(path, config, each, trial=trial and not each.environment)


def secrets(config: Document, worker: tuple[Stage, ...]) -> Iterator[tuple[str, int]]:
    """Yield the variables that are called as secrets are, with their lines."""
    for each in worker:
        for name in each.variables:
            if (is_secret(name) or is_database(name)) and not _OPEN_NAME.search(name):
                yield name, config.line(*each.at, "vars", name)


def _account(path: str, config: Document, each: Stage) -> Iterator[Finding]:
    for key in ("account_id", "zone_id"):
        value = config.at(*each.at, key)
        if isinstance(value, str) and value and _is_unfilled(value, _HEX):
            yield _placeholder(path, config, each, f"{key} is a placeholder", (*each.at, key))
    for keys in ((*each.at, "route"), *((*each.at, "routes", index) for index, _ in config.rows(*each.at, "routes"))):
        value = config.table(*keys).get("zone_id")
        if isinstance(value, str) and _is_unfilled(value, _HEX):
            yield _placeholder(path, config, each, "the zone_id of a route is a placeholder", (*keys, "zone_id"))


def _resources(path: str, config: Document, each: Stage, *, trial: bool) -> Iterator[Finding]:
    for kind, found in each.bindings.items():
        for binding in found:
            row = config.table(*binding.at)
            title = binding.name or kind
            for column, form in _IDS.get(kind, ()):
                value = row.get(column)
                expected = None if trial else form
                if isinstance(value, str) and _is_unfilled(value, expected):
                    message = f"the {column} of {title} ({kind}) is {_what(value, expected)}"
                    yield _placeholder(path, config, each, message, (*binding.at, column))
            for column in _NAMES.get(kind, ()):
                value = row.get(column)
                if isinstance(value, str) and UNFILLED.fullmatch(value):
                    message = f"the {column} of {title} ({kind}) is a placeholder"
                    yield _placeholder(path, config, each, message, (*binding.at, column))


def _is_unfilled(value: str, form: re.Pattern[str] | None) -> bool:
    if SUBSTITUTED.fullmatch(value):
        return False
    wrong = form is not None and not form.fullmatch(value)
    return wrong or not value or _is_no_id(value)


def _is_no_id(value: str) -> bool:
    """Return whether no one means ``value`` as an id: it says so, or somebody typed digits in their order."""
    if UNFILLED.fullmatch(value) or _NO_ID.fullmatch(value):
        return True
    digits = value.replace("-", "").lower()
    counted = sum(one + two in _IN_ORDER for one, two in pairwise(digits))
    return len(digits) >= _LEAST_COUNTED and counted * 2 > len(digits)


def _what(value: str, form: re.Pattern[str] | None) -> str:
    if not value:
        return "empty"
    if _is_no_id(value):
        return "a placeholder"
    return "no id: a UUID is expected" if form is _UUID else "no id: 32 hexadecimal digits are expected"


def _placeholder(path: str, config: Document, each: Stage, message: str, at: Keys) -> Finding:
    where = f" in env.{each.environment}" if each.environment else ""
    severity = "error" if not each.environment or is_production(each.environment) else "warning"
    hint = "put in the real one, as wrangler or the dashboard shows it"
    return Finding("placeholder-id", severity, path, message + where, *config.value_position(*at), hint)


def _routes(path: str, config: Document, each: Stage) -> Iterator[Finding]:
    for keys in ((*each.at, "route"), *((*each.at, "routes", index) for index in range(_length(config, each.at)))):
        value = config.at(*keys)
        pattern = value.get("pattern") if isinstance(value, dict) else value
        if isinstance(pattern, str) and (_RESERVED.fullmatch(pattern) or UNFILLED.fullmatch(pattern)):
            message, hint = f"the route {pattern} is an example's", "put in the real domain"
            at = (*keys, "pattern") if isinstance(value, dict) else keys
            yield Finding("placeholder-value", "warning", path, message, *config.value_position(*at), hint)


def _length(config: Document, at: Keys) -> int:
    found = config.at(*at, "routes")
    return len(found) if isinstance(found, list) else 0


def _variables(path: str, config: Document, each: Stage, *, trial: bool) -> Iterator[Finding]:
    where = f" in env.{each.environment}" if each.environment else ""
    for name, value in each.variables.items():
        if not isinstance(value, str) or not value:
            continue
        position = config.value_position(*each.at, "vars", name)
        if _is_secret(name, value):
            message = f"the variable {name}{where} holds a secret in plain text"
            hint = (
                f"run wrangler secret put {name}, remove it here, and rotate it: the history of the repository has it"
            )
            yield Finding("secret-in-vars", "error", path, message, *position, hint)
        elif is_unfilled(value) and not trial:
            message, hint = f"the variable {name}{where} was never filled in", "put in its real value, or remove it"
            yield Finding("placeholder-value", "warning", path, message, *position, hint)


def _is_secret(name: str, value: str) -> bool:
    """Return whether a variable holds a secret: it is called so, and its value looks like nothing else."""
    if credentials := _CREDENTIALS.match(value):
        return _is_real(credentials[1]) and not _COMMON.fullmatch(credentials[1])
    if not is_secret(name) or is_database(name) or _OPEN_NAME.search(name) or len(value) < _SHORTEST_SECRET:
        return False
    return _is_real(value) and not (_ADDRESS.match(value) or _is_word(value))


def _is_real(value: str) -> bool:
    if _MASKED.fullmatch(value):
        return True
    return not (_DUMMY.fullmatch(value) or UNFILLED.fullmatch(value) or SUBSTITUTED.fullmatch(value))


def _is_word(value: str) -> bool:
    """Return whether a value is plain words, as of a name or a sentence: ``session-token``, ``X-Api-Key``."""
    return " " in value or (len(value) <= _LONGEST_NAME and _NAME.fullmatch(value) is not None)
