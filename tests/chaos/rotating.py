"""What a rotation is tried on: an authority that issues credentials, services that check them, ten sinks, clients."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.centre import Chaos
from tests.vendors.fakes import cloudflare, github, railway, vercel
from tests.vendors.fakes.server import TOKEN, Fake

from chittyops.capabilities.deploy.model import ReleaseOptions
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.model import Level, Part, Slot
from chittyops.kernel import dotenv
from chittyops.kernel.errors import ChittyOpsError
from chittyops.kernel.secret import Secret
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.workflows import ship

HERE = Path(__file__).parent
REQUESTS_PER_SECOND = 50
NAME = "API_TOKEN"
SINKS = {
    "dotenv": "{kind: dotenv}",
    "vars": "{kind: dev-vars}",
    "worker": f"{{kind: cloudflare, account: {cloudflare.ACCOUNT}, script: cart}}",
    "second": f"{{kind: cloudflare, account: {cloudflare.ACCOUNT}, script: mail}}",
    "railway": f"{{kind: railway, project: {railway.PROJECT}, environment: {railway.ENVIRONMENT}, "
    f"service: {railway.SERVICE}}}",
    "rest": f"{{kind: railway, project: {railway.PROJECT}, environment: {railway.ENVIRONMENT}}}",
    "live": f"{{kind: vercel, project: {vercel.PROJECT}, target: production}}",
    "preview": f"{{kind: vercel, project: {vercel.PROJECT}, target: preview}}",
    "actions": f"{{kind: github, repository: {github.REPOSITORY}}}",
    "release": f"{{kind: github, repository: {github.REPOSITORY}, environment: production}}",
}
"""Ten places, of every kind."""


@dataclass
class Authority:
    """Issues credentials over HTTP, and counts what is asked of it. It has an account of its own for nobody."""

    live: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)
    revoked: Counter[str] = field(default_factory=Counter)
    refuses: Callable[[str], bool] = lambda _operation: False
    port: int = 0

    def issue(self, mark: str) -> tuple[str, str]:
        """Return a credential: its id, and its value; a mark that has a living one gets a new value of that."""
        made = self.marks.get(mark, "")
        if made not in self.live:
            made = f"key-{len(self.made) + 1}"
            self.made[mark] += 1
        self.marks[mark] = made
        self.live[made] = f"value-{secrets.token_urlsafe(24)}"
        return made, self.live[made]

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Carry out what the rotator asks for."""
        operation, value = body["operation"], body.get("value", "")
        handle = next((each for each, known in self.live.items() if known == value), "")
        if self.refuses(operation):
            return 403, {}
        if operation == "create":
            handle, value = self.issue(body["mark"])
            return 200, {"handle": handle, "value": value}
        if operation == "discard":
            handle = self.marks.get(body["mark"], "")
        if operation in ("identify", "verify") and not handle:
            return 401, {}
        if operation in ("revoke", "discard") and handle in self.live:
            del self.live[handle]
            self.revoked[handle] += 1
            return 200, {"revoked": True}
        return 200, {"handle": handle, "revoked": False}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request: GET checks the bearer token, POST is the rotator's."""
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
            length = int(headers.get("content-length", 0))
            if head.startswith("POST"):
                status, said = self.answer(json.loads(await reader.readexactly(length)))
            else:
                bearer = head.partition("uthorization: Bearer ")[2].partition("\r\n")[0]
                status, said = (200 if bearer in self.live.values() else 401), {}
            data = json.dumps(said).encode()
            writer.write(
                b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(data), data)
            )
            await writer.drain()
        await _closed(writer)


@dataclass
class Client:
    """Asks the service 50 times a second, each time with the credential that its own file holds just then."""

    address: str
    file: Path
    asked: int = 0
    failed: list[str] = field(default_factory=list)
    values: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Ask until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._ask())
                await asyncio.sleep(1 / REQUESTS_PER_SECOND)

    async def _ask(self) -> None:
        value = dotenv.parse(self.file.read_text()).get(NAME, "")
        self.values.add(value)
        self.asked += 1
        host, _, port = self.address.removeprefix("http://").partition(":")
        try:
            async with asyncio.timeout(20):
                reader, writer = await asyncio.open_connection(host, int(port))
                try:
                    writer.write(f"GET /buy HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {value}\r\n\r\n".encode())
                    said = (await reader.readline()).decode().strip()
                finally:
                    await _closed(writer)
        except (OSError, TimeoutError) as error:
            said = f"{type(error).__name__}: {error}"
        if " 200 " not in said:
            self.failed.append(said)


