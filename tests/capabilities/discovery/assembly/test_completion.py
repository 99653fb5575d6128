"""What is told of one service."""

from __future__ import annotations

from typing import Any

import pytest
from tests.capabilities.discovery.assembly.workspace import Workspace

from chittyops.capabilities.discovery.model.facts import (
    Command,
    Deployment,
    Facts,
    Import,
    Migration,
    Package,
    ScriptFacts,
    Secret,
    StageFacts,
    Variable,
    WorkflowFacts,
)
from chittyops.capabilities.discovery.service.assembly import details
from chittyops.kernel.inventory import Evidence, FoundService, Stage, Suite


class TestNames:
    """What a service is called."""

    def test_the_deployment_goes_before_the_package(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "api").package("a/package.json", "other").code("a/src/index.ts")
        assert shop.paths() == {"a": "api"}

    def test_a_name_of_many_packages_is_none(self) -> None:
        shop = Workspace(("cart", "stock", "mail"))
        for repository in ("cart", "stock", "mail"):
            shop.package(f"{repository}/package.json", "storefront-starter", "node a.js").code(f"{repository}/a.js")
        assert shop.paths() == {"cart": "cart", "mail": "mail", "stock": "stock"}

    def test_a_general_name_gives_way_to_the_folder_and_the_repository(self) -> None:
        shop = Workspace(("shop",))
        shop.package("shop/package.json", "rest-express", "node a.js").code("shop/a.js")
        shop.package("shop/apps/api/package.json", "@shop/api", "node a.js").code("shop/apps/api/a.js")
        shop.package("shop/mail/worker/package.json", "worker", "node a.js").code("shop/mail/worker/a.js")
        assert shop.paths() == {"shop": "shop", "shop/apps/api": "shop-api", "shop/mail/worker": "mail-worker"}

    def test_the_workspace_may_be_the_repository(self) -> None:
        shop = Workspace((".",)).package("package.json", "app", "node a.js").code("a.js")
        assert shop.paths() == {".": "shop"}


