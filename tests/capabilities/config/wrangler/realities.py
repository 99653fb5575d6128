"""Files of wrangler as they are found, each written by hand to show one reality that a parser survives."""

from __future__ import annotations

from typing import Final

from tests.capabilities.discovery.wrangler.configs import CONFIGS, Config

HEAD: Final = 'name = "shop"\nmain = "index.js"\ncompatibility_date = "2026-01-01"\n'
KV: Final = 'binding = "STORE"\nid = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"\n'

REALITIES: Final[dict[str, Config]] = {
    **CONFIGS,
    "comments everywhere": Config(
        "wrangler.jsonc",
        '// head\n{ // open\n  /* the name\n   * of it */\n  "name": "shop", // beside\n  "main": "index.js",\n'
        '  "compatibility_date": "2026-01-01",\n  "vars": {\n    // one\n    "A": "1", // first\n'
        '    /* two */ "B": "2"\n'
        '    // at the end\n  },\n  "routes": ["shop.test/*" /* all */],\n  "triggers": { "crons": ["*/5 * * * *"] }\n'
        "  // the very end\n}\n// after\n",
    ),
    "trailing commas": Config(
        "wrangler.jsonc",
        '{"name": "shop", "main": "index.js", "compatibility_date": "2026-01-01", "vars": {"A": "1",},\n'
        '"kv_namespaces": [{"binding": "STORE", "id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",},],}\n',
    ),
    "a route that looks like a comment": Config(
        "wrangler.jsonc",
        '{"name": "shop", "main": "index.js", "compatibility_date": "2026-01-01",\n'
        '"routes": ["host.test/*"], "triggers": {"crons": ["*/5 * * * *"]}, "vars": {"G": "/* no */ // no"}}\n',
    ),
    "a key swallowed by a table": Config(
        "wrangler.toml", f'{HEAD}[[kv_namespaces]]\n{KV}routes = ["shop.test/*"]\n[vars]\nA = "1"\n'
    ),
    "no name": Config("wrangler.toml", HEAD.replace('name = "shop"\n', "") + '[vars]\nA = "1"\n'),
    "several workers in one file": Config(
        "wrangler.toml",
        'main = "index.js"\ncompatibility_date = "2026-01-01"\n[env.api]\nname = "shop-api"\n[env.api.vars]\nA = "1"\n'
        '[env.site]\nname = "shop-site"\nmain = "other.js"\n',
        ("api", "site"),
    ),
    "production lacks the bindings of the top level": Config(
        "wrangler.toml",
        f'{HEAD}[vars]\nA = "1"\n[[kv_namespaces]]\n{KV}[[services]]\nbinding = "AUTH"\nservice = "auth"\n'
        '[ai]\nbinding = "AI"\n[[queues.producers]]\nbinding = "Q"\nqueue = "mails"\n[[queues.consumers]]\n'
        'queue = "mails"\n'
        '[env.production]\nworkers_dev = true\n[env.production.vars]\nA = "2"\n',
        ("", "production"),
    ),
    "placeholders": Config(
        "wrangler.toml",
        f'{HEAD}[[kv_namespaces]]\nbinding = "A"\nid = "PLACEHOLDER_KV_ID"\n[[kv_namespaces]]\nbinding = "B"\n'
        'id = "your-kv-id"\n[[kv_namespaces]]\nbinding = "C"\nid = "<id>"\n',
    ),
    "indented, with line ends of Windows": Config(
        "wrangler.toml", (HEAD + '\n  [vars]\n    A = "1" # one\n\n  [[kv_namespaces]]\n  ' + KV).replace("\n", "\r\n")
    ),
    "tabs, and all on few lines": Config(
        "wrangler.json",
        '{\n\t"name": "shop", "main": "index.js",\n\t"compatibility_date": "2026-01-01",\n'
        '\t"vars": {"A": "1", "B": 2}\n}',
    ),
    "texts that other formats read otherwise": Config(
        "wrangler.jsonc",
        '{"name": "shop", "main": "index.js", "compatibility_date": "2026-01-01", "vars": {"A": "yes", "B": "1.10",\n'
        '"C": "2026-01-01", "D": "${HOME} $${x}", "E": "", "F": " a: b #c ", "G": "null",\n'
        '"H": "é\\u2028\\"\\\\", "I": "0x1f",\n'
        '"J": 1.5, "K": true, "L": {"a": [1, {"b": null}]}, "M": [1, "2"], "N": "12:30", "PORT": "80", "a-b": "c"}}\n',
    ),
    "numbers and dates of TOML": Config(
        "wrangler.toml", f"{HEAD}[vars]\nA = 1_000\nB = 0x1f\nC = 1e3\nD = '''two\nlines'''\n"
    ),
    "an environment that differs in the parts of a binding": Config(
        "wrangler.toml",
        f'{HEAD}[[d1_databases]]\nbinding = "DB"\ndatabase_name = "a"\ndatabase_id = "b"\nmigrations_dir = "m"\n'
        '[[env.staging.d1_databases]]\nbinding = "DB"\ndatabase_name = "c"\ndatabase_id = "d"\n'
        "[env.staging.observability]\nenabled = true\n[observability]\nenabled = false\nhead_sampling_rate = 0.5\n",
        ("", "staging"),
    ),
    "migrations and rules of its own": Config(
        "wrangler.toml",
        f'{HEAD}[[migrations]]\ntag = "v1"\nnew_classes = ["A"]\n[[migrations]]\ntag = "v2"\n'
        f'new_sqlite_classes = ["B"]\n'
        '[[rules]]\ntype = "Text"\nglobs = ["**/*.sql"]\n[env.staging]\n[[env.staging.migrations]]\ntag = "v2"\n'
        'new_sqlite_classes = ["B"]\n[[env.staging.migrations]]\ntag = "v1"\nnew_classes = ["A"]\n',
        ("", "staging"),
    ),
    "environments called otherwise": Config(
        "wrangler.toml",
        f'{HEAD}[env.prod]\nname = "shop"\nvars = {{ A = "1" }}\n[env.Preview_1]\nroutes = []\n',
        ("prod",),
    ),
    "routes of its own, and none": Config(
        "wrangler.toml",
        f'{HEAD}routes = ["a.test/*", {{ pattern = "b.test", custom_domain = true }}]\n[env.staging]\nroutes = []\n'
        '[env.production]\nroutes = [{ pattern = "b.test", custom_domain = true }, "a.test/*"]\n',
        ("", "staging", "production"),
    ),
    "empty lists and tables": Config(
        "wrangler.toml",
        f"{HEAD}kv_namespaces = []\n[vars]\n[env.staging]\nkv_namespaces = []\n[env.staging.vars]\n",
        ("staging",),
    ),
    "quoted keys with dots": Config(
        "wrangler.toml", f'{HEAD}[define]\n"process.env.NODE_ENV" = "\'x\'"\n[alias]\n"a.b" = "c"\n'
    ),
}
