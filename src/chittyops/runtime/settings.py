"""Settings of the operations centre: one typed table each, and for every value where it came from.

A value is, strongest first, a flag, an environment variable, a line of ``settings.toml`` in the state
directory, or a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

from chittyops.kernel.errors import Misconfigured, Place, Problem
from chittyops.kernel.event import Json
from chittyops.runtime import settings_file
from chittyops.runtime.redaction import redacted_text

FILE = "settings.toml"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one setting is: where it may come from, what it may be, and what it is for."""

    env: str
    help: str
    minimum: float = float("-inf")
    maximum: float = float("inf")
    choices: tuple[str, ...] = ()
    in_file: bool = True


def _setting(default: Any, env: str, help: str, **limits: Any) -> Any:
    return field(default=default, metadata={"rule": Rule(env, help, **limits)})


@dataclass(frozen=True, slots=True)
class Centre:
    """Where the centre lives. Only from the environment: it is needed before any file can be found."""

    home: str = _setting("", "CHITTYOPS_HOME", "The state directory; empty: the platform's own.", in_file=False)
    database_url: str = _setting(
        "", "CHITTYOPS_DATABASE_URL", "An external PostgreSQL; empty: the embedded one.", in_file=False
    )
    nats_url: str = _setting(
        "", "CHITTYOPS_NATS_URL", "An external NATS server (tls://); empty: the embedded one.", in_file=False
    )
    nats_server: str = _setting(
        "", "CHITTYOPS_NATS_SERVER", "The program of the embedded NATS server; empty: the wheel's.", in_file=False
    )
    services_nats_url: str = _setting(
        "", "CHITTYOPS_SERVICES_NATS_URL", "What `broker:events` gives to services at an external NATS.", in_file=False
    )
    node_home: str = _setting(
        "", "CHITTYOPS_NODE_HOME", "Where Miniflare is installed; empty: in the state directory.", in_file=False
    )


@dataclass(frozen=True, slots=True)
class Api:
    """The HTTP API and its pages."""

    port: int = _setting(7780, "CHITTYOPS_PORT", "The port to try first; 0: any free one.", minimum=0, maximum=65535)


@dataclass(frozen=True, slots=True)
class Releases:
    """How releases run."""

    max_parallel: int = _setting(
        8, "CHITTYOPS_MAX_PARALLEL", "How many services of a release deploy at once.", minimum=1, maximum=256
    )


@dataclass(frozen=True, slots=True)
class Worker:
    """The processes that run releases."""

    lease_seconds: float = _setting(
        15.0, "CHITTYOPS_LEASE_SECONDS", "A worker silent for longer is dead; others take over.", minimum=2, maximum=600
    )
    beat_seconds: float = _setting(
        2.0, "CHITTYOPS_BEAT_SECONDS", "How often a worker says that it lives.", minimum=0.2, maximum=60
    )


