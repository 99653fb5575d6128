"""What the local provider understands of wrangler.toml and wrangler.jsonc."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chittyops.kernel.errors import Misconfigured, Place

_JSONC = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')
_SCRIPTS = (".js", ".mjs")
# Bindings that need Cloudflare itself, or more than one process can stand in for.
_UNSUPPORTED = (
    "ai", "analytics_engine_datasets", "assets", "browser", "containers", "dispatch_namespaces", "hyperdrive",
    "images", "mtls_certificates", "pipelines", "python_modules", "send_email", "site", "vectorize", "workflows",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """One Worker: its module and what is bound to it. Each mapping goes from binding to what it stands for."""

    name: str
    main: str
    compatibility_date: str
    compatibility_flags: tuple[str, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    kv_namespaces: Mapping[str, str] = field(default_factory=dict)
    d1_databases: Mapping[str, str] = field(default_factory=dict)
    r2_buckets: Mapping[str, str] = field(default_factory=dict)
    queue_producers: Mapping[str, str] = field(default_factory=dict)
    queue_consumers: tuple[str, ...] = ()
    durable_objects: Mapping[str, str] = field(default_factory=dict)


def read_wrangler(path: Path, environment: str) -> WorkerConfig:
    """Return the Worker that ``path`` describes, as its ``env.<environment>`` would have it. Raises Misconfigured."""
    document = _document(path)
    section = document.get("env", {}).get(environment, {})
    merged = {**document, **section}
    unsupported = [key for key in _UNSUPPORTED if merged.get(key)]
    if unsupported:
        message = f"{path.name} uses {', '.join(unsupported)}, which the local provider cannot run"
        raise Misconfigured(message, hint=f"leave them out in a section env.{environment}", place=Place(path.name))
    try:
        return _config(merged, path)
    except (KeyError, TypeError, AttributeError) as error:
        message = f"{path.name}: a binding is incomplete: {error}"
        raise Misconfigured(
            message, hint="compare it with the documentation of wrangler", place=Place(path.name)
        ) from None


def _config(document: Mapping[str, Any], path: Path) -> WorkerConfig:
    queues = document.get("queues", {})
    objects = document.get("durable_objects", {}).get("bindings", ())
    return WorkerConfig(
        name=document.get("name", ""),
        main=_main(document, path),
        compatibility_date=str(document.get("compatibility_date", "2025-01-01")),
        compatibility_flags=tuple(document.get("compatibility_flags", ())),
        variables=dict(document.get("vars", {})),
        services=_bindings(document.get("services", ()), "service"),
        kv_namespaces=_bindings(document.get("kv_namespaces", ()), "id", "binding"),
        d1_databases=_bindings(document.get("d1_databases", ()), "database_id", "database_name"),
        r2_buckets=_bindings(document.get("r2_buckets", ()), "bucket_name"),
        queue_producers=_bindings(queues.get("producers", ()), "queue"),
        queue_consumers=tuple(consumer["queue"] for consumer in queues.get("consumers", ())),
        durable_objects={entry["name"]: entry["class_name"] for entry in objects},
    )


def _bindings(entries: Any, *names: str) -> dict[str, str]:
    """Return binding -> the first of ``names`` that each entry has."""
    found: dict[str, str] = {}
    for entry in entries:
        named = [entry[name] for name in names if entry.get(name)]
        if not named:
            raise KeyError(names[0])
        found[entry["binding"]] = named[0]
    return found


def _main(document: Mapping[str, Any], path: Path) -> str:
    main = document.get("main")
    if not isinstance(main, str) or not main:
        message = f"{path.name} names no main module"
        raise Misconfigured(message, hint='add main = "src/index.js"', place=Place(path.name))
    if not main.endswith(_SCRIPTS):
        message = f"{path.name}: {main} is not a JavaScript module"
        hint = "have deploy.build bundle it to one ES module, and name that module as main"
        raise Misconfigured(message, hint=hint, place=Place(path.name))
    if not (path.parent / main).resolve().is_relative_to(path.parent.resolve()):
        message = f"{path.name}: {main} lies outside the folder of the service"
        raise Misconfigured(message, hint="keep the module within it", place=Place(path.name))
    if not (path.parent / main).is_file():
        message = f"{path.name}: there is no file {main}"
        raise Misconfigured(message, hint="is it built by deploy.build, or ignored?", place=Place(path.name))
    return main


def _document(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text) if path.suffix == ".toml" else json.loads(_plain_json(text))
    except (OSError, ValueError) as error:
        message = f"{path.name} cannot be read: {error}"
        raise Misconfigured(message, hint="check its syntax", place=Place(path.name)) from None
    if not isinstance(document, dict):
        raise Misconfigured(f"{path.name} is not a table", hint="check its syntax", place=Place(path.name))
    return document


def _plain_json(text: str) -> str:
    """Return JSONC as JSON: comments become spaces, trailing commas vanish, strings stay."""
    without_comments = _JSONC.sub(lambda match: match[1] or " ", text)
    return _TRAILING_COMMA.sub(lambda match: match[1] or "", without_comments)
