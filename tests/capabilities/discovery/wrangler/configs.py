"""Configurations written by hand, each with the environments in which wrangler reads it: one reality each."""

from __future__ import annotations

from typing import Final, NamedTuple


class Config(NamedTuple):
    """The file's name, its text, and the environments to read; "" is the top level."""

    file: str
    text: str
    environments: tuple[str, ...] = ("",)


TOP: Final = 'name = "shop"\nmain = "index.js"\ncompatibility_date = "2026-01-01"\n'
KV: Final = 'binding = "STORE"\nid = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"\n'
D1: Final = 'binding = "DB"\ndatabase_name = "orders"\ndatabase_id = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"\n'
KINDS: Final = """{
  // every kind that can be bound without an account
  "name": "shop", "main": "index.js", "compatibility_date": "2026-01-01",
  "vars": {"MODE": "live", "LIMIT": 3, "NESTED": {"a": [1, 2]}},
  "kv_namespaces": [{"binding": "STORE", "id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "preview_id": "other"}],
  "d1_databases": [{"binding": "DB", "database_name": "orders", "database_id": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"}],
  "r2_buckets": [{"binding": "FILES", "bucket_name": "shop-files"}],
  "queues": {"producers": [{"binding": "MAIL", "queue": "mails"}], "consumers": [{"queue": "mails"}]},
  "durable_objects": {"bindings": [{"name": "ROOM", "class_name": "Room", "script_name": "rooms"}]},
  "services": [{"binding": "AUTH", "service": "auth"}, {"binding": "PAY", "service": "pay", "entrypoint": "Api"}],
  "hyperdrive": [{"binding": "PG", "id": "1a1b2c3d4e5f60718293a4b5c6d7e8f9"}],
  "vectorize": [{"binding": "INDEX", "index_name": "goods"}],
  "analytics_engine_datasets": [{"binding": "CLICKS", "dataset": "clicks"}, {"binding": "VIEWS"}],
  "ai": {"binding": "AI"},
  "browser": {"binding": "BROWSER"},
  "images": {"binding": "IMAGES"},
  "media": {"binding": "MEDIA"},
  "stream": {"binding": "STREAM"},
  "version_metadata": {"binding": "VERSION"},
  "workflows": [{"binding": "FLOW", "name": "flow", "class_name": "Flow", "script_name": "flows"}],
  "dispatch_namespaces": [{"binding": "TENANTS", "namespace": "tenants", "outbound": {"service": "outbound"}}],
  "mtls_certificates": [{"binding": "CERT", "certificate_id": "certificate"}],
  "pipelines": [{"binding": "PIPE", "pipeline": "pipe"}],
  "secrets_store_secrets": [{"binding": "KEY", "store_id": "store", "secret_name": "key"}],
  "send_email": [{"name": "EMAIL", "destination_address": "shop@shop.test"}],
  "tail_consumers": [{"service": "tracker"}],
  "ratelimits": [{"name": "LIMITER", "namespace_id": "1001", "simple": {"limit": 10, "period": 60}}],
  "ai_search": [{"binding": "SEARCH", "instance_name": "search"}],
  "ai_search_namespaces": [{"binding": "SEARCHES", "namespace": "all"}],
  "worker_loaders": [{"binding": "LOADER"}],
  "vpc_services": [{"binding": "INSIDE", "service_id": "inside"}],
  "vpc_networks": [{"binding": "NETWORK", "tunnel_id": "tunnel"}],
  "artifacts": [{"binding": "ARTIFACTS", "namespace": "builds"}],
  "flagship": [{"binding": "FLAGS", "app_id": "flags"}],
  "unsafe": {"bindings": [{"name": "ODD", "type": "odd"}]},
  "unsafe_hello_world": [{"binding": "HELLO"}],
  "assets": {"directory": "public", "binding": "ASSETS"},
}
"""

