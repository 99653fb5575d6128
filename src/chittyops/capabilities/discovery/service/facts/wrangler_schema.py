"""What a configuration of wrangler 4 may hold: its keys, the kinds of bindings, and what environments inherit.

From the schema that wrangler ships (config-schema.json) and https://developers.cloudflare.com/workers/wrangler/configuration/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from chittyops.capabilities.discovery.model.document import Keys


class Kind(NamedTuple):
    """One kind of bindings: where it stands, and the columns that are told of it.

    ``name`` is the key that holds the binding's name in the file; it is always told as ``binding``. ``resource``
    is the column that names what is bound: equal values are one and the same resource.
    """

    keys: Keys
    columns: tuple[str, ...] = ()
    name: str = "binding"
    resource: str = ""
    inherited: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "kv": Kind(("kv_namespaces",), ("id",), resource="id"),
    "d1": Kind(("d1_databases",), ("database_name", "database_id"), resource="database_id"),
    "r2": Kind(("r2_buckets",), ("bucket_name",), resource="bucket_name"),
    "queues": Kind(("queues", "producers"), ("queue",), resource="queue"),
    "queue_consumers": Kind(("queues", "consumers"), ("queue", "dead_letter_queue"), name=""),
    "durable_objects": Kind(("durable_objects", "bindings"), ("class_name", "script_name", "environment"), "name"),
    "services": Kind(("services",), ("service", "environment", "entrypoint")),
    "hyperdrive": Kind(("hyperdrive",), ("id",), resource="id"),
    "vectorize": Kind(("vectorize",), ("index_name",), resource="index_name"),
    "analytics": Kind(("analytics",)),
    "analytics_engine": Kind(("analytics_engine_datasets",), ("dataset",), resource="dataset"),
    "agent_memory": Kind(("agent_memory",), ("namespace",)),
    "ai": Kind(("ai",)),
    "ai_search": Kind(("ai_search",), ("instance_name",)),
    "ai_search_namespaces": Kind(("ai_search_namespaces",), ("namespace",)),
    "browser": Kind(("browser",)),
    "images": Kind(("images",)),
    "media": Kind(("media",)),
    "stream": Kind(("stream",)),
    "version_metadata": Kind(("version_metadata",)),
    "workflows": Kind(("workflows",), ("name", "class_name", "script_name")),
    "dispatch_namespaces": Kind(("dispatch_namespaces",), ("namespace",)),
    "mtls_certificates": Kind(("mtls_certificates",), ("certificate_id",)),
    "pipelines": Kind(("pipelines",), ("pipeline",)),
    "secrets_store": Kind(("secrets_store_secrets",), ("store_id", "secret_name")),
    "send_email": Kind(("send_email",), ("destination_address",), "name"),
    "tail_consumers": Kind(("tail_consumers",), ("service", "environment"), name=""),
    "streaming_tail_consumers": Kind(("streaming_tail_consumers",), ("service",), name=""),
    "ratelimits": Kind(("ratelimits",), ("namespace_id",), "name"),
    "containers": Kind(("containers",), ("class_name", "name", "image"), name=""),
    "worker_loaders": Kind(("worker_loaders",)),
    "vpc_services": Kind(("vpc_services",), ("service_id",)),
    "vpc_networks": Kind(("vpc_networks",), ("tunnel_id", "network_id")),
    "artifacts": Kind(("artifacts",), ("namespace",)),
    "flagship": Kind(("flagship",), ("app_id",)),
    "k2": Kind(("k2",), ("stream",)),
    "unsafe_hello_world": Kind(("unsafe_hello_world",)),
    "unsafe": Kind(("unsafe", "bindings"), ("type",), "name"),
    "assets": Kind(("assets",), ("directory",), inherited=True),
    "logfwdr": Kind(("logfwdr", "bindings"), ("destination",), "name", inherited=True),
}

SETTINGS: Final = frozenset(
    {
        "access",
        "account_id",
        "base_dir",
        "build",
        "cache",
        "compatibility_date",
        "compatibility_flags",
        "compliance_region",
        "exports",
        "find_additional_modules",
        "first_party_worker",
        "jsx_factory",
        "jsx_fragment",
        "keep_names",
        "limits",
        "logpush",
        "main",
        "migrations",
        "minify",
        "name",
        "no_bundle",
        "observability",
        "placement",
        "preserve_file_names",
        "preview_urls",
        "previews",
        "python_modules",
        "route",
        "routes",
        "rules",
        "triggers",
        "tsconfig",
        "upload_source_maps",
        "workers_dev",
    }
)
"""Keys that environments inherit, and may override."""

ENVIRONMENT_KEYS: Final = frozenset(
    {*SETTINGS, *(str(kind.keys[0]) for kind in KINDS.values()), "vars", "secrets", "define", "cloudchamber", "connect"}
)
TOP_KEYS: Final = ENVIRONMENT_KEYS | {
    "$schema",
    "addresses",
    "alias",
    "data_blobs",
    "dependencies_instrumentation",
    "dev",
    "env",
    "keep_vars",
    "legacy_env",
    "pages_build_output_dir",
    "send_metrics",
    "site",
    "text_blobs",
    "wasm_modules",
}
GENERATED_KEYS: Final = frozenset(
    {"topLevelName", "definedEnvironments", "targetEnvironment", "configPath", "userConfigPath"}
)
"""Keys of configurations that build tools write for wrangler."""

REMOVED_KEYS: Final[Mapping[str, str]] = {
    "node_compat": 'add "nodejs_compat" to compatibility_flags instead: wrangler 4 refuses node_compat',
    "usage_model": "remove it: usage models are set in the dashboard",
    "type": "remove it: wrangler bundles every Worker in one way since version 2",
    "webpack_config": "remove it, and run webpack as build.command if it is still needed",
    "zone_id": "write it into each of routes, beside the pattern",
    "kv-namespaces": "write kv_namespaces",
    "experimental_services": "write services",
    "legacy_assets": "write assets",
    "miniflare": "write dev: Miniflare's own settings are no longer read",
    "services_bindings": "write services",
    "rate_limits": "write ratelimits",
}
DISTINCTIVE: Final[Mapping[str, type | tuple[type, ...]]] = {
    "compatibility_date": object,
    "compatibility_flags": list,
    "workers_dev": bool,
    "account_id": str,
    "routes": list,
    "main": str,
    "node_compat": bool,
    "usage_model": str,
    "logpush": bool,
    "minify": bool,
    "no_bundle": bool,
    "keep_vars": bool,
    "send_metrics": bool,
    "preview_urls": bool,
    "upload_source_maps": bool,
    "pages_build_output_dir": str,
    "tsconfig": str,
    **{str(kind.keys[0]): list for kind in KINDS.values() if len(kind.keys) == 1 and str(kind.keys[0]).endswith("s")},
}
"""Keys of the top level that mean nothing anywhere else, with the type that their value has there."""
