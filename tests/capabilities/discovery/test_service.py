"""What is found in a workspace: services, what they are, whom they need, what is wrong."""

from __future__ import annotations

import json

import pytest
from tests.capabilities.discovery.conftest import Write, discover

from chittyops.capabilities.discovery.wiring import to_json
from chittyops.kernel.inventory import FoundService, Inventory, Stage, Suite

NODE = '{"name": "%s", "scripts": {"start": "node server.js"}}'
APP = """import os
import uvicorn
# STOCK_URL is only named in this comment
stock = os.environ["CATALOG_URL"]
@route("/health")
def health(): ...
if __name__ == "__main__":
    uvicorn.run(app)
"""


def _one(found: Inventory) -> FoundService:
    (service,) = found.services
    return service


def _edges(found: Inventory) -> set[tuple[str, str, str]]:
    return {(each.name, edge.target, edge.kind) for each in found.services for edge in each.depends_on}


def _problems(found: Inventory) -> list[tuple[str, str, int]]:
    return [(each.code, each.path, each.line) for each in found.problems]


WRANGLER = """{
  // "name": "commented-out",
  "name": "web", "main": "src/index.ts",
  "routes": [{"pattern": "shop.example/*"}, "www.shop.example/*"],
  "triggers": {"crons": ["*/5 * * * *"]},
  "vars": {"CATALOG_URL": "https://catalog.example", "MODE": "planted-value"},
  "kv_namespaces": [{"binding": "KV", "id": "PLACEHOLDER_ID"}],
  "d1_databases": [{"binding": "DB", "database_name": "main", "database_id": "1"}],
  "r2_buckets": [{"binding": "R2", "bucket_name": "files"}],
  "queues": {"producers": [{"binding": "Q", "queue": "jobs"}], "consumers": [{"queue": "jobs"}]},
  "services": [
    {"binding": "CATALOG", "service": "catalog"},
    {"binding": "GONE", "service": "nowhere"},
  ],
  "env": {
    "staging": {"services": [{"binding": "CATALOG", "service": "catalog-staging"}], "routes": ["staging.example/*"]},
    "dev": {"vars": {"MODE": "dev"}},
  },
}
"""


def test_a_worker(write: Write) -> None:
    found = discover(write({
        "web/wrangler.jsonc": WRANGLER,
        "web/src/index.ts": 'import { Hono } from "hono";',
        "web/package.json": '{"scripts": {"test": "vitest run"}}',
        "web/pnpm-lock.yaml": "",
        "catalog/wrangler.toml": 'name = "catalog"\nmain = "dist/x.js"\n[env.staging]\n',
    }))  # fmt: skip
    catalog, web = found.services
    assert (web.name, web.platform, web.platforms) == ("web", "cloudflare", ("cloudflare",))
    assert (web.entrypoint, web.entrypoint_state) == ("web/src/index.ts", "present")
    assert catalog.entrypoint_state == "build-output"
    assert web.routes == ("shop.example/*", "www.shop.example/*")
    assert web.crons == ("*/5 * * * *",)
    assert web.bindings["kv"] == ({"binding": "KV", "id": "PLACEHOLDER_ID"},)
    assert web.bindings["queues"] == ({"binding": "Q", "queue": "jobs"},)
    assert [(each.engine, each.variable) for each in web.databases] == [("d1", "DB")]
    # Bindings are not inherited by named environments; routes and crons are.
    assert web.environments["dev"] == Stage({}, web.routes, web.crons, ("MODE",), "web-dev")
    assert web.environments["staging"].routes == ("staging.example/*",)
    assert web.tests == Suite("vitest", "npm test")
    assert web.package_manager == "pnpm"
    lines = {(edge.target, edge.kind): [each.line for each in edge.evidence] for edge in web.depends_on}
    assert lines == {
        ("catalog", "service-binding"): [12, 16],
        ("catalog", "variable-url"): [6],
        ("nowhere", "service-binding"): [13],
    }
    assert {
        ("placeholder-id", "web/wrangler.jsonc", 7),
        ("undefined-target", "web/wrangler.jsonc", 13),
    } <= set(_problems(found))
    assert "planted-value" not in json.dumps(to_json(found))


