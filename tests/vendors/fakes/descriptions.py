"""The vendors' own descriptions of their APIs, that the fakes are held against. Absent, nothing is checked."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

# Read when the module is loaded: each test starts without the variables of who runs it.
FOLDER = Path(os.environ.get("CHITTYOPS_SPECS") or Path(__file__).resolve().parents[4] / "shared" / "specs")

CLOUDFLARE = "cloudflare-openapi-2024-08-07.json"
CLOUDFLARE_COMMANDS = "cf-0.0.5-commands.json"
VERCEL = "vercel-openapi-2025-10-27.json"
NEON = "neon-openapi-2.7.3.yaml"
RAILWAY = "railway-schema-2026-08.json"


@cache
def document(name: str) -> Any:
    """Return one description as plain data, None where it is absent."""
    path = FOLDER / name
    if not path.is_file():
        return None
    text = path.read_bytes()
    return yaml.load(text, yaml.CSafeLoader) if path.suffix == ".yaml" else json.loads(text)


def problem(name: str, path: str, method: str, *, status: int | None, data: Any) -> str:
    """Return what is wrong with ``data`` as the body of a request (no status) or of an answer; "" where nothing is."""
    described = document(name)
    if described is None:
        return ""
    try:
        operation = described["paths"][path][method.lower()]
        schema = _schema(name, path, method.lower(), _key(operation, status))
    except KeyError as error:
        return f"{method} {path} ({status}): the vendor describes no {error}"
    if schema is None:
        return "" if data is None else f"{method} {path} ({status}): there is a body where none is described"
    try:
        schema.validate(data)
    except jsonschema_rs.ValidationError as error:
        return f"{method} {path} ({status or 'request'}): {error.message} at {list(error.instance_path)}"
    return ""


def _key(operation: Any, status: int | None) -> str:
    if status is None:
        return "requestBody" if "requestBody" in operation else ""
    return next(key for key in (str(status), f"{status // 100}XX", "default") if key in _responses(operation))


def _responses(operation: Any) -> dict[str, Any]:
    """Return the answers by status, which YAML reads as a number where it is not quoted."""
    return {str(key): each for key, each in operation["responses"].items()}


@cache
def _schema(name: str, path: str, method: str, key: str) -> jsonschema_rs.Draft202012Validator | None:
    described = document(name)
    operation = described["paths"][path][method]
    holder = operation["requestBody"] if key == "requestBody" else _responses(operation).get(key, {})
    content = _inlined(described, holder, ()).get("content", {})
    if "application/json" not in content:
        return None
    return jsonschema_rs.Draft202012Validator(content["application/json"].get("schema", {}))


def _inlined(root: Any, node: Any, seen: tuple[str, ...]) -> Any:
    """Return ``node`` without references, and with OpenAPI 3.0's ``nullable`` as JSON Schema says it."""
    if isinstance(node, list):
        return [_inlined(root, each, seen) for each in node]
    if not isinstance(node, dict):
        return node
    if isinstance(reference := node.get("$ref"), str):
        if reference in seen:
            return {}
        found = root
        for part in reference.removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return _inlined(root, found, (*seen, reference))
    # Generated descriptions say `oneOf` of alternatives that overlap.
    names = {"oneOf": "anyOf"}
    kept = {names.get(key, key): each for key, each in node.items() if key not in ("nullable", "example")}
    plain = {key: _inlined(root, each, seen) for key, each in kept.items()}
    # OpenAPI 3.0: what is readOnly is required of answers alone. Only requests of ours would lack it.
    properties = plain.get("properties")
    if isinstance(properties, dict) and isinstance(plain.get("required"), list):
        plain["required"] = [name for name in plain["required"] if not properties.get(name, {}).get("readOnly")]
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain
