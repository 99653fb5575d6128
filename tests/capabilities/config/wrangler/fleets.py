"""Fleets made up at random, each with what wrangler is to bind in each environment, worked out on its own."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sort:
    """One kind of bindings: where it stands, its title at wrangler, which field wrangler shows, and the rest of them.

    ``own`` is the field whose value tells environments apart; "" where there is none.
    """

    path: str
    title: str
    own: str = ""
    name: str = "binding"
    shown: bool = True
    rest: Fields = field(default_factory=dict)
    rows: bool = True


SORTS: Final = (
    Sort("kv_namespaces", "KV Namespace", "id"),
    Sort("d1_databases", "D1 Database", "database_name", rest={"database_id": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"}),
    Sort("r2_buckets", "R2 Bucket", "bucket_name"),
    Sort("queues.producers", "Queue", "queue"),
    Sort(
        "durable_objects.bindings", "Durable Object", "class_name", "name", shown=False, rest={"script_name": "rooms"}
    ),
    Sort("services", "Worker", "service"),
    Sort("hyperdrive", "Hyperdrive Config", "id"),
    Sort("vectorize", "Vectorize Index", "index_name"),
    Sort("analytics_engine_datasets", "Analytics Engine Dataset", "dataset"),
    Sort("workflows", "Workflow", "name", shown=False, rest={"class_name": "Flow", "script_name": "flows"}),
    Sort("dispatch_namespaces", "Dispatch Namespace", "namespace"),
    Sort("mtls_certificates", "mTLS Certificate", "certificate_id"),
    Sort("pipelines", "Pipeline", "pipeline"),
    Sort("secrets_store_secrets", "Secrets Store Secret", "secret_name", shown=False, rest={"store_id": "store"}),
    Sort("send_email", "Send Email", "destination_address", "name"),
    Sort("ratelimits", "Rate Limit", "namespace_id", "name", shown=False, rest={"simple": {"limit": 10, "period": 60}}),
    Sort("ai_search", "AI Search Instance", "instance_name"),
    Sort("ai_search_namespaces", "AI Search Namespace", "namespace"),
    Sort("worker_loaders", "Worker Loader"),
    Sort("vpc_services", "VPC Service", "service_id"),
    Sort("vpc_networks", "VPC Network", "tunnel_id"),
    Sort("artifacts", "Artifacts", "namespace"),
    Sort("flagship", "Flagship", "app_id"),
    Sort("unsafe.bindings", "Unsafe Metadata", "type", "name"),
    Sort("unsafe_hello_world", "Hello World"),
    Sort("ai", "AI", rows=False),
    Sort("browser", "Browser Run", rows=False),
    Sort("images", "Images", rows=False),
    Sort("media", "Media", rows=False),
    Sort("stream", "Stream", rows=False),
    Sort("version_metadata", "Worker Version Metadata", rows=False),
)
ENVIRONMENTS: Final = ("staging", "production", "preview")
_WAYS: Final = ("everywhere", "own", "completed", "deleted", "environments", "some", "group")

Bound = dict[str, tuple[str, str]]
"""Bindings by name: their title and what wrangler shows of them, "" where that is not compared."""


@dataclass(slots=True)
class Generated:
    """A fleet file, and for each environment the bindings and variables that are desired."""

    environments: tuple[str, ...]
    tree: Fields
    bound: dict[str, Bound]
    variables: dict[str, dict[str, Any]]

    @property
    def text(self) -> str:
        """Return the fleet file."""
        return yaml.safe_dump(self.tree, sort_keys=False)


def generate(seed: int) -> Generated:
    """Return the fleet of a seed; every sort of bindings turns up within ten of them."""
    return _Generator(seed).generate()


class _Generator:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._environments = ENVIRONMENTS[: self._random.choice((2, 2, 3))]
        self._service: Fields = {
            "path": "cart",
            "platform": "cloudflare",
            "wrangler": {"main": "index.js", "compatibility_date": "2026-01-01"},
            "environments": {each: {} for each in self._environments},
        }
        self._group: Fields = {"services": ["cart"], "wrangler": {}}
        self._defaults: Fields = {"config": {}}
        self._bound: dict[str, Bound] = {each: {} for each in self._environments}
        self._variables: dict[str, dict[str, Any]] = {each: {} for each in self._environments}
        picked = self._random.sample(SORTS, 4)
        start = seed * 4 % len(SORTS)
        self._sorts = {sort.path: sort for sort in (*(SORTS * 2)[start : start + 4], *picked)}

    def generate(self) -> Generated:
        for number, sort in enumerate(self._sorts.values()):
            for index in range(self._random.choice((1, 2)) if sort.rows else 1):
                self._binding(sort, f"B{number}_{index}")
        for index in range(self._random.randint(0, 5)):
            self._variable(f"V{index}")
        tree = {
            "fleet": "shop",
            "environments": {each: {} for each in self._environments},
            "defaults": self._defaults,
            "groups": {"core": self._group},
            "services": {"cart": self._service},
        }
        return Generated(self._environments, tree, self._bound, self._variables)

    def _binding(self, sort: Sort, name: str) -> None:
        way = self._random.choice(_WAYS) if sort.rows else self._random.choice(("everywhere", "deleted", "group"))
        lacking = self._random.choice(self._environments)
        common = f"{name.lower().replace('_', '-')}-value"
        base = self._item(sort, name, common if way != "completed" or not sort.own else None)
        if way in ("everywhere", "own", "completed", "deleted"):
            self._say(self._service["wrangler"], sort, base)
        elif way == "group":
            self._say(self._group["wrangler"], sort, base)
        for environment in self._environments:
            value = f"{common}-{environment}"
            layer = self._service["environments"][environment].setdefault("wrangler", {})
            gone = way in ("deleted", "some") and environment == lacking
            if gone:
                self._say(layer, sort, {sort.name: name, "$patch": "delete"} if sort.rows else None)
            elif way in ("own", "completed") and sort.own:
                self._say(layer, sort, {sort.name: name, sort.own: value})
            elif way in ("environments", "some"):
                self._say(layer, sort, self._item(sort, name, value))
            if not gone:
                own = way in ("own", "completed", "environments", "some")
                self._bound[environment][name] = (sort.title, self._shown(sort, value if own else common))

    def _shown(self, sort: Sort, value: str) -> str:
        return (f"{value}@shop.test" if sort.path == "send_email" else value) if sort.shown and sort.own else ""

    def _item(self, sort: Sort, name: str, value: str | None) -> Fields:
        item = {sort.name: name, **sort.rest}
        return item | {sort.own: value} if sort.own and value is not None else item

    def _say(self, layer: Fields, sort: Sort, item: Fields | None) -> None:
        if item and sort.path == "send_email" and item.get(sort.own):
            item = {**item, sort.own: f"{item[sort.own]}@shop.test"}
        *above, last = sort.path.split(".")
        for key in above:
            layer = layer.setdefault(key, {})
        if sort.rows:
            layer.setdefault(last, []).append(item)
        else:
            layer[last] = item

    def _variable(self, name: str) -> None:
        value = self._random.choice(("text", "two words", 3, True, "true", "7", 'it\'s "so"', "ünïcode", ""))
        lacking = self._random.choice((*self._environments, ""))
        self._random.choice((self._defaults, self._service)).setdefault("config", {})[name] = value
        for environment in self._environments:
            config = self._service["environments"][environment].setdefault("config", {})
            if environment == lacking:
                config[name] = None
            else:
                own = self._random.random() < 0.5
                if own:
                    config[name] = f"{name} of {environment}"
                self._variables[environment][name] = config[name] if own else value
