"""Workers run in Miniflare, with their bindings; what cannot run is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.capabilities.deploy.providers.local.driving import Fleet, RunningAgent, Said
from tests.capabilities.deploy.providers.local.test_provider import get

from chittyops.capabilities.deploy.model import Check
from chittyops.capabilities.deploy.providers.local.node import OLDEST, Node
from chittyops.capabilities.deploy.providers.local.worker import worker_command
from chittyops.capabilities.deploy.providers.local.wrangler import read_wrangler
from chittyops.kernel.errors import ChittyOpsError, Misconfigured, Unavailable
from chittyops.kernel.secret import SecretRef
from chittyops.kernel.service import Launch
from chittyops.runtime.home import Home

WRANGLER = """
name = "shop-front"
main = "src/index.js"
compatibility_date = "2026-01-01"
[vars]
GREETING = "hello"
[[services]]
binding = "BACKEND"
service = "shop-backend"
[[kv_namespaces]]
binding = "CACHE"
id = "cache"
[[d1_databases]]
binding = "DB"
database_name = "db"
[[r2_buckets]]
binding = "FILES"
bucket_name = "files"
[[queues.producers]]
binding = "JOBS"
queue = "jobs"
"""

INDEX = """
import { health } from "./health.js";
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/health") return health(env);
    if (pathname === "/backend") return env.BACKEND.fetch("http://backend/echo?x=1");
    await env.CACHE.put("key", "cached");
    await env.FILES.put("file", "stored");
    await env.DB.exec("CREATE TABLE IF NOT EXISTS t (n INTEGER)");
    await env.JOBS.send({ job: 1 });
    const file = await env.FILES.get("file");
    console.log("the key is", env.API_KEY);
    return Response.json({
      greeting: env.GREETING, level: env.LEVEL, key: env.API_KEY.length,
      cached: await env.CACHE.get("key"), stored: await file.text(), url: env.BACKEND_URL,
    });
  },
};
"""

HEALTH = "export const health = (env) => Response.json({ build: env.CHITTYOPS_BUILD_ID });\n"
FILES = {"wrangler.toml": WRANGLER, "src/index.js": INDEX, "src/health.js": HEALTH}
WORKER = Launch("worker", "wrangler.toml")


@pytest.fixture(scope="session")
def node_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder where Miniflare is installed once for all tests."""
    return tmp_path_factory.mktemp("node")


@pytest.fixture
def agent(idle_agent: RunningAgent, node_home: Path) -> RunningAgent:
    idle_agent.environ["CHITTYOPS_NODE_HOME"] = str(node_home)
    idle_agent.start()
    return idle_agent


async def prepare_or_skip(fleet: Fleet, agent: RunningAgent) -> None:
    """Install Miniflare; without a network there is nothing to test."""
    try:
        await Node(fleet.home, agent.environ).host_script(fleet.said)
    except Unavailable as error:
        pytest.skip(error.message)


@pytest.mark.node
async def test_a_worker_runs_with_its_bindings(agent: RunningAgent, fleet: Fleet) -> None:
    await prepare_or_skip(fleet, agent)
    _, backend = await fleet.deploy(fleet.target(name="backend"))
    target = fleet.target(
        name="front",
        launch=WORKER,
        files=FILES,
        config={"LEVEL": "debug"},
        secrets={"API_KEY": SecretRef.parse("file:.dev.vars#API_KEY")},
        addresses={"backend": backend.address},
    )
    (Path(target.desired.source) / ".dev.vars").write_text("API_KEY=planted-4711\n")
    prepared, activated = await fleet.deploy(target)
    assert prepared.verified.check is Check.BUILD
    assert await get(activated.address) == {
        "greeting": "hello",
        "level": "debug",
        "key": 12,
        "cached": "cached",
        "stored": "stored",
        "url": backend.address,
    }
    assert (await get(activated.address + "/backend"))["path"] == "/echo?x=1"
    lines = [line async for line in fleet.provider.logs(target.key, tail=100, follow=False)]
    assert not any("planted" in line for line in lines)
    for pid in agent.own():
        assert b"planted" not in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.node
async def test_a_worker_that_needs_a_bundler_says_so(agent: RunningAgent, fleet: Fleet) -> None:
    await prepare_or_skip(fleet, agent)
    files = {**FILES, "src/health.js": 'import { Hono } from "hono";\nexport const health = () => new Hono();\n'}
    target = fleet.target(name="front", launch=WORKER, files=files, addresses={"backend": "http://127.0.0.1:1"})
    with pytest.raises(ChittyOpsError, match="exited with code 1"):
        await fleet.provider.prepare(target, fleet.said)
    assert any("bundle packages in deploy.build" in line for line in fleet.said.lines)


