"""``chittyops secrets push`` as a process, against files and fakes of vendors."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.app.serving import serving
from tests.vendors.fakes import server
from tests.vendors.fakes.cloudflare import ACCOUNT, FakeCloudflare
from tests.vendors.fakes.github import REPOSITORY, FakeGitHub
from tests.vendors.fakes.railway import ENVIRONMENT, PROJECT, SERVICE, FakeRailway
from tests.vendors.fakes.server import TOKEN, Fake
from tests.vendors.fakes.vercel import PROJECT as VERCEL_PROJECT
from tests.vendors.fakes.vercel import FakeVercel

from chittyops.kernel import dotenv
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

KILLED = Path(__file__).with_name("killed.py")
VALUES = {"API_KEY": "PlantedApiKey 7f3a9c $x", "SIGNING": "PlantedSigning-51bd0e"}
FLEET = f"""
fleet: shop
environments:
  staging: {{}}
services:
  cart:
    path: cart
    config: {{LOG_LEVEL: debug}}
    secrets: {{API_KEY: "env:SOURCE_API_KEY", SIGNING: "env:SOURCE_SIGNING", NATS_URL: "broker:events"}}
    sinks:
      dev: {{kind: dev-vars}}
      worker: {{kind: cloudflare, account: {ACCOUNT}, script: cart}}
      ci: {{kind: github, repository: {REPOSITORY}}}
      rail: {{kind: railway, project: {PROJECT}, environment: {ENVIRONMENT}, service: {SERVICE}}}
      web: {{kind: vercel, project: {VERCEL_PROJECT}}}
    deploy: {{command: python main.py}}
"""
SINKS = ("dev", "worker", "ci", "rail", "web")
NOTHING: dict[str, dict[str, str]] = {sink: {} for sink in SINKS}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Return what it wrote as JSON."""
        return json.loads(self.out)

    def states(self) -> dict[str, dict[str, str]]:
        """Return the state of each name by sink."""
        return {
            place["sinks"][0].partition("/")[2]: {each["name"]: each["state"] for each in place["changes"]}
            for place in self.data["places"]
        }


@dataclass
class World:
    """A workspace, the vendors it pushes to, and the state directory."""

    root: Path
    home: Path
    cloudflare: FakeCloudflare
    github: FakeGitHub
    railway: FakeRailway
    vercel: FakeVercel
    centre: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment of the command."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "CHITTYOPS_HOME": str(self.home),
            "CLOUDFLARE_API_TOKEN": TOKEN,
            "GITHUB_TOKEN": TOKEN,
            "RAILWAY_TOKEN": TOKEN,
            "VERCEL_TOKEN": TOKEN,
            "CHITTYOPS_CLOUDFLARE_URL": self.cloudflare.url,
            "CHITTYOPS_GITHUB_URL": self.github.url,
            "CHITTYOPS_RAILWAY_URL": self.railway.url,
            "CHITTYOPS_VERCEL_URL": self.vercel.url,
            "MOMENTS": str(self.root / "moments"),
            **{f"SOURCE_{name}": value for name, value in VALUES.items()},
        }

    async def push(self, *arguments: str, kill_at: int = 0, changed: Mapping[str, str] | None = None) -> Ended:
        """Run the command; ``kill_at`` is the moment it is killed at."""
        entry = [str(KILLED), str(kill_at)] if kill_at else ["-m", "chittyops"]
        sources = {f"SOURCE_{name}": value for name, value in (changed or {}).items()}
        process = await asyncio.create_subprocess_exec(
            sys.executable, *entry, "secrets", "push", *arguments,
            cwd=self.root, env={**self.environ, **self.centre, **sources}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())

    def held(self) -> dict[str, dict[str, str]]:
        """Return what is really there, by sink."""
        path = self.root / "cart/.dev.vars"
        own = self.railway.variables[SERVICE].items()
        return {
            "dev": dotenv.parse(path.read_text()) if path.exists() else {},
            "worker": self.cloudflare.workers["cart"],
            "ci": self.github.secrets[""],
            "rail": {name: value for name, value in own if not name.startswith("RAILWAY_")},
            "web": self.vercel.held("preview"),
        }

    def fakes(self) -> tuple[Fake, ...]:
        """Return the vendors."""
        return (self.cloudflare, self.github, self.railway, self.vercel)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    root = tmp_path / "work"
    (root / "cart").mkdir(parents=True)
    (root / "chittyops.yaml").write_text(FLEET)
    (root / "cart/main.py").write_text("")
    async with AsyncExitStack() as stack:
        fakes = [
            await stack.enter_async_context(kind()) for kind in (FakeCloudflare, FakeGitHub, FakeRailway, FakeVercel)
        ]
        yield World(root, tmp_path / "home", *fakes)  # type: ignore[arg-type]


