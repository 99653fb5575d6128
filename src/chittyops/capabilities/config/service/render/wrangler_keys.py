"""What named environments of wrangler inherit, and what they can be bound to.

From wrangler's own reader, ``normalizeAndValidateEnvironment`` in wrangler-dist/cli.js of wrangler 4.86, where each key
is ``inheritable`` or ``notInheritable``, and from the config-schema.json beside it; a test reads them there again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from chittyops.kernel import tree

INHERITED: Final = frozenset(
    """account_id assets base_dir build cache compatibility_date compatibility_flags compliance_region
    find_additional_modules first_party_worker jsx_factory jsx_fragment keep_names limits logfwdr logpush main
    migrations minify name no_bundle observability placement preserve_file_names preview_urls previews
    python_modules route routes rules triggers tsconfig upload_source_maps workers_dev""".split()  # noqa: SIM905 - words read better than a column of literals
)
NOT_INHERITED: Final = frozenset(
    """ai ai_search ai_search_namespaces analytics_engine_datasets artifacts browser cloudchamber containers
    d1_databases define dispatch_namespaces durable_objects flagship hyperdrive images kv_namespaces media
    mtls_certificates pipelines queues r2_buckets ratelimits secrets secrets_store_secrets send_email services
    stream streaming_tail_consumers tail_consumers unsafe unsafe_hello_world vars vectorize version_metadata
    vpc_networks vpc_services worker_loaders workflows""".split()  # noqa: SIM905 - words read better than a column of literals
)
"""The 38 keys that an environment has to repeat. A key that is in no list is repeated too: that is never wrong."""

TOP_ONLY: Final = frozenset(
    """$schema alias data_blobs dev env keep_vars legacy_env pages_build_output_dir send_metrics site text_blobs
    wasm_modules""".split()  # noqa: SIM905 - words read better than a column of literals
)
"""Keys that no environment may have."""

NEUTRAL: Final[Mapping[str, Any]] = {
    "build": {},
    "compatibility_flags": [],
    "find_additional_modules": False,
    "limits": {},
    "logpush": False,
    "migrations": [],
    "minify": False,
    "no_bundle": False,
    "observability": {"enabled": False},
    "preserve_file_names": False,
    "routes": [],
    "rules": [],
    "triggers": {"crons": []},
    "upload_source_maps": False,
}
"""What an environment says so as not to inherit: wrangler knows no other way to take a key away."""


class Kind(NamedTuple):
    """One kind of bindings: where its list stands, the key of a binding's name, and what says which resource it is.

    Of the alternatives in one of ``ids`` (``a|b``) one has to be given. Kinds that are no ``rows`` are one map.
    """

    keys: tuple[str, ...]
    name: str = "binding"
    ids: tuple[str, ...] = ()
    rows: bool = True

    @property
    def title(self) -> str:
        """Return what it is called in the file."""
        return ".".join(self.keys)


KINDS: Final = (
    Kind(("kv_namespaces",), ids=("id",)),
    Kind(("d1_databases",), ids=("database_id|database_name",)),
    Kind(("r2_buckets",), ids=("bucket_name",)),
    Kind(("queues", "producers"), ids=("queue",)),
    Kind(("queues", "consumers"), "queue"),
    Kind(("durable_objects", "bindings"), "name", ("class_name",)),
    Kind(("services",), ids=("service",)),
    Kind(("hyperdrive",), ids=("id",)),
    Kind(("vectorize",), ids=("index_name",)),
    Kind(("analytics_engine_datasets",)),
    Kind(("ai_search",), ids=("instance_name",)),
    Kind(("ai_search_namespaces",), ids=("namespace",)),
    Kind(("workflows",), ids=("name", "class_name")),
    Kind(("dispatch_namespaces",), ids=("namespace",)),
    Kind(("mtls_certificates",), ids=("certificate_id",)),
    Kind(("pipelines",), ids=("pipeline|stream",)),
    Kind(("secrets_store_secrets",), ids=("store_id", "secret_name")),
    Kind(("send_email",), "name"),
    Kind(("tail_consumers",), "service"),
    Kind(("streaming_tail_consumers",), "service"),
    Kind(("ratelimits",), "name", ("namespace_id",)),
    Kind(("containers",), "class_name", ("image|configuration",)),
    Kind(("worker_loaders",)),
    Kind(("vpc_services",), ids=("service_id",)),
    Kind(("vpc_networks",), ids=("tunnel_id|network_id",)),
    Kind(("artifacts",), ids=("namespace",)),
    Kind(("flagship",), ids=("app_id",)),
    Kind(("unsafe", "bindings"), "name", ("type",)),
    Kind(("unsafe_hello_world",)),
    Kind(("ai",), rows=False),
    Kind(("browser",), rows=False),
    Kind(("images",), rows=False),
    Kind(("media",), rows=False),
    Kind(("stream",), rows=False),
    Kind(("version_metadata",), rows=False),
)


class Binding(NamedTuple):
    """One binding as it is written."""

    kind: Kind
    name: str
    node: tree.Mapping

    @property
    def title(self) -> str:
        """Return what people call it."""
        return f"{self.name} ({self.kind.title})"


def bindings_in(wrangler: tree.Node | None) -> Iterator[Binding]:
    """Yield the bindings of a configuration of wrangler, or of a layer of one, kind by kind."""
    for kind in KINDS:
        for node in rows(tree.at(wrangler, kind.keys)):
            name = node.entries.get(kind.name)
            if isinstance(name, tree.Scalar):
                yield Binding(kind, name.text, node)


def rows(node: tree.Node | None) -> Iterator[tree.Mapping]:
    """Yield the maps in a list; of a map, itself."""
    if isinstance(node, tree.Mapping):
        yield node
    elif isinstance(node, tree.Sequence):
        yield from (item for item in node.items if isinstance(item, tree.Mapping))