class TestEntrypoints:
    """Where a service begins."""

    @pytest.mark.parametrize(
        ("main", "there", "build", "expected"),
        [
            ("src/index.ts", "a/src/index.ts", "", ("a/src/index.ts", "present")),
            ("./src/index", "a/src/index.ts", "", ("a/src/index.ts", "present")),
            ("src", "a/src/index.js", "", ("a/src/index.js", "present")),
            ("dist/worker.js", "a/src/worker.ts", "", ("a/dist/worker.js", "build-output")),
            (".open-next/worker.js", "a/src/worker.ts", "", ("a/.open-next/worker.js", "build-output")),
            ("worker.mjs", "a/src/w.ts", "esbuild src/w.ts --outfile=worker.mjs", ("a/worker.mjs", "build-output")),
            ("@astrojs/cloudflare/entrypoints/server", "a/x.ts", "", (None, "build-output")),
            ("src/gone.ts", "a/src/index.ts", "", ("a/src/gone.ts", "missing")),
            ("src/index.ts", "src/index.ts", "", ("a/src/index.ts", "missing")),
            ("", "a/src/index.ts", "", ("", "none")),
        ],
    )
    def test_state(self, main: str, there: str, build: str, expected: tuple[str | None, str]) -> None:
        found = Workspace().worker("a/wrangler.toml", "a", main, build=build).code(there).services()["a"]
        assert found.entrypoint_state == expected[1]
        assert expected[0] is None or found.entrypoint == expected[0]

    def test_the_build_script_of_the_package_counts(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a", "bundle/api.js").code("a/src/api.ts")
        shop.package("a/package.json", "a", scripts={"build": "esbuild src/api.ts --outdir=bundle"})
        assert shop.services()["a"].entrypoint_state == "build-output"

    def test_pages_begin_with_what_is_deployed(self) -> None:
        deployment = Deployment("cloudflare", name="site", kind="pages", output="dist", rank=98)
        site = Workspace().add("site/wrangler.toml", deployments=(deployment,)).services()["site"]
        assert (site.kind, site.entrypoint, site.entrypoint_state) == ("pages", "site/dist", "build-output")

    def test_a_configuration_in_a_folder_of_its_own_deploys_the_service_around_it(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a").code("a/src/index.ts").code("a/src/other.ts")
        shop.worker("a/deploy/a-wrangler.toml", "a", "../src/index.ts")
        shop.worker("a/deploy/b-wrangler.toml", "b", "../src/other.ts")
        found = shop.services()
        assert found["a"].config_files == ("a/wrangler.toml", "a/deploy/a-wrangler.toml")
        assert (found["b"].path, found["b"].entrypoint) == ("a/deploy", "a/src/other.ts")


def test_environments_bindings_routes_crons_and_variables() -> None:
    kv: dict[str, tuple[dict[str, Any], ...]] = {"kv": ({"binding": "KV", "id": "1"},)}
    stages = {
        "": StageFacts("", kv, (("a.example/*", 3), ("a.example/*", 4)), ("0 * * * *",), ("MODE",)),
        "staging": StageFacts("a-next", {}, (("next.example", 9),), ("0 * * * *",), ()),
    }
    found = Workspace().worker("a/wrangler.toml", "a", stages=stages).code("a/src/index.ts").services()["a"]
    assert (found.bindings, found.routes, found.crons, found.vars) == (kv, ("a.example/*",), ("0 * * * *",), ("MODE",))
    assert found.environments == {"staging": Stage({}, ("next.example",), ("0 * * * *",), (), "a-next")}


def test_a_file_with_named_environments_alone_keeps_them_there() -> None:
    stages = {"staging": StageFacts(routes=(("next.example", 9),))}
    found = Workspace().worker("a/wrangler.toml", "a", stages=stages).code("a/src/index.ts").services()["a"]
    assert (found.routes, list(found.environments)) == ((), ["staging"])


def test_a_command_that_gives_wrangler_an_entry_point_tells_it() -> None:
    scripts = {"dev": "wrangler dev src/local.ts", "deploy": "wrangler deploy --minify src/app.ts"}
    shop = Workspace().worker("a/wrangler.toml", "a", main="").package("a/package.json", "a", scripts=scripts)
    found = shop.code("a/src/app.ts").code("a/src/local.ts").services()["a"]
    assert (found.entrypoint, found.entrypoint_state) == ("a/src/app.ts", "present")


class TestSecrets:
    """Which secrets a service expects."""

    def test_all_evidence_of_one_name_is_together(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a", secrets=(("API_TOKEN", 7),))
        shop.code("a/src/index.ts", variables=(Variable("API_TOKEN", 3), Variable("LOG_LEVEL", 4)))
        shop.add("a/.dev.vars.example", secrets=(Secret("API_TOKEN", 1, "example"),))
        shop.add("a/deploy.sh", scripts=(script(("wrangler", "secret", "put", "SIGNING_KEY", "--env", "production")),))
        assert secrets(shop, "a") == {
            "API_TOKEN": ["a/.dev.vars.example:1", "a/src/index.ts:3", "a/wrangler.toml:7"],
            "SIGNING_KEY": ["a/deploy.sh:5"],
        }

    def test_what_configuration_defines_is_no_secret(self) -> None:
        stages = {"": StageFacts(bindings={"secrets_store": ({"binding": "API_TOKEN"},)}, vars=("ACCESS_KEY",))}
        shop = Workspace().worker("a/wrangler.toml", "a", stages=stages)
        shop.code("a/src/index.ts", variables=(Variable("API_TOKEN", 3), Variable("ACCESS_KEY", 4)))
        assert secrets(shop, "a") == {}

    def test_tests_and_tools_ask_for_nothing(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a").code("a/src/index.ts")
        shop.code("a/src/index.test.ts", kind="test", variables=(Variable("TEST_TOKEN", 3),))
        shop.code("a/scripts/report.ts", variables=(Variable("GITHUB_TOKEN", 3),))
        assert secrets(shop, "a") == {}

    def test_services_of_one_folder_expect_what_their_own_code_reads(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a").worker("a/wrangler.mail.toml", "mail", "src/mail.ts")
        shop.code("a/src/index.ts", imports=(Import("./cart", 1),))
        shop.code("a/src/cart.ts", variables=(Variable("CART_TOKEN", 3),))
        shop.code("a/src/mail.ts", variables=(Variable("MAIL_TOKEN", 3),))
        assert (list(secrets(shop, "a")), list(secrets(shop, "mail"))) == (["CART_TOKEN"], ["MAIL_TOKEN"])

    def test_a_workflow_tells_of_the_service_that_it_deploys(self) -> None:
        shop = Workspace(("mono",)).worker("mono/a/wrangler.toml", "a").worker("mono/b/wrangler.toml", "b")
        shop.code("mono/a/src/index.ts").code("mono/b/src/index.ts")
        job = ScriptFacts("deploy", "job", 4, (Command(("wrangler", "deploy"), 9, folder="a"),))
        told = (("CLOUDFLARE_API_TOKEN", 11), ("GITHUB_TOKEN", 12))
        shop.add("mono/.github/workflows/a.yml", workflow=WorkflowFacts("a", ("push",), (job,), told))
        assert secrets(shop, "a") == {"CLOUDFLARE_API_TOKEN": ["mono/.github/workflows/a.yml:11"]}
        assert secrets(shop, "b") == {}


class TestDatabases:
    """Which databases a service has."""

    def test_bindings_variables_and_drivers(self) -> None:
        stage = StageFacts(
            bindings={"d1": ({"binding": "DB", "database_name": "orders"},), "hyperdrive": ({"binding": "NEON"},)},
            lines={"d1/DB": 5, "hyperdrive/NEON": 9},
        )
        shop = Workspace().worker("a/wrangler.toml", "a", stages={"": stage})
        shop.code("a/src/index.ts", engines=(("redis", 2),), variables=(Variable("CART_DATABASE_URL", 3),))
        found = shop.services()["a"].databases
        assert [(each.name, each.engine, each.variable) for each in found] == [
            ("orders", "d1", "DB"),
            ("a", "postgres", "NEON"),
            ("cart", "postgres", "CART_DATABASE_URL"),
            ("a", "redis", ""),
        ]
        assert found[0].evidence == (Evidence("a/wrangler.toml", 5),)

    def test_a_variable_may_name_its_engine_alone(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a")
        variables = (Variable("DATABASE_URL", 1), Variable("CLICKHOUSE_URL", 2))
        found = shop.code("a/src/index.ts", variables=variables).services()["a"].databases
        assert [(each.name, each.engine) for each in found] == [("a", "postgres"), ("a", "clickhouse")]

    def test_the_engine_behind_hyperdrive_is_the_one_that_the_code_has_a_driver_for(self) -> None:
        stage = StageFacts(bindings={"hyperdrive": ({"binding": "DB"},)})
        shop = Workspace().worker("a/wrangler.toml", "a", stages={"": stage})
        found = shop.code("a/src/index.ts", engines=(("mysql", 1),)).services()["a"].databases
        assert [(each.engine, each.variable) for each in found] == [("mysql", "DB")]

    def test_what_is_kept_aside_within_a_service_tells_of_nothing(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a").code("a/src/index.ts")
        shop.code("a/attached_assets/x.ts", engines=(("mysql", 1),), variables=(Variable("OLD_TOKEN", 3),))
        found = shop.services()["a"]
        assert (found.databases, found.secrets) == ((), ())

    def test_a_driver_that_nothing_running_imports_and_one_without_a_binding_tell_of_nothing(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a").code("a/src/index.ts", engines=(("d1", 1),))
        assert shop.code("a/src/old.ts", engines=(("postgres", 1),)).services()["a"].databases == ()

    def test_migrations_belong_to_the_database_of_their_engine(self) -> None:
        stage = StageFacts(bindings={"d1": ({"binding": "DB", "database_name": "orders"},)})
        shop = Workspace().worker("a/wrangler.toml", "a", stages={"": stage}).code("a/src/index.ts")
        shop.code("a/src/neon.ts", variables=(Variable("DATABASE_URL", 3),))
        shop.add("a/migrations/0001_a.sql", migration=Migration("0001", "a", "sqlite"))
        shop.add("a/drizzle/0001_a.sql", migration=Migration("0001", "a", "postgres"))
        found = {each.engine: [one.path for one in each.migrations] for each in shop.services()["a"].databases}
        assert found == {"d1": ["a/migrations"], "postgres": ["a/drizzle"]}

    def test_a_variable_has_the_engine_of_the_only_driver(self) -> None:
        shop = Workspace().package("a/package.json", "a", "node a.js")
        shop.code("a/a.js", engines=(("mysql", 1),), variables=(Variable("DATABASE_URL", 3),))
        assert [(each.engine, each.variable) for each in shop.services()["a"].databases] == [("mysql", "DATABASE_URL")]

    def test_a_file_that_wrangler_does_not_read_tells_of_none(self) -> None:
        stage = StageFacts(bindings={"d1": ({"binding": "OLD", "database_name": "old"},)})
        shop = Workspace().worker("a/wrangler.jsonc", "a").worker("a/wrangler.toml", "a", stages={"": stage})
        assert shop.code("a/src/index.ts").services()["a"].databases == ()


class TestHealth:
    """Where a service says how it is."""

    def test_the_configuration_goes_before_the_code(self) -> None:
        shop = Workspace().add("a/fly.toml", deployments=(Deployment("fly", name="a", health="/up", health_line=8),))
        found = shop.code("a/main.py", health=(("/health", 2),)).services()["a"]
        assert (found.health, found.health_evidence) == ("/up", (Evidence("a/fly.toml", 8),))

    def test_what_the_entry_point_leads_to_goes_before_the_rest(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a")
        shop.code("a/src/index.ts", health=(("/status", 2),)).code("a/src/old.ts", health=(("/health", 2),))
        assert shop.services()["a"].health == "/status"

    def test_a_library_has_no_health(self) -> None:
        shop = Workspace().package("a/package.json", "a", library=True)
        found = shop.code("a/index.js", health=(("/health", 2),)).services()["a"]
        assert (found.status, found.health) == ("library", "")

    def test_health_goes_before_other_words(self) -> None:
        shop = Workspace().worker("a/wrangler.toml", "a")
        shop.code("a/src/index.ts", health=(("/up", 2), ("/health", 9), ("/health/deep", 12)))
        assert shop.services()["a"].health == "/health"


def test_tests_and_package_manager() -> None:
    shop = Workspace((".",)).add("pnpm-lock.yaml", kind="lock", manager="pnpm")
    shop.package("a/package.json", "a", "node a.js", tests=("vitest", "pnpm test")).code("a/a.js")
    shop.code("a/a.test.js", kind="test", cases=3).code("a/empty.test.js", kind="test")
    shop.add("b/requirements.txt", package=Package("python")).add("b/uv.lock", kind="lock", manager="uv")
    shop.code("b/app.py", serves=("flask",)).code("b/test_app.py", kind="test", cases=1)
    found = shop.services()
    assert (found["a"].tests, found["a"].package_manager) == (Suite("vitest", "pnpm test", 1), "pnpm")
    assert (found["b"].tests, found["b"].package_manager) == (Suite("pytest", "pytest", 1), "uv")


@pytest.mark.parametrize(
    ("pattern", "folder", "owned"),
    [
        ("*", "a", True),
        ("*", ".", True),
        ("/a/", "a", True),
        ("a/", "x/a", True),
        ("/a/", "x/a", False),
        ("/a", "a/b", True),
        ("/a/*", "a", True),
        ("/a/*", "a/b", False),
        ("/a/**", "a/b", True),
        ("**/b", "a/b", True),
        ("*.ts", "a", False),
        ("/.github/", "a", False),
        ("/ab/", "a", False),
    ],
)
def test_code_owners(pattern: str, folder: str, owned: bool) -> None:
    shop = Workspace((".",)).add("CODEOWNERS", owners=(("/nowhere/", ("@x",)), (pattern, ("@shop/web",))))
    assert details.owners(shop.world(), folder) == (("@shop/web",) if owned else ())


def test_the_last_rule_and_the_first_file_count() -> None:
    shop = Workspace((".",)).add("CODEOWNERS", owners=(("*", ("@root",)),))
    shop.add(".github/CODEOWNERS", owners=(("*", ("@all",)), ("/a/", ("@a",)), ("/b/", ("@b",))))
    world = shop.world()
    assert (details.owners(world, "a"), details.owners(world, "c")) == (("@a",), ("@all",))


class TestStubs:
    """Configurations with next to no code."""

    def test_no_code(self) -> None:
        assert stub(Workspace().worker("a/wrangler.toml", "a"))

    def test_no_code_and_a_build_that_does_not_make_the_entry_point(self) -> None:
        assert stub(Workspace().worker("a/wrangler.toml", "a", build="npm run build"))

    def test_a_constant(self) -> None:
        assert stub(Workspace().worker("a/wrangler.toml", "a").code("a/src/index.ts", lines=6))

    def test_code_that_does_something_is_none(self) -> None:
        shop = (
            Workspace().worker("a/wrangler.toml", "a").code("a/src/index.ts", lines=6, variables=(Variable("KV", 3),))
        )
        assert not stub(shop)

    def test_pages_need_no_code(self) -> None:
        deployment = Deployment("cloudflare", name="a", kind="pages", output="dist", rank=98)
        assert not stub(Workspace().add("a/wrangler.toml", deployments=(deployment,)))


def stub(shop: Workspace) -> bool:
    """Return whether the service a is a stub that says why."""
    found: FoundService = shop.services()["a"]
    return found.status == "stub" and bool(found.reason)


def script(words: tuple[str, ...]) -> ScriptFacts:
    """Return a script of one command, in line 5."""
    return ScriptFacts("deploy.sh", "shell", 1, (Command(words, 5),))


def secrets(shop: Workspace, name: str) -> dict[str, list[str]]:
    """Return the secrets of a service with their evidence."""
    return {each.name: [f"{at.path}:{at.line}" for at in each.evidence] for each in shop.services()[name].secrets}


def test_facts_without_anything_make_nothing() -> None:
    shop = Workspace(files={"README.md": Facts("README.md")})
    assert shop.services() == {}