def test_a_python_service_and_its_variables(write: Write) -> None:
    found = discover(write({
        "cart/pyproject.toml": '[project]\nname = "cart"\n',
        "cart/cart.py": APP,
        "cart/test_cart.py": 'os.environ["STOCK_URL"] = "http://fake"\n\ndef test_it():\n    assert True\n',
        "cart/.env.example": "DATABASE_URL=postgres://planted-value\nAPI_TOKEN=planted-value\nLOG_LEVEL=info\nSTOCK_API_URL=\n",
        "catalog/Procfile": "web: python -m catalog\n",
        "stock/package.json": NODE % "@shop/stock",
        "lib/pyproject.toml": '[project]\nname = "lib"\n',
        "lib/lib.py": "def f(): ...",
    }))  # fmt: skip
    assert [each.path for each in found.services] == ["cart", "catalog", "stock"]
    cart = found.services[0]
    assert cart.start == ("module", "cart")
    assert cart.health == "/health"
    assert cart.tests == Suite("pytest", "pytest", 1)
    assert [(each.name, each.evidence[0].line) for each in cart.secrets] == [("API_TOKEN", 2)]
    assert [(each.variable, each.evidence[0].path) for each in cart.databases] == [
        ("DATABASE_URL", "cart/.env.example")
    ]
    assert _edges(found) == {("cart", "catalog", "variable-url"), ("cart", "stock", "variable-url")}
    assert "planted-value" not in json.dumps(to_json(found))


@pytest.mark.parametrize(
    ("variable", "service"),
    [
        ("CHITTYAUTH_URL", "chittyauth"),
        ("AUTH_SERVICE_URL", "auth"),
        ("MY_CART_API_URL", "my-cart"),
        ("MY_CART_BASE_URL", "my_cart"),
    ],
)
def test_a_variable_names_a_service(write: Write, variable: str, service: str) -> None:
    found = discover(write({
        f"{service}/package.json": NODE % service,
        "web/package.json": NODE % "web",
        "web/server.js": f"fetch(process.env.{variable})\nfetch(env.X{variable})\nfetch(env.WEB_URL)\n",
    }))  # fmt: skip
    assert _edges(found) == {("web", service, "variable-url")}


def test_compose(write: Write) -> None:
    found = discover(write({
        "docker-compose.yml": "services:\n  web:\n    build: ./web\n    depends_on: [api, db]\n"
        "  api:\n    build: {context: services/api}\n    depends_on:\n      db: {condition: service_healthy}\n"
        "  db:\n    image: postgres\n",
        "web/Dockerfile": "FROM x\nCMD run\n",
        "services/api/main.go": "",
    }))  # fmt: skip
    assert {each.path: each.platform for each in found.services} == {"services/api": "docker", "web": "docker"}
    assert _edges(found) == {("web", "api", "compose")}
    assert found.services[1].depends_on[0].evidence[0].line == 4


def test_platform_files(write: Write) -> None:
    found = discover(write({
        "site/vercel.json": '{"crons": [{"path": "/x", "schedule": "0 5 * * *"}]}',
        "job/railway.toml": '[deploy]\nstartCommand = "node job.js"\nhealthcheckPath = "/up"\n'
        'cronSchedule = "1 * * * *"\n',
        "queue/Procfile": "worker: python work.py\n",
        "image/Dockerfile": "FROM scratch\n",
    }))  # fmt: skip
    job, queue, site = found.services
    assert (job.platform, job.health, job.start, job.crons) == (
        "railway",
        "/up",
        ("command", "node job.js"),
        ("1 * * * *",),
    )
    assert queue.start == ("command", "python work.py")
    assert (site.platform, site.crons) == ("vercel", ("0 5 * * *",))


def test_a_monorepo_root_is_no_service(write: Write) -> None:
    found = discover(write({"package.json": '{"workspaces": ["apps/*"]}', "apps/a/package.json": NODE % "a"}))
    assert _one(found).path == "apps/a"


def test_names_that_scaffolding_gave_are_not_taken(write: Write) -> None:
    found = discover(write({f"{name}/package.json": NODE % "rest-express" for name in ("one", "two")}))
    assert [each.name for each in found.services] == ["one", "two"]


CODE = {
    f"src/{name}.js": f"export const {name} = 'a line that is long enough to tell files apart, {name}'"
    for name in "abcde"
}


def _app(folder: str, name: str = "shop", **other: str) -> dict[str, str | bytes]:
    files = {"package.json": NODE % name, **CODE, **other}
    return {f"{folder}/{path}": text for path, text in files.items()}


