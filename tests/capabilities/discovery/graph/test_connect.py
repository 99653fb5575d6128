"""Dependencies of services, as the files of small workspaces tell them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.capabilities.discovery.graph.worlds import edges, package, read, worker

from chittyops.capabilities.discovery.service.graph import MOST_EVIDENCE, connect
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Evidence, Migrations, Store

INDEX = 'import { Hono } from "hono"\nexport default new Hono()\n'


def test_a_service_binding_leads_to_the_worker_of_that_name() -> None:
    found = edges(
        read(
            {
                "web/wrangler.json": worker("web", services=[{"binding": "AUTH", "service": "auth"}]),
                "web/src/index.ts": INDEX,
                "auth/wrangler.json": worker("auth"),
                "auth/src/index.ts": INDEX,
            }
        ),
        "web",
    )
    edge = found["service-binding", "auth"]
    assert edge.reachable
    assert edge.evidence == (Evidence("web/wrangler.json", 8),)


def test_a_binding_to_an_environment_leads_to_the_service_that_has_it() -> None:
    found = edges(
        read(
            {
                "web/wrangler.json": worker("web", services=[{"binding": "AUTH", "service": "auth-staging"}]),
                "auth/wrangler.json": worker("auth", env={"staging": {}}),
            }
        ),
        "web",
    )
    assert set(found) == {("service-binding", "auth")}


def test_what_is_bound_by_name_is_kept_when_it_lives_elsewhere() -> None:
    settings = {
        "services": [{"binding": "AUTH", "service": "auth"}],
        "tail_consumers": [{"service": "track"}],
        "durable_objects": {"bindings": [{"name": "ROOM", "class_name": "Room", "script_name": "rooms"}]},
    }
    found = edges(read({"wrangler.json": worker("web", **settings), "src/index.ts": INDEX}), "web")
    assert set(found) == {("service-binding", "auth"), ("tail", "track"), ("durable-object", "rooms")}


def test_a_producer_depends_on_the_consumer_of_its_queue() -> None:
    found = read(
        {
            "web/wrangler.json": worker("web", queues={"producers": [{"binding": "Q", "queue": "jobs"}]}),
            "jobs/wrangler.json": worker("runner", queues={"consumers": [{"queue": "jobs"}]}),
        }
    )
    assert set(edges(found, "web")) == {("queue", "runner")}
    assert edges(found, "runner") == {}


def test_who_takes_what_a_consumer_fails_to_handle_is_a_dependency_of_it() -> None:
    consumers = [
        {"queue": "jobs", "dead_letter_queue": "failed-jobs"},
        {"queue": "mails", "dead_letter_queue": "nobodys"},
    ]
    found = read(
        {
            "jobs/wrangler.json": worker("runner", queues={"consumers": consumers}),
            "failed/wrangler.json": worker("mourner", queues={"consumers": [{"queue": "failed-jobs"}]}),
        }
    )
    assert set(edges(found, "runner")) == {("queue", "mourner")}
    assert edges(found, "mourner") == {}


@pytest.mark.parametrize(
    ("variable", "target"),
    [("WORKER_URL", "acme-jobs"), ("ACME_WORKER_URL", "acme-jobs"), ("MAIL_WORKER_URL", None), ("JOB_URL", None)],
)
def test_a_variable_for_a_worker_means_the_only_one_of_the_repository(variable: str, target: str | None) -> None:
    files = {
        "web/package.json": package("acme-web", scripts={"start": "node src/index.js"}),
        "web/src/index.js": f"fetch(process.env.{variable})\n",
        "jobs/wrangler.json": worker("acme-jobs"),
        "jobs/src/index.ts": INDEX,
    }
    assert {to for kind, to in edges(read(files), "acme-web") if kind == "variable-url"} == {target} - {None}
    files |= {"post/wrangler.json": worker("acme-post"), "post/src/index.ts": INDEX}
    assert edges(read(files), "acme-web") == {}


def test_to_a_worker_the_address_of_the_worker_is_its_own() -> None:
    files = {
        "api/wrangler.json": worker("acme-api"),
        "api/src/index.ts": "export default { fetch: (request, env) => fetch(`${env.WORKER_URL}/tasks`) }\n",
        "worker/wrangler.json": worker("acme-jobs"),
        "worker/src/index.ts": INDEX,
    }
    assert edges(read(files), "acme-api") == {}


@pytest.mark.parametrize(
    ("variable", "target"), [("CART_RELAY_URL", "relay"), ("CARTS_RELAY_URL", None), ("MAIL_RELAY_URL", None)]
)
def test_a_variable_may_begin_with_the_name_of_who_reads_it(variable: str, target: str | None) -> None:
    files = {
        "services/cart/package.json": package("cart", scripts={"start": "node index.js"}),
        "services/cart/index.js": f"fetch(process.env.{variable})\n",
        "services/relay/wrangler.json": worker("relay"),
        "services/relay/src/index.ts": INDEX,
    }
    assert {to for kind, to in edges(read(files), "cart") if kind == "variable-url"} == {target} - {None}


@pytest.mark.parametrize(
    ("variable", "host", "kept"),
    [
        ("BACKOFFICE_URL", "quick-otter-12.convex.site", True),
        ("RATES_URL", "rates-1a2b.up.railway.app", True),
        ("APP_URL", "quick-otter-12.convex.site", False),
        ("FRONTEND_URL", "shopfront.vercel.app", False),
        ("RATES_URL", "api.rates.com", False),
        ("MAIL_ROUTER_URL", "router.acme.dev", True),
        ("ROUTER_URL", "router.acme.dev", False),
        ("GOOGLE_MAPS_URL", "maps.googleapis.com", False),
        ("MAIL_API_URL", "api.acme.dev", False),
    ],
)
def test_a_program_on_a_platform_that_a_configuration_names_is_a_dependency(
    variable: str, host: str, *, kept: bool
) -> None:
    files = {"web/wrangler.json": worker("web", vars={variable: f"https://{host}"}), "web/src/index.ts": INDEX}
    assert set(edges(read(files), "web")) == ({("variable-url", host)} if kept else set())


def test_a_service_does_not_depend_on_itself() -> None:
    queues = {"producers": [{"binding": "Q", "queue": "jobs"}], "consumers": [{"queue": "jobs"}]}
    config = worker("web", queues=queues, routes=["web.acme.dev/*"], vars={"WEB_URL": "https://web.acme.dev"})
    assert edges(read({"wrangler.json": config, "src/index.ts": INDEX}), "web") == {}


SHARED = "7f3d2c1a-5b6e-4f80-9a1b-2c3d4e5f6071"


def d1(identifier: str) -> dict[str, object]:
    """Return the settings that bind a database."""
    return {"d1_databases": [{"binding": "DB", "database_name": "shop", "database_id": identifier}]}


def with_migrations(world: World, *names: str) -> World:
    """Return ``world`` where the services of these names hold the migrations of their databases."""
    stores = (Store("shop", "d1", "DB", migrations=(Migrations("migrations", "wrangler", 1, "files"),)),)
    services = [dataclasses.replace(each, databases=stores) if each.name in names else each for each in world.services]
    world = world.with_services(services)
    return world.with_services(connect(world))


def sharing(identifier: str) -> World:
    """Return a workspace of two services that bind one database."""
    return read(
        {"web/wrangler.json": worker("web", **d1(identifier)), "core/wrangler.json": worker("core", **d1(identifier))}
    )


def test_who_shares_a_database_depends_on_the_one_with_the_migrations() -> None:
    found = with_migrations(sharing(SHARED), "core")
    assert set(edges(found, "web")) == {("database", "core")}
    assert edges(found, "core") == {}


@pytest.mark.parametrize("holders", [(), ("web", "core")], ids=["nobody", "both"])
def test_where_no_one_or_everyone_migrates_a_database_nobody_depends_on_the_other(holders: tuple[str, ...]) -> None:
    found = with_migrations(sharing(SHARED), *holders)
    assert [edges(found, name) for name in ("web", "core")] == [{}, {}]


@pytest.mark.parametrize("identifier", ["your-database-id", "00000000-0000-0000-0000-000000000000", ""])
def test_placeholders_are_no_database_that_is_shared(identifier: str) -> None:
    assert edges(with_migrations(sharing(identifier), "core"), "web") == {}


def test_the_value_of_a_variable_decides_and_not_its_name() -> None:
    found = edges(
        read(
            {
                "web/wrangler.json": worker(
                    "web", vars={"AUTH_URL": "https://id.acme.dev", "MAIL_URL": "https://api.mailer.com"}
                ),
                "identity/wrangler.json": worker("identity", routes=["id.acme.dev/*"]),
                "auth/wrangler.json": worker("auth"),
                "mail/wrangler.json": worker("mail"),
            }
        ),
        "web",
    )
    assert set(found) == {("variable-url", "identity")}


def test_a_variable_without_a_value_means_the_service_of_its_name() -> None:
    code = "export default { fetch: (r, env) => fetch(env.AUTH_SERVICE_URL + env.NOBODY_URL + env.BASE_URL) }\n"
    found = edges(
        read(
            {
                "web/wrangler.json": worker("web"),
                "web/src/index.ts": code,
                "auth/wrangler.json": worker("acme-auth"),
                "x/wrangler.json": worker("acme-x"),
                "y/wrangler.json": worker("acme-y"),
            }
        ),
        "web",
    )
    assert set(found) == {("variable-url", "acme-auth")}
    assert found["variable-url", "acme-auth"].evidence == (Evidence("web/src/index.ts", 1),)


def code_of(*lines: str) -> dict[str, str]:
    """Return a workspace of a service with ``lines`` of code and one at id.acme.dev."""
    return {
        "web/wrangler.json": worker("acmeweb", routes=["web.acme.dev/*"]),
        "web/src/index.ts": "\n".join(["export default { async fetch() {", *lines, "} }"]) + "\n",
        "id/wrangler.json": worker("acmeid"),
    }


def test_a_literal_address_leads_to_the_service_there() -> None:
    found = edges(read(code_of('return fetch("https://id.acme.dev/v1")')), "acmeweb")
    assert found["literal-url", "acmeid"].evidence == (Evidence("web/src/index.ts", 2),)


@pytest.mark.parametrize(
    ("name", "origins", "target"),
    [
        ("CORS_ALLOW_ORIGINS", "https://acme.shop,https://www.acme.shop", "api.acme.shop"),
        ("ALLOWED_ORIGINS", "https://acme.shop,https://editor.other.dev", None),
    ],
)
def test_a_site_that_may_call_under_both_of_its_names_is_ones_own(name: str, origins: str, target: str | None) -> None:
    files = code_of('return fetch("https://api.acme.shop/v1")')
    files["id/wrangler.json"] = worker("acmeid", vars={name: origins})
    assert {to for _, to in edges(read(files), "acmeweb")} == {target} - {None}
    assert edges(read(files), "acmeid") == {}


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://dcv.acme.dev", "certs"),
        ("https://dcv.acme.dev/", "certs"),
        ("https://dcv.acme.dev/other", "dcv.acme.dev"),
        ("https://both.acme.dev", "both.acme.dev"),
    ],
)
def test_the_beginning_of_addresses_at_a_host_is_its_only_services(address: str, target: str) -> None:
    files = code_of(f"const r = await fetch(`{address}`)")
    files |= {
        "certs/wrangler.json": worker(
            "certs", routes=["dcv.acme.dev/api/*", "dcv.acme.dev/health", "both.acme.dev/a/*"]
        ),
        "other/wrangler.json": worker("other", routes=["both.acme.dev/b/*"]),
    }
    assert {to for _, to in edges(read(files), "acmeweb")} == {target}


def test_hosts_below_the_own_domain_are_kept_and_those_of_third_parties_are_not() -> None:
    lines = [
        'await fetch("https://ledger.acme.dev/")',
        'await fetch("https://api.openai.com/v1")',
        'x("https://acme.dev")',
    ]
    assert set(edges(read(code_of(*lines)), "acmeweb")) == {("literal-url", "ledger.acme.dev")}


def test_a_domain_as_a_whole_is_a_link_unless_a_variable_holds_it() -> None:
    found = edges(read(code_of("return fetch(env.ACME_ENDPOINT || 'https://acme.dev')")), "acmeweb")
    assert set(found) == {("variable-url", "acme.dev")}


def test_a_host_to_be_filled_in_is_one_of_many() -> None:
    found = edges(read(code_of("return fetch(`https://${name}.acme.dev/health`)")), "acmeweb")
    assert set(found) == {("template-url", "*.acme.dev")}


def test_a_variable_that_the_configuration_gives_a_value_means_that_wherever_it_is_read() -> None:
    files = code_of("return fetch(env.LEDGER_URL)")
    files["web/wrangler.json"] = worker(
        "acmeweb", routes=["web.acme.dev/*"], vars={"LEDGER_URL": "https://ledger.acme.dev"}
    )
    found = edges(read(files), "acmeweb")
    assert [each.path for each in found["variable-url", "ledger.acme.dev"].evidence] == [
        "web/src/index.ts",
        "web/wrangler.json",
    ]


def test_a_package_of_the_workspace_is_a_dependency() -> None:
    found = edges(
        read(
            {
                "package.json": package("root", workspaces=["apps/*", "packages/*"]),
                "apps/web/package.json": package("web", dependencies={"@acme/kit": "workspace:*", "hono": "^4"}),
                "apps/web/wrangler.json": worker("web"),
                "packages/kit/package.json": package("@acme/kit", main="src/index.ts", exports="./src/index.ts"),
                "packages/kit/src/index.ts": "export const kit = 1\n",
            }
        ),
        "web",
    )
    assert {kind for kind, _ in found} == {"package"}
    assert len(found) == 1


COMPOSE = """\
services:
  web:
    build: ./web
    depends_on: [auth, db]
  auth:
    build: ./auth
  db:
    image: postgres:18
