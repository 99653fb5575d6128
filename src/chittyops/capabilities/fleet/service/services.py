"""The kernel's own services, made of what was read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chittyops.capabilities.fleet.model.fileformat import LAUNCH_KINDS
from chittyops.capabilities.fleet.ports import Files
from chittyops.capabilities.fleet.service.detection import TELLING, WRANGLER, detect
from chittyops.capabilities.fleet.service.documents import normal
from chittyops.kernel import tree
from chittyops.kernel.configuration import secret_names, unescaped
from chittyops.kernel.secret import SecretRef
from chittyops.kernel.service import Database, Deploy, Health, Launch, Limits, SecretPolicy, SecretStore, Service, Sink

TEMPLATE = "template"
"""The scheme of a variable whose text refers to secrets; nobody writes it."""
_ACCOUNT = re.compile(r"""(?:^|[{,])[ \t]*["']?account_id["']?[ \t]*[:=][ \t]*["']([^"'\s]+)["']""", re.MULTILINE)
"""In wrangler's file, TOML or JSON with comments; one in a comment is none."""
_LARGEST_MANIFEST_BYTES = 1 << 20


def service(name: str, value: Mapping[str, Any], files: Files, groups: tuple[str, ...]) -> Service:
    """Return the service ``name`` whose value this is."""
    path = normal(value["path"])
    same = ("platform", "depends_on", "tests", "owners", "tags", "git")
    health = value.get("health", {})
    config: Mapping[str, str] = value.get("config", {})
    templates = {key: SecretRef(TEMPLATE, text) for key, text in config.items() if any(secret_names(text))}
    return Service(
        name=name,
        path=path,
        config={key: unescaped(text) for key, text in config.items() if key not in templates},
        secrets={**value.get("secrets", {}), **templates},
        databases=tuple(Database(key, **each) for key, each in value.get("databases", {}).items()),
        health=Health(path="") if health == "none" else Health(**health),
        deploy=_deploy(value.get("deploy", {}), path, files),
        groups=groups,
        sinks=tuple(_sink(key, each, value, files) for key, each in value.get("sinks", {}).items()),
        **{key: value[key] for key in same if key in value},
    )


def store(value: Mapping[str, Any]) -> SecretStore:
    """Return the fleet's own store whose value this is."""
    policies = {name: _policy(name, each) for name, each in value.get("policies", {}).items()}
    folder = normal(value.get("folder", SecretStore().folder))
    return SecretStore(folder, value.get("recipients", {}), policies)


def _policy(name: str, value: Mapping[str, Any]) -> SecretPolicy:
    rotate = value.get("rotate", {})
    options = {key: each for key, each in rotate.items() if key != "kind"}
    rest = {key: each for key, each in value.items() if key != "rotate"}
    return SecretPolicy(name, rotator=rotate.get("kind", ""), options=options, **rest)


def _sink(name: str, value: Mapping[str, Any], owner: Mapping[str, Any], files: Files) -> Sink:
    target = {key: each for key, each in value.items() if key not in ("kind", "secrets")}
    if value["kind"] == "cloudflare" and not target.get("account") and (account := _account(owner, files)):
        target["account"] = account
    return Sink(name, value["kind"], target, value.get("secrets", ()))


def _account(value: Mapping[str, Any], files: Files) -> str:
    """Return the account that wrangler finds for a service, in its section or its file; "" where that names none."""
    given = value.get("wrangler", {}).get("account_id")
    if isinstance(given, tree.Scalar) and not tree.is_null(given):
        return given.text
    path = normal(value["path"])
    name = value.get("deploy", {}).get("worker") or next((each for each in WRANGLER if each in files.names(path)), "")
    data = files.read(f"{path}/{name}", _LARGEST_MANIFEST_BYTES) if name else None
    found = set(_ACCOUNT.findall(data.decode("utf-8", "replace"))) if data else set()
    return found.pop() if len(found) == 1 else ""


def _deploy(value: Mapping[str, Any], path: str, files: Files) -> Deploy:
    kind = next((each for each in LAUNCH_KINDS if each in value), "")
    launch = Launch(kind, value[kind]) if kind else _detected(path, files)
    rest = {key: each for key, each in value.items() if key not in (*LAUNCH_KINDS, "limits")}
    return Deploy(launch=launch, limits=Limits(**value.get("limits", {})), **rest)


def _detected(path: str, files: Files) -> Launch:
    names = files.names(path)
    data = {name: files.read(f"{path}/{name}", _LARGEST_MANIFEST_BYTES) for name in TELLING if name in names}
    texts = {name: each.decode("utf-8", "replace") for name, each in data.items() if each is not None}
    return detect(names, texts, folder=path.rpartition("/")[2])