def test_copies_and_what_is_set_aside(write: Write) -> None:
    found = discover(write({
        **_app("apps/shop"),
        **_app("archive/shop"),
        **_app("work/shop copy"),
        "legacy-backup/old/package.json": NODE % "old",
        ".quarantine/bad/Procfile": "web: x",
        "templates/new/Procfile": "web: x",
    }))  # fmt: skip
    assert {each.path: (each.status, each.copy_of) for each in found.services} == {
        "apps/shop": ("canonical", ""),
        "archive/shop": ("copy", "apps/shop"),
        "work/shop copy": ("copy", "apps/shop"),
        "legacy-backup/old": ("legacy", ""),
        ".quarantine/bad": ("quarantined", ""),
        "templates/new": ("template", ""),
    }


def test_apps_that_share_generated_files_are_no_copies(write: Write) -> None:
    apps = {f"{n}/{path}": text for n in ("a", "b", "c") for path, text in _app(".", n).items()}
    assert {each.status for each in discover(write(apps)).services} == {"canonical"}


MESS: list[tuple[dict[str, str | bytes], list[tuple[str, str, int]]]] = [
    ({"wrangler.jsonc": ""}, [("unparsable", "wrangler.jsonc", 1)]),
    ({"package.json": "This is prose."}, [("unparsable", "package.json", 1)]),
    ({"package.json": "[1]"}, [("unparsable", "package.json", 1)]),
    ({"package.json": '{\n<<<<<<< HEAD\n"a": 1\n=======\n>>>>>>> x\n}'}, [("merge-conflict", "package.json", 2)]),
    ({"edit.ts": "const model = `\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n`"}, []),
    ({"package.json": '{"name": "caf\u00e9"}'.encode("latin-1")}, [("not-utf-8", "package.json", 1)]),
    ({"package.json": '{\n"a": 1,\n"a": 2}'}, [("duplicate-key", "package.json", 3)]),
    ({"wrangler.toml": "[vars]\n[vars]\n"}, [("duplicate-key", "wrangler.toml", 2)]),
    ({"compose.yaml": "services:\n\tx: 1\n"}, [("unparsable", "compose.yaml", 2)]),
    ({"package.json": b"x" * (1 << 20) + b"x"}, [("too-large", "package.json", 0)]),
    ({"big.js": b"x" * (1 << 21), "x.py": b"\xff\xfe\x00", "long.ts": "x" * 130_000}, []),
    ({"wrangler.toml": 'main = "src/none.ts"\n'}, [("missing-entrypoint", "wrangler.toml", 1)]),
    ({"wrangler.toml": 'name = "x"', "wrangler.json": '{"name": "x"}'}, [("shadowed-config", "wrangler.toml", 1)]),
    ({"wrangler.toml copy": "main =", "wrangler copy.toml": "name = 1"}, [("unparsable", "wrangler.toml copy", 1)]),
    ({"package.json": '{"scripts": [], "name": 5, "workspaces": 7, "packageManager": {}}'}, []),
    (
        {"wrangler.json": '{"env": [], "services": {}, "routes": 5, "vars": [1], "triggers": 1, "kv_namespaces": [1]}'},
        [],
    ),
    ({"docker-compose.yml": "services:\n  a: 5\n  b: {build: [], depends_on: 7}\n  c: {build: ../../x}\n"}, []),
    ({"vercel.json": '{"crons": [{}]}', "a b~§=/Procfile": "web: x"}, []),
]


@pytest.mark.parametrize(("files", "problems"), MESS, ids=[str(number) for number in range(len(MESS))])
def test_mess_is_reported_and_survived(
    write: Write, files: dict[str, str | bytes], problems: list[tuple[str, str, int]]
) -> None:
    assert _problems(discover(write(files))) == problems


def test_a_broken_link_is_reported(write: Write) -> None:
    root = write({"a.txt": ""})
    (root / "link").symlink_to("nowhere")
    assert _problems(discover(root)) == [("broken-link", "link", 0)]


def test_repositories(write: Write) -> None:
    found = discover(write({"one/.git": "gitdir: x", "one/app/Procfile": "web: x", "two/Procfile": "web: x"}))
    assert [(each.path, each.repository) for each in found.services] == [("one/app", "one"), ("two", ".")]
