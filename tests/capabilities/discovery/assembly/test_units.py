"""What is a service, and what is a part of one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.capabilities.discovery.assembly.workspace import Workspace

from chittyops.capabilities.discovery.model.facts import Deployment, Package, Server
from chittyops.capabilities.discovery.service.facts import vercel

SERVER: dict[str, Any] = {"serves": ("express",), "main": True}


def test_a_configuration_that_deploys_makes_a_service() -> None:
    found = Workspace().worker("cart/wrangler.toml", "cart").code("cart/src/index.ts").services()
    assert (found["cart"].path, found["cart"].platform, found["cart"].kind) == ("cart", "cloudflare", "worker")
    assert found["cart"].config_files == ("cart/wrangler.toml",)


def test_two_configurations_of_one_worker_are_one_service() -> None:
    shop = Workspace().worker("cart/wrangler.toml", "cart").worker("cart/wrangler.jsonc", "cart", "src/new.ts")
    shop.worker("cart/wrangler.production.toml", "cart").code("cart/src/new.ts")
    cart = shop.services()["cart"]
    assert cart.config_files == ("cart/wrangler.jsonc", "cart/wrangler.toml", "cart/wrangler.production.toml")
    assert cart.entrypoint == "cart/src/new.ts"


def test_configurations_of_different_workers_are_services_of_their_own() -> None:
    shop = Workspace().worker("cart/wrangler.toml", "cart").worker("cart/wrangler.mail.toml", "mail", "src/mail.ts")
    shop.worker("cart/wrangler.enhanced.toml", "cart-enhanced", "src/more.ts")
    shop.code("cart/src/index.ts").code("cart/src/mail.ts").code("cart/src/more.ts")
    found = shop.services()
    assert {name: each.config_files for name, each in found.items()} == {
        "cart": ("cart/wrangler.toml",),
        "mail": ("cart/wrangler.mail.toml",),
        "cart-enhanced": ("cart/wrangler.enhanced.toml",),
    }
    assert {name: each.status for name, each in found.items()} == {
        "cart": "canonical",
        "mail": "canonical",
        "cart-enhanced": "variant",
    }
    assert (
        found["cart-enhanced"].reason == "wrangler.enhanced.toml deploys the folder of cart again, under another name"
    )


def test_one_file_may_deploy_several() -> None:
    shop = Workspace().add(
        "mono/wrangler.toml",
        kind="config",
        deployments=(
            Deployment("cloudflare", name="gateway", entrypoint="gateway.ts", rank=10),
            Deployment("cloudflare", name="mail", entrypoint="mail.ts", rank=10, line=9),
        ),
    )
    shop.code("mono/gateway.ts").code("mono/mail.ts")
    assert {name: each.entrypoint for name, each in shop.services().items()} == {
        "gateway": "mono/gateway.ts",
        "mail": "mono/mail.ts",
    }


def test_platforms_of_one_folder_are_one_service() -> None:
    shop = Workspace().worker("cart/wrangler.toml", "cart").package("cart/package.json", "cart-app", "node server.js")
    shop.code("cart/src/index.ts").code("cart/server.js", **SERVER)
    shop.add("cart/Dockerfile", deployments=(Deployment("docker", entrypoint="server.js", rank=30),))
    shop.add("compose.yaml", deployments=(Deployment("docker", name="cart-dev", folder="cart", rank=32),))
    cart = shop.services()["cart"]
    assert (cart.platform, cart.platforms) == ("cloudflare", ("cloudflare", "docker", "node"))
    assert cart.config_files == ("cart/wrangler.toml", "compose.yaml", "cart/Dockerfile")


def test_a_harness_an_example_and_a_backup_make_no_service_beside_the_real_one() -> None:
    shop = Workspace().worker("cart/wrangler.toml", "cart").code("cart/src/index.ts")
    shop.worker("cart/wrangler.test.toml", "cart-test", local_only=True)
    shop.worker("cart/wrangler.example.toml", "your-worker", template=True)
    shop.worker("cart/wrangler.toml copy", "old-cart")
    assert list(shop.services()) == ["cart"]


@pytest.mark.parametrize(
    ("told", "path", "status"),
    [
        ({"template": True}, "a/wrangler.toml", "template"),
        ({"local_only": True}, "a/wrangler.toml", "template"),
        ({}, "a/wrangler.toml.bak", "legacy"),
        ({}, "archive/a/wrangler.toml", "legacy"),
        ({}, "legacy-backup/a/wrangler.toml", "legacy"),
        ({}, ".quarantine/a/wrangler.toml", "quarantined"),
        ({}, "templates/a/wrangler.toml", "template"),
        ({}, "examples/a/wrangler.toml", "template"),
    ],
)
def test_what_is_not_alive_says_why(told: dict[str, Any], path: str, status: str) -> None:
    folder = path.rpartition("/")[0]
    found = Workspace().worker(path, "a", **told).code(f"{folder}/src/index.ts", imports=()).services()
    assert found["a"].status == status
    assert found["a"].reason


@pytest.mark.parametrize("folder", ["workers/backup", "db-backup", "email-template", "apps/archive"])
def test_a_service_that_makes_backups_or_templates_is_alive(folder: str) -> None:
    found = Workspace().worker(f"{folder}/wrangler.toml", "a").code(f"{folder}/src/index.ts").services()
    assert found["a"].status == "canonical"


def test_a_backup_of_a_folder_that_is_there_is_kept_aside() -> None:
    shop = Workspace().worker("cart/wrangler.toml", "cart").code("cart/src/index.ts")
    shop.worker("cart-backup/wrangler.toml", "cart-old").code("cart-backup/src/other.ts")
    assert {name: each.status for name, each in shop.services().items()} == {"cart": "canonical", "cart-old": "legacy"}


def test_a_repository_may_be_called_a_template_and_an_examples_folder_not() -> None:
    shop = (
        Workspace(("templates", "mono")).worker("templates/web/wrangler.toml", "web").code("templates/web/src/index.ts")
    )
    shop.worker("mono/examples/web/wrangler.toml", "sample").code("mono/examples/web/src/index.ts")
    assert {name: each.status for name, each in shop.services().items()} == {"web": "canonical", "sample": "template"}


@pytest.mark.parametrize("folder", ["tests/worker", "web/__tests__/fixtures", "node_modules/x", "vendor/x", "dist"])
def test_tests_and_other_peoples_code_are_no_services(folder: str) -> None:
    shop = Workspace().worker(f"{folder}/wrangler.toml", "x").code(f"{folder}/src/index.ts", **SERVER)
    assert shop.package(f"{folder}/package.json", "x", "node server.js").services() == {}


def test_a_gitlink_is_no_service() -> None:
    shop = Workspace().add("compose.yaml", deployments=(Deployment("docker", name="gone", folder="gone", rank=32),))
    assert shop.services() == {}


class TestPackages:
    """Packages that are made to run."""

    def test_a_start_script_makes_a_service(self) -> None:
        shop = Workspace().package("stock/package.json", "@shop/stock", "NODE_ENV=production node server.js")
        stock = shop.code("stock/server.js").services()["stock"]
        assert (stock.platform, stock.kind, stock.entrypoint) == ("node", "service", "stock/server.js")
        assert stock.config_files == ("stock/package.json",)

    @pytest.mark.parametrize(
        "start", ["wrangler dev", "vite", "jest", "turbo start", "pnpm --filter @shop/api start", "node cli.js init"]
    )
    def test_tools_and_delegation_start_nothing(self, start: str) -> None:
        assert Workspace().package("x/package.json", "x", start).code("x/cli.js").services() == {}

    @pytest.mark.parametrize("deploy", ["wrangler deploy", "npx wrangler deploy --env prod", "wrangler publish"])
    def test_a_worker_whose_configuration_is_not_committed(self, deploy: str) -> None:
        shop = Workspace().package("cart/package.json", "cart", "wrangler dev", scripts={"deploy": deploy})
        cart = shop.code("cart/src/index.ts").services()["cart"]
        assert (cart.path, cart.platform, cart.kind) == ("cart", "cloudflare", "worker")

    def test_a_package_that_deploys_by_another_configuration_is_none(self) -> None:
        shop = Workspace().package("cart/package.json", "cart", scripts={"deploy": "wrangler deploy -c ../x.toml"})
        assert shop.services() == {}

    def test_the_root_of_a_monorepo_may_build_a_site_of_its_own(self) -> None:
        shop = Workspace().package("package.json", "shop-site", workspaces=("packages/*",), **VITE)
        shop.add("index.html", kind="config").package("packages/cart/package.json", "cart", "node server.js")
        shop.code("packages/cart/server.js")
        assert {name: each.path for name, each in shop.services().items()} == {
            "shop-site": ".",
            "cart": "packages/cart",
        }

    def test_code_that_listens_makes_a_service_of_its_package(self) -> None:
        shop = Workspace().package("x/package.json", "x").code("x/server.js", **SERVER)
        assert shop.services()["x"].entrypoint == "x/server.js"

    def test_the_root_of_a_monorepo_is_none(self) -> None:
        shop = Workspace(("mono",)).package("mono/package.json", "mono", "turbo start", workspaces=("apps/*",))
        shop.package("mono/apps/cart/package.json", "cart", "node server.js").code("mono/apps/cart/server.js")
        assert list(shop.services()) == ["cart"]

    def test_an_image_of_a_monorepo_belongs_to_the_package_that_it_runs(self) -> None:
        shop = Workspace(("mono",)).package("mono/package.json", "mono", workspaces=("packages/*",))
        deployment = Deployment("docker", entrypoint="packages/engine/dist/server.js", rank=30)
        shop.add("mono/Dockerfile", deployments=(deployment,)).worker("mono/packages/engine/wrangler.toml", "sync")
        shop.package("mono/packages/engine/package.json", "@shop/engine").code("mono/packages/engine/src/index.ts")
        engine = shop.services()["sync"]
        assert engine.platforms == ("cloudflare", "docker")
        assert engine.entrypoint == "mono/packages/engine/src/index.ts"

    def test_members_that_others_use_are_libraries(self) -> None:
        shop = Workspace(("mono",)).package("mono/package.json", "mono", workspaces=("*",))
        shop.package("mono/core/package.json", "@shop/core", private=True).code("mono/core/index.ts")
        shop.package("mono/unused/package.json", "@shop/unused", private=True)
        shop.package("mono/cart/package.json", "cart", "node a.js", dependencies=(("@shop/core", "*", 5),))
        found = shop.services()
        assert sorted(found) == ["cart", "mono-core"]
        assert (found["mono-core"].kind, found["mono-core"].status) == ("library", "library")

    def test_an_action_of_ci_is_none(self) -> None:
        shop = Workspace().package("act/package.json", "act", "node index.js").add("act/action.yml", kind="config")
        assert shop.services() == {}


class TestFrontEnds:
    """Pages: sites of their own, or parts of what serves them."""

    def test_the_client_of_a_worker_is_a_part_of_it(self) -> None:
        shop = Workspace().worker("web/wrangler.toml", "web", output="client/dist").code("web/src/index.ts")
        shop.package("web/client/package.json", "client", **VITE).add("web/client/index.html")
        assert list(shop.services()) == ["web"]

    def test_a_client_that_the_service_builds_is_a_part_of_it(self) -> None:
        shop = Workspace().package("web/package.json", "web", "node a.js", scripts={"build": "cd client && vite build"})
        shop.package("web/client/package.json", "client", **VITE).add("web/client/index.html").code("web/a.js")
        assert list(shop.services()) == ["web"]

    def test_a_front_end_of_its_own_is_a_site(self) -> None:
        shop = Workspace().worker("web/wrangler.toml", "web").code("web/src/index.ts")
        shop.package("web/ui/package.json", "web-dashboard", **VITE).add("web/ui/index.html")
        found = shop.services()
        assert (found["web-dashboard"].kind, found["web-dashboard"].platform) == ("static", "static")

    def test_a_front_end_without_a_page_cannot_be_deployed(self) -> None:
        assert Workspace().package("ui/package.json", "x-ui", **VITE).services() == {}

    def test_a_page_alone_is_a_site_unless_a_service_is_around_it(self) -> None:
        page = Deployment("static", kind="static", entrypoint="index.html", rank=5)
        shop = Workspace().add("landing/index.html", deployments=(page,))
        shop.worker("web/wrangler.toml", "web").code("web/src/index.ts").add(
            "web/pages/index.html", deployments=(page,)
        )
        assert shop.paths() == {"landing": "landing", "web": "web"}


class TestPython:
    """Python programs that serve."""

    def test_a_program_that_serves_is_a_service_of_its_project(self) -> None:
        shop = Workspace().add("cart/pyproject.toml", package=python("cart"))
        shop.code("cart/src/cart/app.py", serves=("fastapi",)).code("cart/src/cart/models.py")
        cart = shop.services()["cart"]
        assert (cart.platform, cart.entrypoint, cart.start) == (
            "python",
            "cart/src/cart/app.py",
            ("module", "cart.app"),
        )

    def test_a_library_is_none(self) -> None:
        assert Workspace().add("lib/pyproject.toml", package=python("lib")).code("lib/lib.py").services() == {}

    def test_a_program_without_a_manifest(self) -> None:
        shop = Workspace().code("jobs/poller/main.py", serves=("flask",), main=True).code("jobs/poller/other.py")
        assert shop.paths() == {"jobs/poller": "poller"}

    def test_a_server_among_scripts_is_a_tool(self) -> None:
        assert Workspace().code("cart/scripts/preview.py", serves=("http",), main=True).services() == {}


class TestMcp:
    """MCP servers."""

    def test_a_package_with_a_command(self) -> None:
        shop = Workspace().package("tools/package.json", "shop-mcp", mcp=True, bin=("dist/index.js",))
        found = shop.code("tools/src/index.ts", serves=("mcp-stdio",), main=True).services()
        assert found["shop-mcp"].kind == "mcp-stdio"

    def test_a_server_in_a_folder_of_its_own_within_a_service(self) -> None:
        shop = Workspace().worker("web/wrangler.toml", "web").code("web/src/index.ts")
        shop.code("web/mcp-server/awareness.js", serves=("mcp-stdio",), main=True)
        shop.code("web/src/mcp/server.ts", serves=("mcp-stdio",), main=True)
        assert list(shop.paths()) == ["web", "web/mcp-server"]

    def test_a_client_configuration_names_one_of_ours(self) -> None:
        shop = Workspace().add(
            ".mcp.json", servers=(Server("notes", "stdio", ("node", "tools/notes/run.mjs"), line=3),)
        )
        shop.add("tools/notes/run.mjs").add("other.json", servers=(Server("fs", "stdio", ("npx", "-y", "@x/fs.js")),))
        assert {name: each.kind for name, each in shop.services().items()} == {"notes": "mcp-stdio"}


VITE: dict[str, Any] = {"dependencies": (("vite", "^7", 3),), "scripts": {"build": "vite build"}}


def python(name: str) -> Package:
    """Return a Python project."""
    return Package("python", name=name)


def test_a_server_for_clients_beside_a_worker_is_a_service_of_its_own() -> None:
    shop = Workspace().worker("wrangler.toml", "shop").code("src/index.ts", serves=("fetch-handler",))
    shop.package("package.json", "@acme/shop", bin=("mcp.js",), mcp=True)
    shop.code("mcp.js", serves=("mcp-stdio",), main=True)
    worker, server = shop.world().services
    assert (worker.name, worker.platforms, worker.kind) == ("shop", ("cloudflare",), "worker")
    assert (server.name, server.platform, server.kind, server.entrypoint, server.status) == (
        "shop-mcp",
        "node",
        "mcp-stdio",
        "mcp.js",
        "canonical",
    )


def test_programs_that_are_kept_aside_without_a_manifest_are_no_services() -> None:
    shop = Workspace().code("archive/mail/a.ts", main=True, serves=("mcp-stdio",))
    assert shop.code("mail/a.ts", main=True, serves=("mcp-stdio",)).paths() == {"mail": "mail"}


def test_folders_side_by_side_that_are_called_templates_are() -> None:
    shop = Workspace()
    for name in ("chat-template", "blog-template", "shop-template", "web"):
        shop.worker(f"{name}/wrangler.toml", name).code(f"{name}/src/index.ts", imports=())
    found = shop.services()
    assert {each.status for name, each in found.items() if name != "web"} == {"template"}
    assert found["web"].status == "canonical"


def test_a_python_package_whose_program_is_a_server_for_clients_is_one_service() -> None:
    server = Package("python", name="acme.notes-mcp", bin=("acme/notes/server",), mcp=True)
    shop = Workspace().add("notes/pyproject.toml", package=server).code("notes/acme/__init__.py")
    shop.code("notes/acme/notes/server.py", serves=("mcp-stdio",), main=True)
    found = shop.services()
    assert list(found) == ["acme.notes-mcp"]
    service = found["acme.notes-mcp"]
    assert (service.path, service.kind, service.entrypoint) == ("notes", "mcp-stdio", "notes/acme/notes/server.py")


def test_a_server_for_clients_may_be_made_in_another_module_than_it_is_started_from() -> None:
    server = Package("python", name="notes-mcp", bin=("notes/main",), mcp=True)
    shop = Workspace().add("notes/pyproject.toml", package=server).code("notes/src/notes/main.py")
    found = shop.services()["notes-mcp"]
    assert (found.kind, found.entrypoint) == ("mcp-stdio", "notes/src/notes/main.py")


def test_a_command_line_with_a_start_script_is_a_package_for_others() -> None:
    shop = Workspace().package("cli/package.json", "acme", start="node dist/index.js", bin=("dist/index.js",))
    shop.code("cli/src/index.ts").code("cli/src/login/callback.ts", serves=("http",), main=True)
    assert {name: each.status for name, each in shop.services().items()} == {"acme": "library"}


def test_a_framework_whose_build_is_a_server_needs_no_start_script() -> None:
    kit: dict[str, Any] = {"dependencies": (("@sveltejs/kit", "^2", 3),), "scripts": {"build": "vite build"}}
    shop = Workspace().package("web/package.json", "web", **kit).code("web/src/routes/+page.ts")
    assert {name: each.kind for name, each in shop.services().items()} == {"web": "service"}


def test_one_file_that_starts_a_folder_in_several_ways_tells_of_several_services() -> None:
    web = Deployment("render", name="web", entrypoint="app.py", start="gunicorn app:app", rank=40)
    beat = Deployment("render", name="beat", entrypoint="app.py", start="celery -A app beat", rank=40)
    shop = Workspace().add("render.yaml", kind="config", deployments=(web, beat)).code("app.py")
    assert {name: each.status for name, each in shop.services().items()} == {"web": "canonical", "beat": "canonical"}


def test_a_module_that_a_command_names_may_be_a_package() -> None:
    web = Deployment("render", name="web", entrypoint="app.py", start="gunicorn app:app", rank=40)
    shop = Workspace().add("render.yaml", kind="config", deployments=(web,)).code("app/__init__.py")
    found = shop.services()["web"]
    assert (found.entrypoint, found.entrypoint_state) == ("app/__init__.py", "present")


def test_settings_for_a_repository_deploy_nothing_of_a_monorepo() -> None:
    hint = Deployment("vercel", rank=vercel.HINT)
    shop = Workspace().add("vercel.json", kind="config", deployments=(hint,))
    shop.package("package.json", "root", workspaces=("apps/*",)).package("apps/web/package.json", "web", "next start")
    assert list(shop.services()) == ["web"]
    alone = Workspace().add("vercel.json", kind="config", deployments=(hint,))
    (found,) = alone.package("package.json", "web", "next start").services().values()
    assert found.platforms == ("node", "vercel")


@pytest.mark.parametrize(
    ("told", "folders"),
    [
        ({"output": "apps/web/.next"}, {"apps/web": "shop"}),
        ({"build": "cd apps/web && npm run build", "output": ".next"}, {"apps/web": "shop"}),
        ({"build": "npm run build"}, {".": "shop", "apps/web": "web"}),
        ({"entrypoint": "worker.ts", "output": "apps/web/dist"}, {".": "shop", "apps/web": "web"}),
    ],
)
def test_a_configuration_at_the_root_belongs_to_the_package_that_it_builds(
    told: dict[str, Any], folders: dict[str, str]
) -> None:
    built = Deployment("vercel", name="shop", rank=80, **told)
    shop = Workspace().add("vercel.json", kind="config", deployments=(built,)).code("worker.ts")
    shop.package("package.json", "root", workspaces=("apps/*",)).package("apps/web/package.json", "web", "next start")
    assert shop.paths() == folders


@pytest.mark.parametrize(
    ("path", "main"),
    [
        ("a/src/e2e-tests/wrangler.jsonc", "worker.ts"),
        ("a/tests-live/wrangler.jsonc", "worker.ts"),
        ("a/wrangler.jsonc", "src/tests/worker.ts"),
    ],
)
def test_a_worker_that_only_tests_run_is_no_service(path: str, main: str) -> None:
    folder = path.rpartition("/")[0]
    assert Workspace().worker(path, "a", main=main).code(f"{folder}/{main}").services() == {}


def test_a_library_for_servers_is_none() -> None:
    shop = Workspace().package("a/package.json", "@shop/kit", mcp=True, library=True, bin=("dist/cli.js",))
    assert {each.kind for each in shop.code("a/src/index.ts").services().values()} == {"library"}
    served = shop.code("a/src/deep/server.ts", serves=("mcp-stdio",)).services()
    assert {each.kind for each in served.values()} == {"mcp-stdio"}


def test_a_program_that_also_speaks_to_clients_of_its_kind_is_no_server_for_them() -> None:
    package = Package("python", name="notes", bin=("notes/cli",), mcp=True)
    shop = Workspace().add("pyproject.toml", package=package).code("notes/cli.py", main=True)
    assert {each.status for each in shop.services().values()} == {"library"}


def test_the_settings_of_a_tool_make_no_stub() -> None:
    image = Deployment("docker", name="shop", rank=30)
    shop = Workspace().add("Dockerfile", kind="config", deployments=(image,)).code("commitlint.config.cjs", lines=3)
    assert shop.services()["shop"].status == "canonical"


def test_compose_files_that_build_one_folder_under_several_names_tell_of_one_service() -> None:
    one = Deployment("docker", name="server", folder="../../apps/cart", rank=32)
    two = Deployment("docker", name="cart", folder="apps/cart", rank=32)
    shop = Workspace().add("apps/cart/compose.yml", kind="config", deployments=(one,)).code("apps/cart/index.ts")
    found = shop.add("compose.yml", kind="config", deployments=(two,)).services()
    assert {name: each.path for name, each in found.items()} == {"cart": "apps/cart"}
    assert found["cart"].config_files == ("apps/cart/compose.yml", "compose.yml")


def test_programs_in_different_languages_are_services_of_their_own_in_one_folder() -> None:
    render = Deployment("render", name="shop-api", entrypoint="main.py", rank=60)
    shop = Workspace().worker("wrangler.jsonc", "shop-web", "src/a.ts").code("src/a.ts").code("main.py")
    found = shop.add("render.yaml", kind="config", deployments=(render,)).services()
    assert {name: each.entrypoint for name, each in found.items()} == {"shop-web": "src/a.ts", "shop-api": "main.py"}


def test_a_container_called_after_its_runtime_is_named_by_its_package() -> None:
    stack = Deployment("docker", name="node", rank=32)
    shop = Workspace().package("cart/package.json", "cart-api", start="node a.js").code("cart/a.js", **SERVER)
    assert set(shop.add("cart/compose.yml", kind="config", deployments=(stack,)).services()) == {"cart-api"}


def test_a_member_that_is_public_and_has_something_to_import_is_a_library() -> None:
    shop = Workspace().package("package.json", "shop", workspaces=("packages/*",))
    shop.package("packages/client/package.json", "shop-client", entrypoint="client.ts").code(
        "packages/client/client.ts"
    )
    shop.package("packages/gone/package.json", "shop-gone", entrypoint="gone.js")
    found = shop.services()
    assert (found["shop-client"].status, set(found)) == ("library", {"shop-client"})


def test_configurations_kept_together_deploy_the_packages_that_they_name() -> None:
    shop = Workspace().worker("iac/cart.toml", "shop-cart", "../services/cart/src/index.ts", standard=False)
    shop.worker("iac/mail.toml", "shop-mail", "../services/mail/src/index.ts", standard=False)
    for name in ("cart", "mail"):
        shop.package(f"services/{name}/package.json", name, start="node a.js").code(f"services/{name}/src/index.ts")
    assert {name: each.path for name, each in shop.services().items()} == {
        "shop-cart": "services/cart",
        "shop-mail": "services/mail",
    }
