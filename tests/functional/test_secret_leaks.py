"""Secrets are planted, used, and printed by a careless service; then everything the centre keeps is searched."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
import pytest
from tests.functional.processes import Processes

from chittyops.runtime.embedded_postgres import EmbeddedPostgres
from chittyops.runtime.home import Home
from chittyops.runtime.postgres_binaries import binaries_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# The middles are what is searched for; around them stands what formats escape, so that no escaping hides them.
CORES = {"API_KEY": "PlantedApiKey7f3a9c", "PASSWORD": "PlantedPassword51bd0e", "TOKEN": "PlantedToken9c04aa7d"}
VALUES = {name: f'a"&<{core}>é%20$x' for name, core in CORES.items()}
# By design: the owner's file of generated credentials, and the server's own configuration, both 0600.
KEEPERS = ("credentials.json", "nats.json")

FLEET = """
fleet: leaky
environments:
  local: {provider: local}
services:
  vault:
    path: services/vault
    secrets: {API_KEY: "file:.dev.vars#API_KEY", PASSWORD: "file:.dev.vars#PASSWORD", NATS_URL: "broker:events"}
    databases: {orders: {engine: postgres, env: DATABASE_URL}}
    deploy: {command: python -u main.py, build: python -u build.py, start_timeout_seconds: 20}
  shop:
    path: services/shop
    depends_on: [vault]
    secrets: {TOKEN: "file:.env#TOKEN"}
    deploy: {command: python -u main.py, start_timeout_seconds: 20}
"""

SERVICE = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"status": "ok", "build": os.environ["CHITTYOPS_BUILD_ID"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("careless:", dict(os.environ))
for name in ("API_KEY", "PASSWORD", "TOKEN", "DATABASE_URL", "NATS_URL"):
    if name in os.environ:
        sys.stderr.write(f"{name}={os.environ[name]}\\n")
print("it is up")
BROKEN = False
if BROKEN:
    raise SystemExit("cannot go on with " + repr([v for k, v in os.environ.items() if k in ("API_KEY", "PASSWORD")]))
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

BUILD = "import os; print('building with', os.environ.get('API_KEY'), os.environ.get('DATABASE_URL'))\n"


@dataclass
class Watch:
    """Looks at the command lines of the centre's processes, again and again."""

    processes: Processes
    argv: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._stop.wait(0.03):
            for process in self.processes.now():
                try:
                    self.argv.add(" ".join(process.cmdline()))
                except psutil.Error:
                    continue

    def stop(self) -> None:
        self._stop.set()


@dataclass
class Centre:
    """A centre of the test's own, and the fleet's folder."""

    home: Path
    folder: Path
    outputs: list[str] = field(default_factory=list)

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command in the fleet's folder; keep what it printed for the search."""
        command = [sys.executable, "-m", "chittyops", *arguments]
        environ = {**os.environ, "CHITTYOPS_HOME": str(self.home), "CHITTYOPS_PORT": "0"}
        done = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)
        self.outputs += [done.stdout, done.stderr]
        assert done.returncode == code, f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def dump(self) -> str:
        """Return everything the database holds, as text."""
        import asyncio

        binaries = asyncio.run(binaries_for(None))
        url = urlsplit(EmbeddedPostgres(Home(self.home)).url)
        environ = {**os.environ, "PGPASSWORD": url.password or ""}
        command = [str(binaries / "pg_dumpall"), "-h", "127.0.0.1", "-p", str(url.port), "-U", str(url.username)]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    folder = tmp_path / "workspace"
    for service, dotenv in {"vault": ".dev.vars", "shop": ".env"}.items():
        path = folder / "services" / service
        path.mkdir(parents=True)
        path.joinpath("main.py").write_text(SERVICE, "utf-8")
        path.joinpath(dotenv).write_text("".join(f"{k}='{v}'\n" for k, v in VALUES.items()), "utf-8")
    folder.joinpath("services/vault/build.py").write_text(BUILD, "utf-8")
    folder.joinpath("chittyops.yaml").write_text(FLEET, "utf-8")
    centre = Centre(tmp_path / "home", folder)
    try:
        yield centre
    finally:
        centre.run("down")