@dataclass(frozen=True, slots=True)
class Prober:
    """The process that asks services how they are. How often is each service's own ``health.interval_seconds``."""

    concurrency: int = _setting(
        64, "CHITTYOPS_PROBE_CONCURRENCY", "How many services are asked at once.", minimum=1, maximum=4096
    )
    slow_ms: float = _setting(
        2000.0, "CHITTYOPS_PROBE_SLOW_MS", "An answer that takes longer makes a service degraded.", minimum=1
    )


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of the centre's own processes."""

    level: str = _setting(
        "info", "CHITTYOPS_LOG_LEVEL", "The least severe line to keep.", choices=("debug", "info", "warning", "error")
    )
    max_mb: float = _setting(10.0, "CHITTYOPS_LOG_MAX_MB", "A log file is rotated at this size.", minimum=0.01)
    keep: int = _setting(3, "CHITTYOPS_LOG_KEEP", "How many rotated files are kept for each process.", minimum=1)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: ``default``, ``file``, ``environment`` or ``flag``, and where exactly."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        """Return it as shown to people."""
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as ``chittyops settings`` shows it; credentials in ``value`` are masked."""

    name: str
    value: Json
    default: Json
    origin: Origin
    env: str
    help: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings: one attribute for each table; ``origins`` says where each value came from."""

    centre: Centre = Centre()
    api: Api = Api()
    releases: Releases = Releases()
    worker: Worker = Worker()
    prober: Prober = Prober()
    logs: Logs = Logs()
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @classmethod
    def load(cls, environ: Mapping[str, str], home: Path, flags: Mapping[str, str] | None = None) -> Settings:
        """Return the settings that ``flags`` (by dotted name), ``environ`` and ``home/settings.toml`` make.

        Raises Misconfigured with every unknown key and malformed value, each with its place.
        """
        values: dict[str, Any] = {}
        origins: dict[str, Origin] = {}
        problems: list[Problem] = []
        for name, raw, origin, place in _layers(environ, home / FILE, flags or {}, problems):
            try:
                values[name] = _parse(name, raw)
                origins[name] = origin
            except ValueError as error:
                problems.append(Problem(f"{name} (from {origin}) {error}", place, _RULES[name].help))
        if problems:
            raise Misconfigured.of(tuple(problems))
        return cls(**{table: kind(**_of_table(table, values)) for table, kind in TABLES.items()}, origins=origins)


TABLES: dict[str, type[Any]] = {
    "centre": Centre,
    "api": Api,
    "releases": Releases,
    "worker": Worker,
    "prober": Prober,
    "logs": Logs,
}
_FIELDS = {f"{table}.{f.name}": f for table, kind in TABLES.items() for f in fields(kind)}
_RULES: dict[str, Rule] = {name: f.metadata["rule"] for name, f in _FIELDS.items()}
_DEFAULTS: dict[str, Any] = {name: f.default for name, f in _FIELDS.items()}


def settings_rows(settings: Settings) -> list[SettingRow]:
    """Return every setting with its value and origin, in the order of the tables."""
    rows = []
    for name, default in _DEFAULTS.items():
        table, _, key = name.partition(".")
        value = getattr(getattr(settings, table), key)
        shown = redacted_text(value) if isinstance(value, str) else value
        origin = settings.origins.get(name, Origin("default"))
        rows.append(SettingRow(name, shown, default, origin, _RULES[name].env, _RULES[name].help))
    return rows


_Layer = tuple[str, Any, Origin, Place | None]


def _layers(environ: Mapping[str, str], path: Path, flags: Mapping[str, str], problems: list[Problem]) -> list[_Layer]:
    """Return every value given, the weakest first, so that a later one replaces an earlier one."""
    given: list[_Layer] = [(name, raw, Origin("file", str(place)), place) for name, raw, place in _file(path, problems)]
    for name, rule in _RULES.items():
        if environ.get(rule.env):
            given.append((name, environ[rule.env], Origin("environment", rule.env), None))
    given += [(name, raw, Origin("flag"), None) for name, raw in flags.items()]
    return given


def _file(path: Path, problems: list[Problem]) -> list[tuple[str, Any, Place]]:
    """Return the known keys of the file with their places; note what is wrong with it in ``problems``."""
    known = [name for name, rule in _RULES.items() if rule.in_file]
    entries, broken = settings_file.read(path)
    problems += broken
    problems += [
        Problem(f"{name} is not a setting", place, _nearest(name, known))
        for name, _, place in entries
        if name not in known
    ]
    return [entry for entry in entries if entry[0] in known]


def _nearest(name: str, known: list[str]) -> str:
    if name in _RULES:
        return f"set the environment variable {_RULES[name].env} instead: it is needed before this file is found"
    by_key = {full.partition(".")[2]: full for full in known}
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    close = close or [by_key[key] for key in get_close_matches(name.rpartition(".")[2], by_key, n=1, cutoff=0.6)]
    return f"did you mean {close[0]}?" if close else f"the settings are {', '.join(known)}"


def _parse(name: str, raw: Any) -> str | int | float:
    """Return ``raw`` (text, or a TOML value) as the type of the setting ``name``; ValueError says why not."""
    rule, kind = _RULES[name], type(_DEFAULTS[name])
    if kind is str:
        return _text(raw, rule)
    try:
        value = kind(raw) if isinstance(raw, str) else raw
    except ValueError:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | kind) or not isfinite(value):
        shown = "a whole number" if kind is int else "a number"
        raise ValueError(f"must be {shown}, not {raw!r}")
    if not rule.minimum <= value <= rule.maximum:
        bounds = f"at least {rule.minimum:g}" + (
            f" and at most {rule.maximum:g}" if rule.maximum < float("inf") else ""
        )
        raise ValueError(f"must be {bounds}, not {value}")
    number: int | float = kind(value)
    return number


def _text(raw: Any, rule: Rule) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"must be text in quotes, not {raw!r}")  # noqa: TRY004 - one kind of error for the caller
    if rule.choices and raw not in rule.choices:
        close = get_close_matches(raw.lower(), rule.choices, n=1)
        raise ValueError(f"must be one of {', '.join(rule.choices)}, not {raw!r}" + (f": {close[0]}?" if close else ""))
    return raw


def _of_table(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name.partition(".")[2]: value for name, value in values.items() if name.partition(".")[0] == table}
