"""What the entry points of services lead to."""

from __future__ import annotations

import pytest
from tests.capabilities.discovery.graph.worlds import package, read, worker

from chittyops.capabilities.discovery.service import graph

USE = 'import "./used"\nexport default { fetch: () => new Response("") }\n'
CODE = "export const x = 1\n"


def reached(files: dict[str, str], name: str = "web") -> set[str]:
    """Return what the service of a name reaches."""
    world = read(files)
    service = next(each for each in world.services if each.name == name)
    return set(graph.reachable(world, service))


def test_it_begins_with_the_main_file_of_the_configuration() -> None:
    files = {"wrangler.json": worker("web"), "src/index.ts": USE, "src/used.ts": CODE, "src/unused.ts": CODE}
    assert reached(files) == {"src/index.ts", "src/used.ts"}


def test_tests_and_scripts_do_not_make_code_reachable() -> None:
    files = {
        "wrangler.json": worker("web"),
        "src/index.ts": CODE,
        "src/used.ts": CODE,
        "tests/a.test.ts": 'import "../src/used"\n',
        "scripts/run.ts": 'import "../src/used"\n',
    }
    assert reached(files) == {"src/index.ts"}


def test_aliases_of_the_compiler_are_followed() -> None:
    files = {
        "wrangler.json": worker("web"),
        "tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"~lib/*": ["lib/*"]}} }',
        "src/index.ts": 'import "~lib/a"\nimport "lib/b"\n',
        "lib/a.ts": CODE,
        "lib/b.ts": CODE,
    }
    assert reached(files) == {"src/index.ts", "lib/a.ts", "lib/b.ts"}


def test_a_build_output_begins_with_what_the_build_reads() -> None:
    files = {
        "wrangler.json": worker("web").replace("src/index.ts", "dist/index.js"),
        "package.json": package("web", scripts={"build": "esbuild src/server.ts --bundle --outfile=dist/index.js"}),
        "src/server.ts": USE,
        "src/used.ts": CODE,
        "src/unused.ts": CODE,
    }
    assert reached(files) == {"src/server.ts", "src/used.ts"}


def test_a_build_output_without_a_known_build_begins_with_the_source_of_its_name() -> None:
    files = {
        "wrangler.json": worker("web").replace("src/index.ts", "dist/index.js"),
        "src/index.ts": USE,
        "src/used.ts": CODE,
        "src/unused.ts": CODE,
    }
    assert reached(files) == {"src/index.ts", "src/used.ts"}


def test_pages_begin_with_the_script_beside_them() -> None:
    files = {
        "package.json": package(
            "web", scripts={"build": "vite build", "start": "vite preview"}, dependencies={"vite": "^7"}
        ),
        "vercel.json": '{"buildCommand": "vite build"}',
        "index.html": '<script type="module" src="/src/main.tsx"></script>',
        "src/main.tsx": 'import "./used"\n',
        "src/used.ts": CODE,
        "src/unused.ts": CODE,
    }
    world = read(files)
    assert world.services
    assert set(graph.reachable(world, world.services[0])) == {"index.html", "src/main.tsx", "src/used.ts"}


@pytest.mark.parametrize(
    "page", ["app/page.tsx", "app/api/x/route.ts", "pages/index.tsx", "src/app/page.tsx", "middleware.ts"]
)
def test_a_framework_begins_with_all_files_of_its_folders(page: str) -> None:
    files = {
        "package.json": package(
            "web", scripts={"build": "next build", "start": "next start"}, dependencies={"next": "15"}
        ),
        "vercel.json": "{}",
        page: CODE,
        "lib/unused.ts": CODE,
    }
    world = read(files)
    assert world.services
    assert set(graph.reachable(world, world.services[0])) == {page}


def test_functions_of_pages_begin_where_they_lie() -> None:
    files = {
        "wrangler.json": '{"name": "web", "pages_build_output_dir": "dist", "compatibility_date": "2025-01-01"}',
        "functions/api/x.ts": 'import "../../lib/used"\n',
        "lib/used.ts": CODE,
        "lib/unused.ts": CODE,
    }
    assert reached(files) == {"functions/api/x.ts", "lib/used.ts"}


def test_libraries_of_the_workspace_are_followed() -> None:
    files = {
        "package.json": package("root", workspaces=["apps/*", "packages/*"]),
        "apps/web/package.json": package("web"),
        "apps/web/wrangler.json": worker("web"),
        "apps/web/src/index.ts": 'import { kit } from "@acme/kit"\n',
        "packages/kit/package.json": package("@acme/kit", main="dist/index.js"),
        "packages/kit/src/index.ts": CODE,
    }
    assert reached(files) == {"apps/web/src/index.ts", "packages/kit/src/index.ts"}


def test_where_no_entry_is_known_all_code_but_tests_counts() -> None:
    files = {
        "wrangler.json": worker("web").replace("src/index.ts", "lost/there.ts"),
        "lib/a.ts": CODE,
        "lib/b.ts": CODE,
        "lib/a.test.ts": 'import { it } from "vitest"\nit("x", () => {})\n',
    }
    assert reached(files) == {"lib/a.ts", "lib/b.ts"}


def test_imports_in_a_circle_end() -> None:
    files = {"wrangler.json": worker("web"), "src/index.ts": 'import "./a"\n', "src/a.ts": 'import "./index"\n'}
    assert reached(files) == {"src/index.ts", "src/a.ts"}


def test_imports_of_the_package_itself_are_followed() -> None:
    files = {
        "wrangler.json": worker("web"),
        "package.json": package("web", imports={"#lib/*": "./lib/*.js"}),
        "src/index.ts": 'import "#lib/a"\n',
        "lib/a.ts": CODE,
        "lib/b.ts": CODE,
    }
    assert reached(files) == {"src/index.ts", "lib/a.ts"}


def test_python_follows_absolute_and_relative_imports() -> None:
    files = {
        "Dockerfile": 'FROM python:3.13\nCOPY . .\nCMD ["uvicorn", "app.main:app"]\n',
        "requirements.txt": "fastapi\nuvicorn\n",
        "app/__init__.py": "",
        "app/main.py": "from fastapi import FastAPI\nfrom app.api import users\nfrom .settings import load\n",
        "app/api/users.py": "x = 1\n",
        "app/settings.py": "def load(): ...\n",
        "app/unused.py": "x = 1\n",
    }
    world = read(files)
    assert world.services
    found = graph.reachable(world, world.services[0])
    assert {"app/main.py", "app/api/users.py", "app/settings.py"} <= found
    assert "app/unused.py" not in found


def test_a_start_command_that_runs_a_build_output_begins_with_its_source() -> None:
    files = {
        "package.json": package("billing", scripts={"build": "tsc", "start": "node dist/server.js"}),
        "Procfile": "web: npm start\n",
        "src/server.ts": USE,
        "src/used.ts": CODE,
        "src/unused.ts": CODE,
    }
    assert reached(files, "billing") == {"src/server.ts", "src/used.ts"}


def test_a_server_for_clients_and_the_worker_beside_it_begin_with_their_own_files() -> None:
    serves = 'import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"\nimport "./src/tools"\n'
    files = {
        "wrangler.json": worker("web"),
        "package.json": package("web", bin={"web-mcp": "./mcp.js"}, scripts={"mcp": "node mcp.js"}),
        "mcp.js": f"{serves}await server.connect(new StdioServerTransport())\n",
        "src/tools.ts": "export const tools = []\n",
        "src/index.ts": "export default { fetch() {} }\n",
    }
    assert reached(files) == {"src/index.ts"}
    assert reached(files, "web-mcp") == {"mcp.js", "src/tools.ts"}


def test_scripts_of_a_manifest_are_those_of_the_main_service_of_its_folder() -> None:
    files = {
        "wrangler.json": worker("web"),
        "wrangler.gateway.json": worker("gateway").replace("src/index.ts", "src/gateway.ts"),
        "package.json": package("web", scripts={"build": "esbuild src/extra.ts --bundle --outfile=dist/extra.js"}),
        "src/index.ts": CODE,
        "src/gateway.ts": CODE,
        "src/extra.ts": CODE,
    }
    assert reached(files, "gateway") == {"src/gateway.ts"}
    assert reached(files, "web") == {"src/index.ts", "src/extra.ts"}


def test_a_package_within_a_library_is_none_of_it() -> None:
    files = {
        "kit/package.json": '{"name": "kit", "main": "index.js", "exports": "./index.js", "bin": "./index.js"}',
        "kit/index.js": CODE,
        "kit/tool/package.json": package("tool"),
        "kit/tool/call.js": CODE,
    }
    assert reached(files, "kit") == {"kit/index.js"}


def test_python_reaches_the_module_that_is_named_and_not_the_whole_package() -> None:
    files = {
        "Dockerfile": 'FROM python:3.13\nCOPY . .\nCMD ["python", "main.py"]\n',
        "requirements.txt": "flask\n",
        "main.py": "from flask import Flask\nfrom jobs import mail, Queue\napp = Flask(__name__)\n",
        "jobs/__init__.py": "",
        "jobs/mail.py": "from jobs.parts import layout\n",
        "jobs/parts/layout.py": "x = 1\n",
        "jobs/parts/unused.py": "x = 1\n",
        "jobs/unused.py": "x = 1\n",
    }
    world = read(files)
    (service,) = world.services
    assert graph.reachable(world, service) == {"main.py", "jobs/__init__.py", "jobs/mail.py", "jobs/parts/layout.py"}


def test_programs_of_a_package_and_servers_for_clients_are_entry_points() -> None:
    server = 'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"\n'
    server += 'import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"\nimport "./used"\n'
    server += "const s = new McpServer({})\nawait s.connect(new StdioServerTransport())\n"
    files = {
        "package.json": package("shop", scripts={"start": "node src/server.js"}, bin={"shop-admin": "dist/admin.js"}),
        "src/server.js": "require('express')().listen(3000)\n",
        "src/admin.ts": CODE,
        "src/mcp.js": f"#!/usr/bin/env node\n{server}",
        "src/used.js": CODE,
        "src/unused.js": CODE,
    }
    assert reached(files, "shop") == {"src/server.js", "src/admin.ts", "src/mcp.js", "src/used.js"}


def test_without_an_entry_point_examples_are_no_part_of_the_product() -> None:
    files = {"a/Dockerfile": "FROM golang\nCMD ./a\n", "a/lib/b.py": "x = 1\n", "a/examples/c.py": "x = 2\n"}
    assert reached(files, "a") == {"a/lib/b.py"}