def write(folder: Path, text: str, name: str = "wrangler.toml") -> Path:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "index.js").write_text(INDEX)
    (folder / name).write_text(text)
    return folder / name


def test_wrangler_jsonc_is_read_like_toml(tmp_path: Path) -> None:
    text = """{ // a comment, "quoted"
      "name": "shop-front", /* another */ "main": "src/index.js", "compatibility_date": "2026-01-01",
      "vars": {"GREETING": "hello // no comment, }",},
      "services": [{"binding": "BACKEND", "service": "shop-backend"},],
      "env": {"local": {"vars": {"GREETING": "local"}}},
    }"""
    config = read_wrangler(write(tmp_path, text, "wrangler.jsonc"), "staging")
    assert config.variables == {"GREETING": "hello // no comment, }"}
    assert config.services == {"BACKEND": "shop-backend"}
    assert read_wrangler(tmp_path / "wrangler.jsonc", "local").variables == {"GREETING": "local"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "cannot be read"),
        ('name = "x"', "names no main"),
        ('main = "src/index.ts"', "not a JavaScript module"),
        ('main = "../other.js"', "outside the folder"),
        ('main = "src/none.js"', "there is no file"),
        ('main = "src/index.js"\n[ai]\nbinding = "AI"', "uses ai"),
        ('main = "src/index.js"\n[[services]]\nbinding = "A"', "binding is incomplete"),
    ],
)
def test_a_wrangler_file_that_cannot_be_run_is_explained(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        read_wrangler(write(tmp_path, text), "local")


def test_secret_values_are_not_in_the_configuration(fleet: Fleet, tmp_path: Path) -> None:
    write(tmp_path, WRANGLER)
    target = fleet.target(name="front", launch=WORKER, files={}, addresses={"backend": "http://127.0.0.1:1"})
    command = worker_command(
        target, tmp_path, host_script=Path("h"), port=1, environ={"A": "planted"}, secret={"A"}, data=tmp_path
    )
    document = json.loads(command.stdin)
    assert document["inherited"] == ["A"]
    assert "planted" not in command.stdin.decode() + " ".join(command.argv)
    assert document["services"] == {"BACKEND": "http://127.0.0.1:1"}


def test_a_binding_to_a_service_that_is_no_dependency_is_named(fleet: Fleet, tmp_path: Path) -> None:
    write(tmp_path, WRANGLER)
    target = fleet.target(name="front", launch=WORKER, files={})
    with pytest.raises(Misconfigured, match="BACKEND leads to shop-backend"):
        worker_command(target, tmp_path, host_script=Path("h"), port=1, environ={}, secret=(), data=tmp_path)


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_without_node_a_worker_is_missing_it(home: Home, tmp_path: Path, fleet: Fleet) -> None:
    environ = {"PATH": str(tmp_path)}
    assert Node(home, environ).missing() == f"Node.js {OLDEST} or newer is not installed"
    program(tmp_path, "node", "echo v18.20.1")
    assert Node(home, environ).missing() == f"Node.js {OLDEST} or newer is not installed"
    program(tmp_path, "node", "echo v22.1.0")
    assert Node(home, environ).missing() == "npm, which installs Miniflare, is not installed"
    program(tmp_path, "npm", "exit 1")
    assert Node(home, environ).missing() == ""


@pytest.mark.node
async def test_a_failed_installation_leaves_nothing_and_says_why(home: Home, tmp_path: Path) -> None:
    program(tmp_path, "node", "echo v22.1.0")
    program(tmp_path, "npm", "echo 'no network' >&2; exit 1")
    node = Node(home, {"PATH": f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin"})
    with pytest.raises(Unavailable, match="no network"):
        await node.host_script(Said())
    assert [path.name for path in (home.path / "node").iterdir()] == ["lock"]


def test_the_lock_file_pins_by_hash_and_names_no_registry() -> None:
    from chittyops.capabilities.deploy.providers.local import node

    lock = json.loads((Path(node.__file__).parent / "package-lock.json").read_text())
    packages = [entry for name, entry in lock["packages"].items() if name]
    assert all(entry["integrity"].startswith("sha512-") for entry in packages)
    assert not any("resolved" in entry for entry in packages)


def test_a_plain_service_misses_nothing(fleet: Fleet) -> None:
    assert fleet.provider.missing(fleet.target()) == ""