"""


def test_compose_files_say_who_starts_after_whom() -> None:
    files = {"compose.yaml": COMPOSE}
    files |= {f"{name}/Dockerfile": 'FROM node:22\nCOPY . .\nCMD ["node", "index.js"]\n' for name in ("web", "auth")}
    files |= {f"{name}/index.js": "require('http').createServer(() => 0).listen(3000)\n" for name in ("web", "auth")}
    found = edges(read(files), "web")
    assert set(found) == {("compose", "auth")}
    assert found["compose", "auth"].evidence == (Evidence("compose.yaml", 4),)


def test_what_only_dead_code_names_is_unreachable_and_reachable_evidence_comes_first() -> None:
    files = code_of('import("./used")') | {
        "web/src/aaa.ts": 'export const a = () => fetch("https://id.acme.dev")\nexport const b = "https://dead.acme.dev"\n',
        "web/src/used.ts": 'export const u = () => fetch("https://id.acme.dev")\n',
    }
    found = edges(read(files), "acmeweb")
    assert found["literal-url", "acmeid"].reachable
    assert [each.path for each in found["literal-url", "acmeid"].evidence] == ["web/src/used.ts", "web/src/aaa.ts"]
    assert not found["literal-url", "dead.acme.dev"].reachable


@pytest.mark.parametrize("path", ["web/tests/a.test.ts", "web/README.md", "web/test-auth.js", "web/vitest.config.ts"])
def test_tests_and_documents_are_no_evidence(path: str) -> None:
    text = 'import { it } from "vitest"\nit("works", () => fetch("https://id.acme.dev"))\n'
    assert edges(read(code_of() | {path: text}), "acmeweb") == {}


def test_a_config_that_is_set_aside_is_no_live_evidence() -> None:
    files = {
        "wrangler.json": worker("web"),
        "wrangler.toml copy": 'name = "web"\ncompatibility_date = "2025-01-01"\n[[services]]\nservice = "auth"\n',
    }
    edge = edges(read(files), "web").get(("service-binding", "auth"))
    assert edge is None or not edge.reachable


def test_evidence_ends_somewhere() -> None:
    lines = ['await fetch("https://id.acme.dev")'] * (MOST_EVIDENCE + 10)
    assert len(edges(read(code_of(*lines)), "acmeweb")["literal-url", "acmeid"].evidence) == MOST_EVIDENCE


def test_copies_lead_to_the_canonical_service() -> None:
    found = read(
        {
            "web/wrangler.json": worker("web", vars={"LOGIN_URL": "https://login.acme.dev"}),
            "archive/auth/wrangler.json": worker("old-auth", routes=["login.acme.dev/*"]),
            "archive/auth/src/index.ts": INDEX,
            "auth/wrangler.json": worker("auth", routes=["login.acme.dev/*"]),
            "auth/src/index.ts": INDEX,
        }
    )
    assert {each.path: each.status for each in found.services}["archive/auth"] == "legacy"
    assert set(edges(found, "web")) == {("variable-url", "auth")}


def test_two_services_of_one_folder_may_depend_on_each_other() -> None:
    found = read(
        {
            "wrangler.json": worker("web", services=[{"binding": "JOBS", "service": "jobs"}]),
            "wrangler.jobs.json": worker("jobs").replace("src/index.ts", "src/jobs.ts"),
            "src/index.ts": INDEX,
            "src/jobs.ts": INDEX,
        }
    )
    assert set(edges(found, "web")) == {("service-binding", "jobs")}


NAMES = st.from_regex(r"[a-z]{4,12}", fullmatch=True).filter(lambda name: name not in {"auth", "acmeid", "acmeweb"})


@given(name=NAMES)
def test_the_name_of_an_unrelated_service_changes_nothing(name: str) -> None:
    files = code_of('return fetch("https://id.acme.dev/v1")')
    before = edges(read(files), "acmeweb")
    assert edges(read(files | {f"other-{name}/wrangler.json": worker(f"zz-{name}")}), "acmeweb") == before


def test_in_its_own_repository_a_variable_may_name_a_service_after_the_ecosystem() -> None:
    files = {
        "wrangler.json": worker("acme-registry", routes=["registry.acme.dev/*"]),
        "src/index.ts": INDEX,
        "web/wrangler.json": worker("acme-web", routes=["web.acme.dev/*"]),
        "web/src/index.ts": 'fetch(process.env.ACMEOS_REGISTRY_URL || "http://localhost:3001")\n' + INDEX,
    }
    assert ("variable-url", "acme-registry") in edges(read(files), "acme-web")


@pytest.mark.parametrize(
    ("name", "address", "target"),
    [
        ("STOCK_URL", "https://stock.hosted.net/v1", "stock"),
        ("STOCK_URL", "https://cart.hosted.net", None),
        ("STOCK_URL", "https://stock.net", None),
        ("MAIL_URL", "https://stock.hosted.net", None),
        ("API_URL", "https://api.payments.net", None),
    ],
)
def test_a_variable_and_the_first_label_of_its_host_name_a_service(name: str, address: str, target: str | None) -> None:
    files = {"web/wrangler.json": worker("web", vars={name: address}), "web/src/index.ts": INDEX}
    for each in ("stock", "cart", "api"):
        files |= {f"{each}/wrangler.json": worker(each), f"{each}/src/index.ts": INDEX}
    assert [to for kind, to in edges(read(files), "web") if kind == "variable-url"] == ([target] if target else [])


def test_a_package_with_nothing_to_import_is_not_the_one_that_others_get_from_the_registry() -> None:
    files = {
        "package.json": package("root", workspaces=["*"]),
        "web/wrangler.json": worker("web"),
        "web/package.json": package("web", dependencies={"shop": "^4.0.0", "lists": "^1.0.0", "kit": "workspace:*"}),
        "web/src/index.ts": INDEX,
        "extension/package.json": package("shop", scripts={"build": "bundle"}),
        "lists/package.json": package("lists", main="index.js"),
        "lists/index.js": "",
        "kit/package.json": package("kit"),
    }
    world = read(files)
    assert {to for kind, to in edges(world, "web") if kind == "package"} == {"lists", "kit"}
    assert {each.path for each in world.services} == {"web", "lists", "kit"}


def test_a_version_of_a_registry_is_no_package_of_the_workspace() -> None:
    files = {
        "package.json": package("root", workspaces=["*"]),
        "web/wrangler.json": worker("web"),
        "web/package.json": package("web", dependencies={"kit": "catalog:", "lists": "npm:lists@1", "forms": "^1"}),
        "web/src/index.ts": INDEX,
    }
    for name in ("kit", "lists", "forms"):
        files |= {f"{name}/package.json": package(name, main="index.js"), f"{name}/index.js": ""}
    assert {to for kind, to in edges(read(files), "web") if kind == "package"} == {"forms"}


def test_a_library_has_no_address() -> None:
    files = {
        "web/wrangler.json": worker("web"),
        "web/src/index.ts": "export default { fetch: (r, env) => fetch(env.STORAGE_URL) }\n",
        "package.json": package("root", workspaces=["packages/*"]),
        "packages/storage/package.json": package("@acme/storage", main="index.js", exports="./index.js"),
        "packages/storage/index.js": "",
    }
    assert edges(read(files), "web") == {}


def test_a_made_up_internal_host_is_nobodys() -> None:
    files = {f"{name}/wrangler.json": worker(name) for name in ("shop-web", "shop-cart", "shop-mail")}
    files["shop-web/src/index.ts"] = 'export default { fetch: () => new Request("https://shop.internal/x") }\n'
    assert edges(read(files), "shop-web") == {}


def test_what_is_kept_aside_within_a_service_is_no_evidence() -> None:
    files = {
        "auth/wrangler.json": worker("auth", routes=["auth.shop.dev/*"]),
        "auth/src/index.ts": INDEX,
        "web/wrangler.json": worker("web"),
        "web/src/index.ts": INDEX,
        "web/src/unused.ts": 'fetch("https://auth.shop.dev/a")\n',
        "web/archive/2024/old.ts": 'fetch("https://auth.shop.dev/a")\n',
    }
    edge = edges(read(files), "web")["literal-url", "auth"]
    assert edge.evidence == (Evidence("web/src/unused.ts", 1),)


SERVED = 'import express from "express"\nexpress().listen(process.env.PORT || {port})\n'
STACK = """services:
  shop:
    build: ./shop
    ports: ["127.0.0.1:8085:80"]
