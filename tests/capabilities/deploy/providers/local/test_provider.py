"""The local provider end to end: a real agent, real processes, a real stable port."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pyrage  # type: ignore[import-untyped]
import pytest
from tests.capabilities.deploy.providers.local.driving import SERVICE, Fleet

from chittyops.capabilities.deploy.model import Activated, Check, Prepared, Verified
from chittyops.capabilities.deploy.providers.local.wire import ServiceState
from chittyops.capabilities.secrets.providers import sops
from chittyops.kernel.errors import ChittyOpsError, Conflict, Misconfigured, NotFound, Unavailable
from chittyops.kernel.secret import Secret, SecretRef
from chittyops.kernel.service import Health, Launch, Limits
from chittyops.runtime.home import Home


async def get(url: str) -> Any:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(url)).json()


async def until(condition: Any, within_seconds: float = 10.0) -> None:
    async with asyncio.timeout(within_seconds):
        while not condition():
            await asyncio.sleep(0.05)


@pytest.fixture
def fleet(own_fleet: Fleet) -> Fleet:
    return own_fleet


async def state_of(fleet: Fleet) -> ServiceState:
    """Return what the agent says of the only service of a fleet."""
    (state,) = [state for state in await fleet.provider.states() if state.key.startswith(f"{fleet.name}/")]
    return state


async def test_a_service_is_prepared_activated_and_verified(fleet: Fleet) -> None:
    target = fleet.target()
    prepared, activated = await fleet.deploy(target)
    assert prepared == Prepared(target.build_id, prepared.verified)
    assert prepared.verified.check is Check.BUILD
    assert activated.undo == ""
    assert (await fleet.provider.verify(target, activated.address)).check is Check.BUILD
    assert (await get(activated.address))["build"] == target.build_id


async def test_a_prepared_version_gets_no_traffic(fleet: Fleet) -> None:
    _, activated = await fleet.deploy(fleet.target("one"))
    await fleet.provider.prepare(fleet.target("two"), fleet.said)
    assert (await get(activated.address))["build"] == "one"


async def test_the_address_stays_and_the_old_version_stops(fleet: Fleet) -> None:
    _, first = await fleet.deploy(fleet.target("one"))
    _, second = await fleet.deploy(fleet.target("two"))
    assert second == Activated(first.address, "one")
    assert (await get(second.address))["build"] == "two"
    await until(lambda: len(fleet.processes()) == 1)


async def test_every_call_may_be_repeated(fleet: Fleet) -> None:
    await fleet.deploy(fleet.target("one"))
    target = fleet.target("two")
    for _ in range(3):
        assert (await fleet.deploy(target))[1].undo == "one"
    await until(lambda: len(fleet.processes()) == 1)
    for _ in range(3):
        await fleet.provider.revert(target, None, fleet.said)
    assert (await state_of(fleet)).build_id == "one"


async def test_revert_brings_back_the_version_before(fleet: Fleet) -> None:
    await fleet.deploy(fleet.target("one"))
    target = fleet.target("two")
    _, activated = await fleet.deploy(target)
    await until(lambda: len(fleet.processes()) == 1)
    await fleet.provider.revert(target, activated, fleet.said)
    assert (await get(activated.address))["build"] == "one"
    assert len(fleet.processes()) == 1


async def test_revert_of_the_first_version_closes_the_port(fleet: Fleet) -> None:
    target = fleet.target()
    _, activated = await fleet.deploy(target)
    await fleet.provider.revert(target, activated, fleet.said)
    assert fleet.processes() == {}
    with pytest.raises(httpx.ConnectError):
        await get(activated.address)
    again = await fleet.deploy(fleet.target())
    assert again[1].address == activated.address


async def test_revert_of_a_prepared_version_leaves_the_active_one(fleet: Fleet) -> None:
    _, activated = await fleet.deploy(fleet.target("one"))
    target = fleet.target("two")
    await fleet.provider.prepare(target, fleet.said)
    await fleet.provider.revert(target, None, fleet.said)
    assert (await get(activated.address))["build"] == "one"
    assert len(fleet.processes()) == 1


async def test_an_older_attempt_is_refused(fleet: Fleet) -> None:
    await fleet.deploy(fleet.target("one", attempt=2, release="r-7"))
    with pytest.raises(Conflict):
        await fleet.provider.prepare(fleet.target("one", attempt=1, release="r-7"), fleet.said)
    with pytest.raises(Conflict):
        await fleet.provider.prepare(fleet.target("zero", attempt=9, release="r-6"), fleet.said)


async def test_a_newer_attempt_takes_over_from_one_under_way(fleet: Fleet) -> None:
    files = {"service.py": "import time; time.sleep(1)\n" + SERVICE}
    older = fleet.target("one", release="r-1", files=files)
    first = asyncio.create_task(fleet.provider.prepare(older, fleet.said))
    await until(lambda: "started on port" in " ".join(fleet.said.lines))
    second = fleet.target("one", attempt=2, release="r-1", files=files)
    assert (await fleet.provider.prepare(second, fleet.said)).verified.check is Check.BUILD
    with pytest.raises(Unavailable):
        await first
    with pytest.raises(Conflict):
        await fleet.provider.prepare(older, fleet.said)
    assert len(fleet.processes()) == 1


async def test_a_service_that_exits_fails_with_its_last_lines(fleet: Fleet) -> None:
    files = {"service.py": "import sys; print('no database'); sys.exit(7)"}
    with pytest.raises(ChittyOpsError, match="exited with code 7") as caught:
        await fleet.provider.prepare(fleet.target(files=files), fleet.said)
    assert caught.value.permanent
    assert "log: no database" in fleet.said.lines
    assert fleet.processes() == {}


async def test_a_service_that_is_never_healthy_is_stopped(fleet: Fleet) -> None:
    silent = fleet.target(files={"service.py": "import time; time.sleep(60)"}, deploy={"start_timeout_seconds": 0.5})
    with pytest.raises(ChittyOpsError, match="not healthy within"):
        await fleet.provider.prepare(silent, fleet.said)
    assert fleet.processes() == {}


async def test_another_build_is_not_the_expected_one(fleet: Fleet) -> None:
    files = {"service.py": "import os; os.environ['CHITTYOPS_BUILD_ID'] = 'stale'\n" + SERVICE}
    with pytest.raises(ChittyOpsError, match="reports build stale"):
        await fleet.provider.prepare(fleet.target(files=files, deploy={"start_timeout_seconds": 1.0}), fleet.said)


@pytest.mark.parametrize(
    ("protocol", "path", "check"),
    [("http", "/plain", Check.STATUS), ("http", "", Check.PORT), ("tcp", "", Check.PORT), ("none", "", Check.PROCESS)],
)
async def test_services_without_a_health_endpoint(fleet: Fleet, protocol: str, path: str, check: Check) -> None:
    target = fleet.target(health=Health(path), deploy={"protocol": protocol})
    if protocol == "none":
        target = fleet.target(
            health=Health(""), deploy={"protocol": "none"}, files={"service.py": "import time; time.sleep(60)"}
        )
    prepared, activated = await fleet.deploy(target)
    assert prepared.verified.check is check
    assert isinstance(await fleet.provider.verify(target, activated.address), Verified)
    if protocol == "tcp":
        assert (await get(activated.address.replace("tcp", "http")))["build"] == target.build_id


async def test_verify_fails_while_another_version_is_active(fleet: Fleet) -> None:
    _, activated = await fleet.deploy(fleet.target("one"))
    target = fleet.target("two")
    await fleet.provider.prepare(target, fleet.said)
    with pytest.raises(Unavailable, match="build one is active"):
        await fleet.provider.verify(target, activated.address)


async def test_the_environment_is_exactly_what_the_service_may_see(fleet: Fleet) -> None:
    target = fleet.target(config={"LOG_LEVEL": "debug"}, addresses={"cart-store": "http://127.0.0.1:1"})
    _, activated = await fleet.deploy(target)
    environ = await get(activated.address + "/env")
    assert environ["LOG_LEVEL"] == "debug"
    assert environ["CART_STORE_URL"] == "http://127.0.0.1:1"
    assert environ["HOST"] == "127.0.0.1"
    assert environ["CHITTYOPS_SERVICE"] == "web"
    assert environ["CHITTYOPS_ENVIRONMENT"] == "local"
    assert "CHITTYOPS_HOME" not in environ
    assert environ["PATH"].split(":")[0] == str(Path(sys.executable).parent)


async def test_secrets_reach_the_process_and_nothing_else(fleet: Fleet) -> None:
    secrets = {"API_KEY": SecretRef.parse("file:.dev.vars#API_KEY")}
    target = fleet.target(secrets=secrets)
    (Path(target.desired.source) / ".dev.vars").write_text('API_KEY="planted-4711"\n')
    _, activated = await fleet.deploy(target)
    assert (await get(activated.address + "/env"))["API_KEY"] == "planted-4711"
    lines = [line async for line in fleet.provider.logs(target.key, tail=100, follow=False)]
    assert any("secret is [redacted]" in line for line in lines)
    planted = [path for path in fleet.home.path.rglob("*") if path.is_file() and b"planted-4711" in path.read_bytes()]
    assert planted == []
    assert "planted" not in " ".join(fleet.said.lines)


async def test_every_scheme_is_read_when_the_process_starts_and_that_is_recorded(fleet: Fleet) -> None:
    identity = pyrage.x25519.Identity.generate()
    key = fleet.home.file("keys", "age.txt")
    key.write_text(f"{identity}\n")
    key.chmod(0o600)
    store = fleet.root / "secrets" / "all.sops.yaml"
    store.parent.mkdir(parents=True)

    def seal(value: str) -> None:
        document = sops.create("secrets/all.sops.yaml", (str(identity.to_public()),))
        store.write_bytes(sops.dump(sops.with_values(document, {("groups", "core", "TOKEN"): Secret(value)})))

    seal("planted-first")
    secrets = {"TOKEN": SecretRef.parse("sops:TOKEN"), "TEXT": SecretRef("template", "is ${secret:TOKEN}")}
    _, activated = await fleet.deploy(fleet.target("one", secrets=secrets, groups=("core",)))
    environ = await get(activated.address + "/env")
    assert (environ["TOKEN"], environ["TEXT"]) == ("planted-first", "is planted-first")

    seal("planted-second")
    _, activated = await fleet.deploy(fleet.target("two", secrets=secrets, groups=("core",)))
    assert (await get(activated.address + "/env"))["TEXT"] == "is planted-second"
    lines = (fleet.home.path / "audit" / "secret-reads.jsonl").read_text("utf-8").splitlines()
    reads = [json.loads(line) for line in lines]
    assert ("agent", "web", "TEXT", "TOKEN") in {(each["reader"], each["service"], *each["names"]) for each in reads}
    assert "planted" not in "".join(lines)


async def test_a_missing_secret_names_file_and_key(fleet: Fleet) -> None:
    target = fleet.target(secrets={"API_KEY": SecretRef.parse("file:.dev.vars#API_KEY")})
    with pytest.raises(Misconfigured, match=r"\.dev\.vars.*cannot be read"):
        await fleet.provider.prepare(target, fleet.said)
    (Path(target.desired.source) / ".dev.vars").write_text("OTHER=1\n")
    with pytest.raises(Misconfigured, match="has no key API_KEY"):
        await fleet.provider.prepare(target, fleet.said)


async def test_the_build_command_runs_once(fleet: Fleet) -> None:
    files = {"service.py": SERVICE, "build.py": "print('compiled'); open('count', 'a').write('x')"}
    target = fleet.target(files=files, deploy={"build": "python build.py"})
    await fleet.deploy(target)
    await fleet.deploy(target)
    assert fleet.said.lines.count("build: compiled") == 1
    folder = fleet.home.path / "agent" / "builds" / target.key / target.build_id
    assert (folder / "count").read_text() == "x"
    assert not (fleet.home.path / "bundles" / target.desired.content / "count").exists()


async def test_a_build_that_fails_is_permanent(fleet: Fleet) -> None:
    files = {"service.py": SERVICE, "build.py": "raise SystemExit('syntax error in line 3')"}
    with pytest.raises(ChittyOpsError, match="failed with code 1: syntax error in line 3") as caught:
        await fleet.provider.prepare(fleet.target(files=files, deploy={"build": "python build.py"}), fleet.said)
    assert caught.value.permanent


async def test_a_missing_bundle_and_program_are_named(fleet: Fleet) -> None:
    with pytest.raises(Misconfigured, match="cannot start no-such-program"):
        await fleet.provider.prepare(fleet.target(launch=Launch("command", "no-such-program")), fleet.said)
    target = fleet.target(files={})
    (fleet.home.path / "bundles" / target.desired.content).rmdir()
    with pytest.raises(NotFound, match="are not here"):
        await fleet.provider.prepare(target, fleet.said)


async def test_a_procfile_a_module_and_a_script_are_started(fleet: Fleet) -> None:
    for name, launch, files in (
        ("procfile", Launch("procfile", "web"), {"Procfile": "web: python service.py $PORT\n", "service.py": SERVICE}),
        ("module", Launch("module", "package"), {"package/__main__.py": SERVICE}),
    ):
        target = fleet.target(name=name, launch=launch, files=files)
        assert (await fleet.deploy(target))[0].verified.check is Check.BUILD


@pytest.mark.node
async def test_a_package_script_is_started(fleet: Fleet) -> None:
    files = {"package.json": json.dumps({"scripts": {"start": "FOO=1 python3 service.py"}}), "service.py": SERVICE}
    target = fleet.target(launch=Launch("script", "start"), files=files)
    _, activated = await fleet.deploy(target)
    environ = await get(activated.address + "/env")
    assert (environ["npm_lifecycle_event"], environ["FOO"]) == ("start", "1")


async def test_a_crashed_service_is_restarted(fleet: Fleet) -> None:
    target = fleet.target()
    _, activated = await fleet.deploy(target)
    with pytest.raises((httpx.HTTPError, ValueError)):
        await get(activated.address + "/crash")
    async with asyncio.timeout(10):
        while True:
            try:
                await get(activated.address)
            except ValueError:  # "502": no JSON
                await asyncio.sleep(0.05)
            else:
                break
    lines = [line async for line in fleet.provider.logs(target.key, tail=100, follow=False)]
    assert any("exited with code 3; it starts again in" in line for line in lines)


@pytest.mark.slow
async def test_a_service_that_keeps_crashing_is_in_a_crash_loop(fleet: Fleet) -> None:
    files = {"service.py": SERVICE + "\n"}
    target = fleet.target(files=files)
    _, activated = await fleet.deploy(target)
    folder = fleet.home.path / "agent" / "builds" / target.key / target.build_id
    (folder / "service.py").write_text("raise SystemExit(1)")
    await asyncio.gather(get(activated.address + "/crash"), return_exceptions=True)
    async with asyncio.timeout(30):
        while (await state_of(fleet)).state != "crash-loop":
            await asyncio.sleep(0.2)
    assert (await fleet.deploy(fleet.target()))[1].undo == target.build_id


@pytest.mark.skipif(sys.platform != "linux", reason="limits are set on Linux only")
async def test_limits_are_set(fleet: Fleet) -> None:
    files = {"service.py": "import resource; resource_limits = resource.getrlimit(resource.RLIMIT_NOFILE)\n" + SERVICE}
    target = fleet.target(files=files, deploy={"limits": Limits(memory_mb=256, open_files=99)})
    await fleet.deploy(target)
    pid = next(iter(fleet.processes()))
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert f"{256 * 1024 * 1024}" in limits
    assert "Max open files            99" in limits


async def test_logs_can_be_followed(fleet: Fleet) -> None:
    target = fleet.target(launch=Launch("command", "python service.py hello"))
    await fleet.deploy(target)
    async for line in fleet.provider.logs(target.key, tail=100, follow=True):
        if line.endswith(" hello"):
            break
    with pytest.raises(NotFound):
        assert [line async for line in fleet.provider.logs(f"{fleet.name}/local/none", tail=1, follow=False)]


async def test_without_an_agent_the_provider_says_so(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chittyops.capabilities.deploy.providers.local.provider._WAIT_SECONDS", 0.1)
    alone = Fleet(home, tmp_path)
    with pytest.raises(Unavailable, match="not running"):
        await alone.provider.prepare(alone.target(), alone.said)


async def test_only_the_last_builds_are_kept(fleet: Fleet) -> None:
    for _ in range(7):
        await fleet.deploy(fleet.target())
    folder = fleet.home.path / "agent" / "builds" / fleet.name / "local" / "web"
    assert len([path for path in folder.iterdir() if path.is_dir()]) <= 6
