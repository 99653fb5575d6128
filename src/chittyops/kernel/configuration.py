"""What the layers of a fleet file say about a service, value by value, each with where it was said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from chittyops.kernel import tree
from chittyops.kernel.errors import Place

_SECRET = re.compile(r"(?<!\$)\$\{secret:([^}]*)\}")
REFERENCE: Final = re.compile(r"(?P<plain>\$\$\{)|\$\{secret:(?P<secret>[^}]*)\}|\$\{(?P<of>[\w-]+)\.(?P<key>[^{}]*)\}")
"""A reference in a text: to a secret, to the variable ``key`` ``of`` a service or the environment; ``$${`` is none."""
_STEP = re.compile(r"\[([^]]*)\]|([^.\[\]]+)")

PLATFORM_SECTIONS: Final = ("wrangler", "vercel", "railway")
"""Sections of a service that hold a platform's own configuration, as its file has it."""
SECTIONS: Final = (
    *("path", "git", "platform", "depends_on", "config", "secrets", "databases", "health", "deploy", "tests"),
    *("owners", "tags", "sinks", *PLATFORM_SECTIONS),
)
"""What a service says; any other word stands for a variable."""
_ITEM_KEYS: Final = {
    "binding": "agent_memory ai_search ai_search_namespaces analytics_engine_datasets artifacts d1_databases "
    "dispatch_namespaces flagship hello_world hyperdrive kv_namespaces mtls_certificates pipelines queues.producers "
    "r2_buckets secrets_store_secrets services unsafe_hello_world vectorize vpc_networks vpc_services worker_loaders "
    "workflows",
    "name": "durable_objects.bindings logfwdr.bindings ratelimits send_email unsafe.bindings",
    "queue": "queues.consumers",
    "service": "streaming_tail_consumers tail_consumers",
    "class_name": "containers",
    "pattern": "routes",
    "tag": "migrations",
}
ITEM_KEYS: Final[Mapping[str, str]] = {
    **{f"wrangler.{path}": key for key, paths in _ITEM_KEYS.items() for path in paths.split()},
    "vercel.crons": "path",
}
"""By which key the items of a platform's lists of objects are told apart (wrangler 4's config-schema.json)."""


class Scope(StrEnum):
    """What a layer holds for, from the widest to the narrowest; a later one wins."""

    FLEET = "fleet"
    ENVIRONMENT = "environment"
    GROUP = "group"
    SERVICE = "service"
    SERVICE_ENVIRONMENT = "service in environment"
    LOCAL = "local file"
    SET = "--set"


@dataclass(frozen=True, slots=True)
class Layer:
    """One place that says something about a service: ``tree`` has the shape of a service's entry.

    ``path`` is the file, relative to the workspace, and ``keys`` lead to ``tree`` in it; both are empty for what
    stands in no file.
    """

    scope: Scope
    name: str
    tree: tree.Mapping
    path: str = ""
    keys: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return what people call it: ``group core``, ``cart in staging``, ``fleet defaults``."""
        if self.scope is Scope.FLEET:
            return "fleet defaults"
        if self.scope is Scope.SERVICE_ENVIRONMENT or self.scope in (Scope.LOCAL, Scope.SET):
            return self.name or self.scope.value
        return f"{self.scope.value} {self.name}"


@dataclass(frozen=True, slots=True)
class Given:
    """One layer's word on one value."""

    layer: Layer
    node: tree.Node

    @property
    def place(self) -> Place:
        """Return where it is said."""
        return self.node.place


@dataclass(frozen=True, slots=True)
class View:
    """One service as one environment sees it.

    ``layers`` are all that say anything about it, the widest first; ``merged`` is what they come to, made of their
    own nodes; ``resolved`` is the same with references followed, but for those to secrets, which stay as they are: a
    text with such a one is a template in which ``$${`` stands for ``${``; any other is plain, see ``unescaped``.
    """

    service: str
    environment: str
    layers: tuple[Layer, ...]
    merged: tree.Mapping
    resolved: tree.Mapping

    def at(self, key: str) -> tuple[str, ...]:
        """Return the keys that lead to ``key``: a variable, a section, or a way such as ``wrangler.routes[a.b/*]``."""
        keys = steps(key)
        if keys[:1] and keys[0] in SECTIONS:
            return keys
        secret = len(keys) == 1 and tree.at(self.merged, ("config", *keys)) is None
        found = secret and tree.at(self.merged, ("secrets", *keys)) is not None
        return ("secrets" if found else "config", key)

    def chain(self, keys: tuple[str, ...]) -> tuple[Given, ...]:
        """Return what each layer says at ``keys``, the one that wins first."""
        found = ((layer, tree.at(layer.tree, keys)) for layer in reversed(self.layers))
        return tuple(Given(layer, node) for layer, node in found if node is not None)


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold for the values of some services: ``require`` are keys that must be there.

    An empty ``services``, ``groups``, ``platforms``, ``tags`` or ``environments`` narrows nothing.
    """

    name: str
    services: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    platforms: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    require: tuple[str, ...] = ()
    values: Mapping[str, Constraint] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a value may be. ``type``: string, integer, number, boolean, url, duration, port, json, semver, list, map."""

    type: str = ""
    pattern: str = ""
    one_of: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""


def secret_names(text: str) -> Iterator[str]:
    """Yield the names of the secrets that ``text`` refers to as ``${secret:NAME}``."""
    return (match[1] for match in _SECRET.finditer(text))


def steps(key: str) -> tuple[str, ...]:
    """Return the keys of a way as people write it: ``a.b[c.d].e`` leads over ``a``, ``b``, ``c.d`` and ``e``."""
    return tuple(match[1] if match[1] is not None else match[2] for match in _STEP.finditer(key))


def way(keys: tuple[str, ...]) -> str:
    """Return ``keys`` as people write them: what ``steps`` reads."""
    text = "".join(f"[{key}]" if set(key) & set(".[]") or not key else f".{key}" for key in keys)
    return text.removeprefix(".")


def unescaped(text: str) -> str:
    """Return ``text`` of a resolved view as it is meant; it is one that holds no reference to a secret."""
    return text.replace("$${secret:", "${secret:")


def escaped(text: str) -> str:
    """Return ``text``, which is meant as it stands, so that a resolved view can have it: it refers to no secret."""
    return text.replace("${secret:", "$${secret:")