"""
ASKS = 'export default { fetch: () => fetch("http://localhost:%s/orders") }\n'


@pytest.mark.parametrize(
    ("port", "files"),
    [
        (8085, {"compose.yml": STACK, "shop/Dockerfile": "FROM php:8\n"}),
        (4711, {"shop/wrangler.json": worker("shop", dev={"port": 4711}), "shop/src/index.ts": INDEX}),
        (
            4712,
            {"shop/package.json": package("shop", scripts={"start": "node a.js --port 4712"}), "shop/a.js": "x()\n"},
        ),
        (
            4713,
            {
                "shop/package.json": package("shop", scripts={"start": "node a.js"}),
                "shop/a.js": SERVED.format(port=4713),
            },
        ),
        (4714, {"shop/Dockerfile": "FROM golang\nCMD ./shop\n", "shop/.env.example": "PORT=4714\n"}),
        (4715, {"shop/.replit": 'run = "node a.js"\n[[ports]]\nlocalPort = 4715\n', "shop/a.js": "x()\n"}),
    ],
)
def test_a_port_of_the_machine_leads_to_the_one_service_that_answers_there(port: int, files: dict[str, str]) -> None:
    asking = {"mail/wrangler.json": worker("mail"), "mail/src/index.ts": ASKS % port}
    assert set(edges(read({**asking, **files}), "mail")) == {("literal-url", "shop")}


def test_a_port_at_which_several_answer_leads_nowhere() -> None:
    servers = {f"{name}/wrangler.json": worker(name, dev={"port": 4711}) for name in ("shop", "stock")}
    files = {"mail/wrangler.json": worker("mail"), "mail/src/index.ts": ASKS % 4711, **servers}
    assert edges(read(files), "mail") == {}


def test_a_port_that_everybody_has_means_a_neighbour_in_code_and_anyone_in_configuration() -> None:
    shop = {"back/shop/wrangler.json": worker("shop", dev={"port": 8787})}
    code = {"mail/wrangler.json": worker("mail"), "mail/src/index.ts": ASKS % 8787}
    beside = {"back/mail/wrangler.json": worker("mail"), "back/mail/src/index.ts": ASKS % 8787}
    configured = {"mail/wrangler.json": worker("mail", vars={"UPSTREAM_URL": "http://127.0.0.1:8787"})}
    assert edges(read({**shop, **code}), "mail") == {}
    assert set(edges(read({**shop, **beside}), "mail")) == {("literal-url", "shop")}
    assert set(edges(read({**shop, **configured}), "mail")) == {("variable-url", "shop")}


def test_what_people_open_at_a_port_is_not_called() -> None:
    files = {
        "shop-frontend/package.json": package("shop-frontend", scripts={"start": "next start --port 4711"}),
        "mail/wrangler.json": worker("mail"),
        "mail/src/index.ts": ASKS % 4711,
    }
    assert edges(read(files), "mail") == {}


def test_a_variable_that_names_a_service_means_it_whatever_answers_at_its_port() -> None:
    files = {
        "shop/wrangler.json": worker("shop", dev={"port": 4711}),
        "stock/wrangler.json": worker("stock"),
        "mail/wrangler.json": worker("mail", vars={"STOCK_URL": "http://localhost:4711"}),
    }
    assert set(edges(read(files), "mail")) == {("variable-url", "stock")}


def test_what_a_bundler_passes_requests_on_to_is_needed() -> None:
    files = {
        "shop/wrangler.json": worker("shop", dev={"port": 8787}),
        "pages/package.json": package("pages", scripts={"start": "node a.js"}),
        "pages/a.js": SERVED.format(port=3000),
        "pages/vite.config.ts": 'export default { server: { proxy: { "/api": "http://localhost:8787" } } }\n',
    }
    assert edges(read(files), "pages")["literal-url", "shop"].reachable


def test_stacks_of_several_files_know_each_other_by_the_names_of_containers() -> None:
    files = {
        "mail/compose.yml": "services:\n  node:\n    build: .\n    environment:\n      SHOP_ADDRESS: shop-box:50051\n",
        "mail/Dockerfile": "FROM node:22\n",
        "shop/compose.yml": "services:\n  node:\n    build: .\n    container_name: shop-box\n",
        "shop/Dockerfile": "FROM node:22\n",
    }
    assert set(edges(read(files), "mail")) == {("compose", "shop")}


SETTINGS = """spring:
  cloud:
    gateway:
      routes:
        - uri: lb://shop
        - uri: ${MAIL_URL:http://localhost:4711}
      cors:
        allowed-origins:
          - http://localhost:4712
"""


def test_the_settings_of_spring_name_what_a_program_needs() -> None:
    files = {
        "compose.yml": "services:\n  gateway: {build: gateway}\n  shop: {build: shop}\n"
        "  mail: {build: mail, ports: ['4711:80']}\n  stock: {build: stock, ports: ['4712:80']}\n",
        "gateway/src/main/resources/application.yml": SETTINGS,
        **{f"{name}/Dockerfile": "FROM eclipse-temurin\n" for name in ("gateway", "shop", "mail", "stock")},
    }
    assert set(edges(read(files), "gateway")) == {("literal-url", "shop"), ("variable-url", "mail")}


def test_an_example_of_variables_is_of_the_service_whose_code_reads_them() -> None:
    files = {
        "wrangler.json": worker("web"),
        "src/index.ts": "export default { fetch: (r, env) => fetch(env.STOCK_URL) }\n",
        "render.yaml": "services:\n  - type: web\n    name: shop\n    startCommand: python main.py\n",
        "main.py": "import flask\nflask.Flask('x').run()\n",
        ".env.example": "STOCK_URL=\n",
        "stock/wrangler.json": worker("stock"),
    }
    world = read(files)
    assert set(edges(world, "web")) == {("variable-url", "stock")}
    assert edges(world, "shop") == {}


def test_routes_that_a_table_took_in_tell_the_domain_all_the_same() -> None:
    gateway = (
        'name = "shop-gateway"\nmain = "src/index.ts"\n[observability]\nroutes = [{pattern = "gateway.shop.dev"}]\n'
    )
    files = {
        "gateway/wrangler.toml": gateway,
        "mail/wrangler.json": worker("mail", vars={"GATEWAY_URL": "https://gateway.shop.dev"}),
    }
    assert set(edges(read(files), "mail")) == {("variable-url", "shop-gateway")}


def test_a_variable_for_the_origin_of_a_cache_holds_an_address() -> None:
    files = {
        "shop/wrangler.json": worker("shop"),
        "cache/wrangler.json": worker("cache", vars={"ORIGIN_BASE_URL": "https://shop.acme.workers.dev"}),
    }
    assert set(edges(read(files), "cache")) == {("variable-url", "shop")}


def test_uv_takes_a_package_from_a_folder_of_the_workspace() -> None:
    cart = '[project]\nname = "cart"\ndependencies = ["money>=1"]\n[tool.uv.sources]\nmoney = {path = "../money"}\n'
    files = {
        "cart/pyproject.toml": cart,
        "cart/Dockerfile": "FROM python\nCMD python main.py\n",
        "cart/main.py": "import flask\nflask.Flask('x').run()\n",
        "money/pyproject.toml": '[project]\nname = "money"\nclassifiers = ["Topic :: Utilities"]\n',
    }
    assert set(edges(read(files), "cart")) == {("package", "money")}