def forms(core: str) -> set[bytes]:
    """Return how a value shows: as it is, and in base64 wherever it starts in a longer text."""
    found = {core.encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + core.encode())
        # The first and last characters depend on what stands around the value.
        found.add(encoded[4 if shift else 0 : -4].rstrip(b"="))
    return found


def leaks(name: str, content: bytes, secrets: dict[str, str]) -> set[str]:
    return {f"{secret} in {name}" for secret, core in secrets.items() if any(form in content for form in forms(core))}


def in_files(home: Path, secrets: dict[str, str]) -> set[str]:
    found: set[str] = set()
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.name not in KEEPERS:
            found |= leaks(str(path.relative_to(home)), path.read_bytes(), secrets)
    return found


def service_environ(processes: Processes, service: str) -> dict[str, str]:
    """Return the environment of the running service: it must have its secrets."""
    for process in processes.now():
        try:
            environ = process.environ()
        except psutil.Error:
            continue
        if environ.get("CHITTYOPS_SERVICE") == service and "PORT" in environ and "CHITTYOPS_BUILD_ID" in environ:
            return environ
    message = f"{service} does not run"
    raise AssertionError(message)


def break_service(centre: Centre) -> None:
    main = centre.folder / "services" / "vault" / "main.py"
    main.write_text(SERVICE.replace("BROKEN = False", "BROKEN = True"), "utf-8")


def test_the_search_finds_a_secret_in_every_form(tmp_path: Path) -> None:
    value, core = VALUES["API_KEY"], CORES["API_KEY"]
    for number, text in enumerate((value, json.dumps(value), quote(value), repr(value))):
        tmp_path.joinpath(f"{number}").write_text(f"x {text} y", "utf-8")
    for shift in range(3):
        tmp_path.joinpath(f"base64-{shift}").write_bytes(base64.b64encode(b"-" * shift + value.encode() + b"..."))
    assert len(in_files(tmp_path, {"API_KEY": core})) == 7
    assert in_files(tmp_path, {"TOKEN": CORES["TOKEN"]}) == set()


def test_no_secret_is_anywhere_the_centre_keeps_or_shows_anything(centre: Centre) -> None:
    watch = Watch(Processes(centre.home))
    watching = threading.Thread(target=watch.run, daemon=True)
    watching.start()
    centre.run("up")
    centre.run("deploy", "--yes", "--json")
    vault, shop = (service_environ(Processes(centre.home), name) for name in ("vault", "shop"))
    assert (vault["API_KEY"], shop["TOKEN"]) == (VALUES["API_KEY"], VALUES["TOKEN"])
    assert not {"API_KEY", "PASSWORD", "DATABASE_URL"} & shop.keys()
    shown = centre.run("logs", "vault", "--tail", "100")
    assert "it is up" in shown, "the service's log is kept, its secrets are not"

    break_service(centre)
    centre.run("plan", "--json")
    centre.run("deploy", "--yes", code=1)
    centre.run("history", "--json")
    centre.run("status", "--json")

    credentials = json.loads(centre.home.joinpath("credentials.json").read_text("utf-8"))
    generated = {name: value for name, value in credentials.items() if isinstance(value, str)}
    for name in ("DATABASE_URL", "NATS_URL"):
        generated[name] = urlsplit(vault[name]).password or ""
    assert all(len(value) >= 16 for value in generated.values())
    secrets = CORES | generated

    dump = centre.dump()
    assert "leaky" in dump
    found = leaks("the database", dump.encode(), secrets)
    watch.stop()
    watching.join()
    assert any("postgres" in line for line in watch.argv)
    found |= leaks("a command line", "\n".join(watch.argv).encode(), secrets)
    found |= leaks("the output of a command", "\n".join(centre.outputs).encode(), secrets)
    centre.run("down")
    searched = in_files(centre.home, {"said": "it is up", "fleet": "leaky"})
    assert any(name.startswith("said in agent/") for name in searched), "the search reaches the logs of services"
    assert any(name.startswith("fleet in postgres/") for name in searched), "the search reaches the database's files"
    assert found | in_files(centre.home, secrets) == set()