CONFIGS: Final[dict[str, Config]] = {
    "nothing bound": Config("wrangler.toml", TOP),
    "every kind": Config("wrangler.jsonc", KINDS),
    "an environment with nothing": Config(
        "wrangler.toml", f'{TOP}[vars]\nA = "1"\n[[kv_namespaces]]\n{KV}[env.production]\n', ("", "production")
    ),
    "an environment with some": Config(
        "wrangler.toml",
        f'{TOP}[vars]\nA = "1"\nB = "2"\n[[kv_namespaces]]\n{KV}[[d1_databases]]\n{D1}'
        f"[[env.staging.kv_namespaces]]\n{KV}",
        ("staging",),
    ),
    "an environment with all": Config(
        "wrangler.toml",
        f'{TOP}[[kv_namespaces]]\n{KV}[env.live.vars]\nA = "1"\n[[env.live.kv_namespaces]]\n{KV}',
        ("live",),
    ),
    "bindings of environments only": Config(
        "wrangler.jsonc",
        '{"name": "shop", "main": "index.js", "compatibility_date": "2026-01-01",\n'
        '"env": {"dev": {"ai": {"binding": "AI"}}, "prod": {"r2_buckets": [{"binding": "F", "bucket_name": "fff"}]}}}',
        ("", "dev", "prod"),
    ),
    "a name of its own": Config(
        "wrangler.toml", f'{TOP}[env.staging]\nname = "trial"\nvars = {{A = "1"}}\n', ("staging",)
    ),
    "service environments": Config("wrangler.toml", f"{TOP}legacy_env = false\n[env.staging]\n", ("staging",)),
    "inherited routes and crons": Config(
        "wrangler.toml",
        f'{TOP}routes = ["shop.test/*", {{pattern = "a.shop.test", custom_domain = true}}]\n'
        '[triggers]\ncrons = ["*/5 * * * *"]\n[env.staging]\nvars = {A = "1"}\n',
        ("", "staging"),
    ),
    "routes and crons of its own": Config(
        "wrangler.toml",
        f'{TOP}routes = ["shop.test/*"]\ntriggers = {{crons = ["0 0 * * *"]}}\n'
        '[env.staging]\nroutes = ["staging.shop.test/*"]\ntriggers = {crons = []}\n',
        ("staging",),
    ),
    "a route beside inherited routes": Config(
        "wrangler.toml", f'{TOP}routes = ["shop.test/*"]\n[env.staging]\nroute = "staging.shop.test/*"\n', ("staging",)
    ),
    "one route": Config("wrangler.toml", f'{TOP}route = {{pattern = "shop.test/*", zone_name = "shop.test"}}\n'),
    "an entry point of its own": Config(
        "wrangler.json",
        '{"name": "shop", "main": "index.js", "compatibility_date": "2026-01-01",\n'
        '"env": {"edge": {"main": "other.js"}}}',
        ("", "edge"),
    ),
    "assets without a Worker": Config(
        "wrangler.jsonc", '{"name": "shop", "compatibility_date": "2026-01-01", "assets": {"directory": "./public"}}'
    ),
    "assets are inherited": Config(
        "wrangler.toml", f'{TOP}[assets]\ndirectory = "public"\nbinding = "FILES"\n[env.live]\n', ("", "live")
    ),
    "inline tables": Config(
        "wrangler.toml",
        f'{TOP}kv_namespaces = [ # two\n  {{binding = "A", id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"}},\n'
        '  {binding = "B", id = "1a1b2c3d4e5f60718293a4b5c6d7e8f9"},\n]\n'
        'queues = {producers = [{binding = "Q", queue = "q"}]}\n',
    ),
    "dotted and quoted keys": Config(
        "wrangler.toml", f'{TOP}vars.A = "1"\nvars."B" = "2"\n["env"."live"]\nvars.\'C\' = "3"\n', ("", "live")
    ),
    "swallowed by a table": Config(
        "wrangler.toml",
        f'{TOP}[[kv_namespaces]]\n{KV}\nworkers_dev = false\nservices = [{{binding = "X", service = "x"}}]\n',
    ),
    "comments that look like text": Config(
        "wrangler.jsonc",
        '/* "vars": {"NO": 1} */ {"name": "shop", // "main": "other.js"\n "main": "index.js",\n'
        ' "compatibility_date": "2026-01-01", "routes": ["shop.test/*"], "triggers": {"crons": ["*/5 * * * *"]},\n'
        ' "vars": {"A": "// no comment", "B": "/* nor this */",},}',
    ),
    "a byte order mark and CRLF": Config(
        "wrangler.toml", "\ufeff" + f'{TOP}[vars]\nA = "1"\n[[kv_namespaces]]\n{KV}'.replace("\n", "\r\n")
    ),
    "a key given twice in JSON": Config(
        "wrangler.json",
        '{"name": "shop", "main": "index.js", "compatibility_date": "2026-01-01",\n'
        '"vars": {"A": "1"}, "vars": {"B": "2"}}',
    ),
    "bindings without resources": Config(
        "wrangler.toml", f'{TOP}[[kv_namespaces]]\nbinding = "STORE"\n[[d1_databases]]\nbinding = "DB"\n'
    ),
    "a durable object of its own": Config(
        "wrangler.toml",
        f'{TOP}[[durable_objects.bindings]]\nname = "ROOM"\nclass_name = "Room"\n'
        '[[migrations]]\ntag = "v1"\nnew_sqlite_classes = ["Room"]\n',
    ),
    "required secrets": Config("wrangler.toml", f'{TOP}[secrets]\nrequired = ["API_KEY"]\n'),
}
PAGES: Final = Config(
    "wrangler.toml", 'name = "site"\npages_build_output_dir = "public"\ncompatibility_date = "2026-01-01"\n'
)