async def test_everything_is_pushed_once(world: World) -> None:
    first = await world.push("--yes", "--json")
    assert (first.code, world.held()) == (0, dict.fromkeys(SINKS, VALUES))
    assert first.states() == dict.fromkeys(SINKS, dict.fromkeys(VALUES, "added"))
    writes = [len(fake.writes()) for fake in world.fakes()]
    again = await world.push("--yes", "--json")
    assert again.states() == dict.fromkeys(SINKS, dict.fromkeys(VALUES, "unchanged"))
    assert [len(fake.writes()) for fake in world.fakes()] == writes
    assert "nothing to push" in again.err


async def test_a_dry_run_changes_nothing(world: World) -> None:
    ended = await world.push("--dry-run")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == [
        f"cart/{name}" for name in SINKS for _ in VALUES
    ]
    assert world.held() == NOTHING
    assert not any(fake.writes() for fake in world.fakes())
    assert "NATS_URL is left out" in ended.err


async def test_without_a_terminal_a_yes_is_needed(world: World) -> None:
    ended = await world.push()
    assert (ended.code, world.held()) == (3, NOTHING)
    assert "--yes" in ended.err


async def test_one_sink_and_one_changed_value(world: World) -> None:
    await world.push("cart", "--yes")
    ended = await world.push("cart", "--sink", "worker", "--yes", "--json", changed={"API_KEY": "PlantedNewer"})
    assert ended.states() == {"worker": {"API_KEY": "changed", "SIGNING": "unchanged"}}
    assert world.cloudflare.workers["cart"]["API_KEY"] == "PlantedNewer"
    assert world.github.secrets[""] == VALUES


async def test_what_is_there_besides_stays_until_it_is_pruned(world: World) -> None:
    world.cloudflare.workers["cart"]["OLD"] = "theirs"
    world.vercel.plant("LOG_LEVEL", "info", "preview")
    await world.push("--yes")
    assert world.cloudflare.workers["cart"] == {"OLD": "theirs", **VALUES}
    ended = await world.push("--prune", "--yes", "--json")
    assert world.cloudflare.workers["cart"] == VALUES
    assert world.vercel.held("preview") == {"LOG_LEVEL": "info", **VALUES}
    assert [place["removed"] for place in ended.data["places"]] == [[], ["OLD"], [], [], []]


async def test_what_was_not_pushed_from_here_is_unknown(world: World) -> None:
    world.cloudflare.workers["cart"] |= VALUES
    ended = await world.push("--sink", "worker", "--dry-run", "--json")
    assert ended.states() == {"worker": dict.fromkeys(VALUES, "unknown")}


async def test_a_failure_in_one_place_is_told_and_completed_by_the_next_push(world: World) -> None:
    world.github.fails = lambda call: call.method == "PUT" and "SIGNING" in call.path
    world.github.faults = [server.after(500)]
    first = await world.push("--yes", "--json")
    assert first.code == 1
    assert "cart/ci: not done: SIGNING" in first.err
    assert "GitHub answered PUT" in first.err
    others = {name: held for name, held in world.held().items() if name != "ci"}
    assert set(map(json.dumps, others.values())) == {json.dumps(VALUES)}
    again = await world.push("--yes", "--json")
    assert (again.code, again.states()["ci"]) == (0, {"API_KEY": "unchanged", "SIGNING": "unfinished"})
    assert world.github.secrets[""] == VALUES


async def test_a_place_that_cannot_be_looked_at_stops_the_push(world: World) -> None:
    world.github.token = "PlantedOtherToken"
    ended = await world.push("--yes")
    assert ended.code == 2
    assert "nothing was pushed anywhere" in ended.err
    assert "GITHUB_TOKEN" in ended.err
    assert TOKEN not in ended.err
    assert world.held() == NOTHING


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["crat"], 3, 'did you mean "cart"?'),
        (["--sink", "workr"], 3, 'did you mean "worker"?'),
        (["--env", "nope"], 2, "nope"),
    ],
)
async def test_mistakes_are_told(world: World, arguments: list[str], code: int, said: str) -> None:
    ended = await world.push(*arguments)
    assert ended.code == code
    assert said in ended.err
    assert "Traceback" not in ended.err


async def test_a_value_that_no_dotenv_file_can_hold_is_told_before_the_yes(world: World) -> None:
    bad = "Planted'\"\n# \\"
    ended = await world.push("--json", changed={"API_KEY": bad})
    assert ended.code == 2
    assert "cart/.dev.vars: the value of API_KEY cannot be written to a dotenv file" in ended.err
    assert "Planted" not in ended.err
    assert not any(fake.writes() for fake in world.fakes())


