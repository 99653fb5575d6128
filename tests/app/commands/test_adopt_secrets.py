"""Scripts that hand secrets on, adopted: what stands in their place brings the same values to the same places."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.needs import BASH
from tests.vendors.fakes.cloudflare import ACCOUNT, FakeCloudflare
from tests.vendors.fakes.server import TOKEN

from chittyops.capabilities.fleet.wiring import read_fleet

FILES = {
    "cart/wrangler.toml": f"""\
name = "cart"
main = "src/index.js"
compatibility_date = "2025-01-01"
account_id = "{ACCOUNT}"
[env.production]
name = "cart-live"
""",
    "cart/src/index.js": """\
export default {
  async fetch(request, env) {
    if (request.headers.get("authorization") !== env.API_KEY) return new Response("no", { status: 401 });
    const found = await fetch(`https://stock.example.com/items?token=${env.STOCK_TOKEN}`);
    return Response.json(await found.json());
  },
};
""",
    "cart/.env.op": "API_KEY=op://Shop/cart/key\nSTOCK_TOKEN=op://Shop/stock/token\n",
    "cart/package.json": json.dumps(
        {"name": "cart", "scripts": {"dev": "op run --env-file=.env.op -- node -e 1"}}, indent=2
    ),
    "cart/scripts/push.sh": """\
#!/usr/bin/env bash
set -euo pipefail
op read "op://Shop/cart/key" | wrangler secret put API_KEY --env production
printf '%s' "$STOCK_TOKEN" | wrangler secret put STOCK_TOKEN --env production
""",
    "cart/scripts/check.sh": '#!/usr/bin/env bash\n: "${API_KEY:?is missing}"\n: "${STOCK_TOKEN:?is missing}"\n',
}
OP = """\
#!/bin/sh
[ "$1" = read ] || exit 0
case "$*" in *op://Shop/cart/key*) value=planted-key-51bd0e ;; *) value=planted-token-7f3a9c ;; esac
case "$*" in *--no-newline*) printf %s "$value" ;; *) echo "$value" ;; esac
"""


@dataclass
class World:
    """A workspace, a vault that answers, the platform, and the environment of commands."""

    root: Path
    cloudflare: FakeCloudflare
    environ: dict[str, str]

    def run(self, *words: str) -> str:
        """Run a command of ours to its end and return what it wrote."""
        done = subprocess.run(
            [sys.executable, "-m", "chittyops", *words],
            cwd=self.root, env=self.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def adopt(self, *words: str) -> dict[str, Any]:
        """Adopt and return what was done."""
        found: dict[str, Any] = json.loads(self.run("adopt", "--yes", "--json", *words))
        return found

    def outcomes(self, *words: str) -> dict[str, tuple[str, str]]:
        """Adopt and return what becomes of each script."""
        return {
            f"{each['path']}#{each['name']}": (each["outcome"], each["command"])
            for each in self.adopt(*words)["scripts"]
        }


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    root, programs = tmp_path / "shop", tmp_path / "bin"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    programs.mkdir()
    (programs / "op").write_text(OP)
    (programs / "op").chmod(0o755)
    ours = programs / "chittyops"
    ours.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chittyops "$@"\n')
    ours.chmod(0o755)
    async with FakeCloudflare() as cloudflare:
        cloudflare.workers["cart-live"] = {}
        environ = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "CHITTYOPS_HOME": str(tmp_path / "home"),
            "CLOUDFLARE_API_TOKEN": TOKEN,
            "CHITTYOPS_CLOUDFLARE_URL": cloudflare.url,
            "OP_SERVICE_ACCOUNT_TOKEN": "x",
            "STOCK_TOKEN": "planted-stock-3c91aa",
        }
        yield World(root, cloudflare, environ)


async def test_they_are_replaced_by_what_does_their_work(world: World) -> None:
    found = await asyncio.to_thread(world.outcomes)
    assert found == {
        "cart/package.json#dev": ("replaced", "chittyops run cart -- node -e 1"),
        "cart/scripts/check.sh#check.sh": ("replaced", "chittyops config validate"),
        "cart/scripts/push.sh#push.sh": ("replaced", "chittyops secrets push cart --env production"),
    }
    await asyncio.to_thread(world.run, "config", "validate", "-q")
    await asyncio.to_thread(world.run, "secrets", "push", "cart", "--env", "production", "--yes")
    assert world.cloudflare.workers["cart-live"] == {
        "API_KEY": "planted-key-51bd0e",
        "STOCK_TOKEN": "planted-stock-3c91aa",
    }
    assert world.cloudflare.workers["cart"] == {}
    shown = await asyncio.to_thread(world.run, "run", "cart", "--", "sh", "-c", 'echo "$API_KEY $STOCK_TOKEN"')
    assert shown == "planted-key-51bd0e planted-token-7f3a9c\n"


@BASH
async def test_shims_run_them_and_nothing_more_is_to_be_done(world: World) -> None:
    await asyncio.to_thread(world.adopt, "--retire")
    shim = world.root / "cart/scripts/push.sh"
    assert "op read" not in shim.read_text()
    process = await asyncio.create_subprocess_exec("bash", str(shim), "--yes", env=world.environ)
    assert await process.wait() == 0
    assert world.cloudflare.workers["cart-live"]["API_KEY"] == "planted-key-51bd0e"
    again = await asyncio.to_thread(world.adopt, "--retire")
    assert (again["files"], again["difference"], again["remarks"]) == ([], "", [])
    fleet = read_fleet(world.root, "production").services["cart"]
    assert [(sink.kind, sink.secrets) for sink in fleet.sinks] == [("cloudflare", ("API_KEY", "STOCK_TOKEN"))]
    await asyncio.to_thread(world.run, "adopt", "--undo", "--yes")
    assert {name: (world.root / name).read_text() for name in FILES} == FILES