@dataclass
class Stage:
    """Everything together. ``before`` is the credential in use when it began."""

    authority: Authority
    fakes: dict[str, Fake]
    folder: Path
    before: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """Return what the centre is started with."""
        found = {f"CHITTYOPS_{name.upper()}_URL": fake.url for name, fake in self.fakes.items()}
        tokens = ("CLOUDFLARE_API_TOKEN", "RAILWAY_TOKEN", "VERCEL_TOKEN", "GITHUB_TOKEN")
        return {**found, **dict.fromkeys(tokens, TOKEN), "AUTHORITY": f"http://127.0.0.1:{self.authority.port}"}

    def held(self) -> list[dict[str, str]]:
        """Return what is at each of the ten places."""
        cf, rw, vc, gh = (self.fakes[name] for name in ("cloudflare", "railway", "vercel", "github"))
        assert isinstance(cf, cloudflare.FakeCloudflare)
        assert isinstance(rw, railway.FakeRailway)
        assert isinstance(vc, vercel.FakeVercel)
        assert isinstance(gh, github.FakeGitHub)
        files = [dotenv.parse((self.folder / "shop" / name).read_text()) for name in (".env", ".dev.vars")]
        return [
            *files, cf.workers["cart"], cf.workers["mail"], rw.variables[railway.SERVICE], rw.variables[None],
            vc.held("production"), vc.held("preview"), gh.secrets[""], gh.secrets["production"],
        ]  # fmt: skip

    def write_shared(self, home: Home) -> None:
        """Write a fleet in which services check a token that they share: ``verifier`` accepts it, ``web`` shows it."""
        for name in ("verifier", "web"):
            (self.folder / name).mkdir(parents=True)
            shutil.copy(HERE / "checking_service.py", self.folder / name / "service.py")
        recipient = wiring.new_key(home, SystemClock(), keyring=False)
        deploy = "{command: python -S -E service.py, stop_grace_seconds: 5}"
        (self.folder / "chittyops.yaml").write_text(
            f"""fleet: chaos
environments: {{local: {{provider: local}}}}
secrets:
  recipients: {{centre: {recipient}}}
  policies:
    {NAME}: {{rotate: {{kind: token, overlap_seconds: "1", probe: verifier/check}}}}
services:
  verifier:
    path: verifier
    secrets: {{{NAME}: "sops:{NAME}", {NAME}_PREVIOUS: "sops:{NAME}_PREVIOUS"}}
    deploy: {deploy}
  web:
    path: web
    depends_on: [verifier]
    secrets: {{{NAME}: "sops:{NAME}"}}
    sinks: {{file: {{kind: dotenv}}}}
    deploy: {deploy}
"""
        )
        self.before = "value-of-the-token-that-is-shared-first"
        self._keep(home, NAME, f"{NAME}_PREVIOUS")
        (self.folder / "web" / ".env").write_text(f"{NAME}={self.before}\n")

    def _keep(self, home: Home, *names: str) -> None:
        store = wiring.fleet_store(read_fleet(self.folder), home, {})
        part = Part(Level.FLEET, "", "local")
        store.save(store.open("local"), {Slot(part, name): Secret(self.before) for name in names})

    def write(self, home: Home) -> None:
        """Write the fleet, and its store with the first credential in it."""
        shop = self.folder / "shop"
        shop.mkdir(parents=True)
        shutil.copy(HERE / "checking_service.py", shop / "service.py")
        shutil.copy(HERE / "rotator.py", self.folder / "rotator.py")
        recipient = wiring.new_key(home, SystemClock(), keyring=False)
        sinks = "\n".join(f"      {name}: {target}" for name, target in SINKS.items())
        (self.folder / "chittyops.yaml").write_text(
            f"""fleet: chaos
environments: {{local: {{provider: local}}}}
secrets:
  recipients: {{centre: {recipient}}}
  policies:
    {NAME}: {{rotate: {{kind: command, command: python3 rotator.py, overlap_seconds: "1", probe: shop/buy}}}}
services:
  shop:
    path: shop
    config: {{AUTHORITY: "http://127.0.0.1:{self.authority.port}"}}
    secrets: {{{NAME}: "sops:{NAME}"}}
    deploy: {{command: python -S -E service.py, stop_grace_seconds: 5}}
    sinks:
{sinks}
"""
        )
        _, self.before = self.authority.issue("first")
        self._keep(home, NAME)
        for name in (".env", ".dev.vars"):
            (shop / name).write_text(f"# mine\n{NAME}={self.before}\n")


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """Run the authority and the vendors for the length of the block."""
    authority = Authority()
    server = await asyncio.start_server(authority.serve, "127.0.0.1", 0, backlog=512)
    authority.port = server.sockets[0].getsockname()[1]
    fakes: dict[str, Fake] = {
        "cloudflare": cloudflare.FakeCloudflare(),
        "railway": railway.FakeRailway(),
        "vercel": vercel.FakeVercel(),
        "github": github.FakeGitHub(),
    }
    cf = fakes["cloudflare"]
    assert isinstance(cf, cloudflare.FakeCloudflare)
    cf.workers["mail"] = {}
    async with AsyncExitStack() as stack:
        for fake in fakes.values():
            await stack.enter_async_context(fake)
        try:
            yield Stage(authority, fakes, folder)
        finally:
            server.close()


def deploy(chaos: Chaos) -> str:
    """Deploy the fleet and return the id of the release. Blocks."""
    fleet = ship.read(chaos.folder, None)
    inputs = ship.gather(fleet, chaos.home, SystemClock(), keyed=True)
    plan = ship.propose(chaos.client, fleet, inputs, ship.Wanted())
    ship.upload(chaos.client, plan, inputs, lambda _: None)
    return ship.start(chaos.client, plan, ReleaseOptions()).id


def begin(chaos: Chaos, **body: str) -> str:
    """Ask for a rotation, and return its id. Blocks."""
    asked: dict[str, Any] = {"root": str(chaos.folder), "secret": NAME, "file": "local", "rotator": "command", **body}
    made: Any = chaos.client.post(f"{ship.place('chaos', 'local')}/rotations", asked, key=secrets.token_hex(8))
    return str(made["id"])


async def ended(chaos: Chaos, rotation: str, seconds: float = 600.0) -> dict[str, Any]:
    """Wait for the end of a rotation and return it."""
    async with asyncio.timeout(seconds):
        while True:
            with suppress(ChittyOpsError):
                found: Any = await asyncio.to_thread(chaos.client.get, f"/rotations/{rotation}")
                if found["status"] not in ("queued", "running", "reverting"):
                    return dict(found)
            await asyncio.sleep(0.2)