@pytest.mark.parametrize(
    ("wrangler", "file", "variable"),
    [(f"{{account_id: {ACCOUNT}}}", "", "x"), ("{}", f'account_id = "{ACCOUNT}"\n', "x"), ("{}", "# none\n", ACCOUNT)],
    ids=["section", "file", "variable"],
)
async def test_a_sink_without_account_is_in_that_of_wrangler(
    world: World, wrangler: str, file: str, variable: str
) -> None:
    text = FLEET.replace(f"account: {ACCOUNT}, ", "").replace("    sinks:", f"    wrangler: {wrangler}\n    sinks:")
    (world.root / "chittyops.yaml").write_text(text)
    (world.root / "cart/wrangler.toml").write_text(file)
    world.centre = {"CLOUDFLARE_ACCOUNT_ID": variable}
    ended = await world.push("--sink", "worker", "--yes")
    assert (ended.code, world.cloudflare.workers["cart"]) == (0, VALUES)


async def test_without_any_account_the_three_places_for_it_are_named(world: World) -> None:
    (world.root / "chittyops.yaml").write_text(FLEET.replace(f"account: {ACCOUNT}, ", ""))
    ended = await world.push("--yes")
    assert (ended.code, world.held()) == (2, NOTHING)
    assert "nothing says which Cloudflare account the Worker cart is in" in ended.err
    for each in ("`account`", "`account_id`", "CLOUDFLARE_ACCOUNT_ID"):
        assert each in ended.err


async def test_missing_values_are_all_told_and_nothing_is_pushed(world: World) -> None:
    text = (world.root / "chittyops.yaml").read_text()
    (world.root / "chittyops.yaml").write_text(text.replace("env:SOURCE_", "env:ABSENT_"))
    ended = await world.push("--yes")
    assert ended.code in (1, 2, 3)
    assert "ABSENT_API_KEY" in ended.err
    assert "ABSENT_SIGNING" in ended.err
    assert not any(fake.calls for fake in world.fakes())


async def test_a_running_centre_keeps_it_in_its_audit_log(world: World, home: Home, database: Database) -> None:
    async with serving(home, database) as centre:
        world.centre = {"CHITTYOPS_URL": centre.url, "CHITTYOPS_TOKEN": centre.admin_token}
        ended = await world.push("--yes", "--sink", "worker")
        async with centre.client(centre.admin_token) as client:
            entries = (await client.get("/api/v1/audit")).json()["items"]
    assert ended.code == 0
    assert "audit log" not in ended.err
    (entry,) = [entry for entry in entries if entry["action"] == "secrets.push"]
    assert entry["target"] == "shop/staging"
    (place,) = entry["detail"]["places"]
    assert (place["sinks"], place["written"]) == (["cart/worker"], list(VALUES))
    assert planted(json.dumps(entries)) == []


def planted(text: bytes | str) -> list[str]:
    """Return the values, or the parts of them, that stand in ``text``."""
    data = text if isinstance(text, bytes) else text.encode()
    cores = ("PlantedApiKey", "7f3a9c", "PlantedSigning", "51bd0e", TOKEN)
    return [core for core in cores if core.encode() in data]


async def test_no_value_shows_anywhere_but_where_it_belongs(world: World) -> None:
    world.github.fails = world.github.is_write
    # A vendor that repeats what it was sent; GitHub's is sealed, the others' is not.
    world.railway.fails, world.railway.faults = world.railway.is_write, [server.status(400)]
    world.cloudflare.fails, world.cloudflare.faults = world.cloudflare.is_write, [server.status(400)]
    ended = [
        await world.push("--dry-run"),
        await world.push("--yes"),
        await world.push("--yes", "--json", "--unchanged"),
    ]
    assert [each.code for each in ended] == [0, 3, 0]
    assert world.held() == dict.fromkeys(SINKS, VALUES)
    assert [planted(each.out + each.err) for each in ended] == [[], [], []]
    files = [path for folder in (world.home, world.root) for path in folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if planted(path.read_bytes())] == [".dev.vars"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in world.home.rglob("*"))


def left_behind(world: World) -> list[str]:
    """Return the files beside ``.dev.vars`` that a killed push may leave."""
    return sorted(path.name for path in (world.root / "cart").iterdir() if path.name not in (".dev.vars", "main.py"))


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_killed_at_any_moment_the_next_push_completes_it(world: World, long_form: bool) -> None:
    await world.push("--yes", kill_at=10**6)
    moments = int((world.root / "moments").read_text())
    assert moments > 40
    for number in range(1, moments + 1, 1 if long_form else 9):
        newer = {name: f"{value} {number}" for name, value in VALUES.items()}
        killed = await world.push("--yes", kill_at=number, changed=newer)
        completed = await world.push("--yes", "--json", changed=newer)
        # Places are written to at once: the count of moments may come out a little lower than the first time.
        assert killed.code == -signal.SIGKILL or number > moments - 4
        assert completed.code == 0, (number, completed.err)
        assert world.held() == dict.fromkeys(SINKS, newer), number
        assert left_behind(world) == [], number
        third = await world.push("--dry-run", "--json", changed=newer)
        assert third.states() == dict.fromkeys(SINKS, dict.fromkeys(VALUES, "unchanged")), number
