"""The agent survives its own death: it finds its services again, and nobody else's."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.capabilities.deploy.providers.local.driving import SERVICE, Fleet, RunningAgent
from tests.capabilities.deploy.providers.local.test_provider import get, until

from chittyops.capabilities.deploy.model import Check
from chittyops.capabilities.deploy.providers.local.agent import local_agent
from chittyops.capabilities.deploy.providers.local.process import MARKER
from chittyops.capabilities.deploy.providers.local.wire import RECORD
from chittyops.capabilities.secrets.wiring import reader
from chittyops.kernel.errors import Conflict, Unavailable


async def build_at(address: str) -> object:
    """Return the build that answers, once one does."""
    async with asyncio.timeout(15):
        while True:
            try:
                return (await get(address))["build"]
            except (httpx.HTTPError, ValueError):
                await asyncio.sleep(0.05)


async def test_living_services_are_adopted_after_a_kill(agent: RunningAgent, fleet: Fleet) -> None:
    target = fleet.target()
    _, activated = await fleet.deploy(target)
    before = agent.own()
    agent.kill()
    assert agent.own() == before
    agent.start()
    assert await build_at(activated.address) == target.build_id
    assert agent.own() == before


async def test_output_written_while_there_is_no_agent_is_kept(agent: RunningAgent, fleet: Fleet) -> None:
    ticking = (
        "import threading, time\ndef tick():\n    n = 0\n    while True:\n        n += 1\n        print('tick', n)\n"
    )
    ticking += "        time.sleep(0.05)\nthreading.Thread(target=tick, daemon=True).start()\n"
    target = fleet.target(files={"service.py": ticking + SERVICE})
    await fleet.deploy(target)
    agent.kill()
    await asyncio.sleep(0.5)
    agent.start()
    numbers: list[int] = []
    async for line in fleet.provider.logs(target.key, tail=1000, follow=True):
        _, tick, number = line.rpartition(" tick ")
        if tick:
            numbers.append(int(number))
        if len(numbers) > 20:
            break
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_service_that_died_meanwhile_is_started_again(agent: RunningAgent, fleet: Fleet) -> None:
    target = fleet.target()
    _, activated = await fleet.deploy(target)
    agent.kill()
    for pid in agent.own():
        os.kill(pid, signal.SIGKILL)
    agent.start()
    assert await build_at(activated.address) == target.build_id


async def test_an_adopted_service_is_watched(agent: RunningAgent, fleet: Fleet) -> None:
    target = fleet.target()
    _, activated = await fleet.deploy(target)
    agent.kill()
    agent.start()
    assert await build_at(activated.address) == target.build_id
    (pid,) = agent.own()
    os.kill(pid, signal.SIGKILL)
    await until(lambda: bool(agent.own().keys() - {pid}))
    assert await build_at(activated.address) == target.build_id


async def test_secrets_stay_redacted_after_adoption(agent: RunningAgent, fleet: Fleet) -> None:
    from chittyops.kernel.secret import SecretRef

    printing = "import os, threading, time\ndef tell():\n    while True:\n        print('key', os.environ['API_KEY'])\n"
    printing += "        time.sleep(0.05)\nthreading.Thread(target=tell, daemon=True).start()\n"
    secrets = {"API_KEY": SecretRef.parse("file:.env#API_KEY")}
    target = fleet.target(files={"service.py": printing + SERVICE}, secrets=secrets)
    path = Path(target.desired.source) / ".env"
    path.write_text("API_KEY=planted-0815\n")
    await fleet.deploy(target)
    path.write_text("API_KEY=changed\n")
    agent.kill()
    agent.start()
    count = 0
    async for line in fleet.provider.logs(target.key, tail=1000, follow=True):
        assert "planted-0815" not in line
        count += "key [redacted]" in line
        if count > 30:
            break


async def test_a_process_that_was_not_recorded_yet_is_adopted(agent: RunningAgent, fleet: Fleet) -> None:
    target = fleet.target()
    _, activated = await fleet.deploy(target)
    before = agent.own()
    agent.kill()
    state = fleet.home.path / "agent" / "state" / f"{target.key}.json"
    (pid,) = before
    text = state.read_text()
    assert f'"pid": {pid}' in text
    state.write_text(text.replace(f'"pid": {pid}', '"pid": 999999999'))
    agent.start()
    assert await build_at(activated.address) == target.build_id
    assert agent.own() == before


async def test_orphans_of_this_home_are_ended_and_others_left_alone(agent: RunningAgent, fleet: Fleet) -> None:
    await fleet.deploy(fleet.target())
    (marker,) = agent.own().values()
    agent.kill()
    orphan, stranger = sleeping(marker.replace("web", "gone")), sleeping("another-home/shop/local/web/1")
    try:
        agent.start()
        await asyncio.to_thread(orphan.wait, 10)
        assert orphan.returncode == -signal.SIGKILL
        assert stranger.poll() is None
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.wait()


def sleeping(marker: str) -> subprocess.Popen[bytes]:
    """Start a process that bears ``marker``."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={**os.environ, MARKER: marker})


async def test_services_stop_with_the_agent_and_come_back_with_it(agent: RunningAgent, fleet: Fleet) -> None:
    target = fleet.target()
    _, activated = await fleet.deploy(target)
    agent.stop()
    assert agent.own() == {}
    agent.start()
    assert await build_at(activated.address) == target.build_id


async def test_a_stubborn_service_is_killed_after_its_grace_children_too(agent: RunningAgent, fleet: Fleet) -> None:
    stubborn = "import signal, subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time, signal; "
    stubborn += "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)'], start_new_session=True)\n"
    files = {"service.py": stubborn + SERVICE.replace("signal.signal(signal.SIGTERM", "signal.signal(signal.SIGUSR1")}
    files["service.py"] += "\n"
    target = fleet.target(files=files, deploy={"stop_grace_seconds": 0.5})
    await fleet.deploy(target)
    assert len(agent.own()) == 2
    await fleet.provider.revert(target, None, fleet.said)
    assert agent.own() == {}


async def test_a_kill_at_any_moment_of_a_deploy_converges(agent: RunningAgent, fleet: Fleet) -> None:
    await fleet.deploy(fleet.target("one", release="shop-1"))
    attempt = 0
    for moment_seconds in (0.05, 0.15, 0.3, 0.45, 0.6):
        attempt += 1
        target = fleet.target("two", release="shop-2", attempt=attempt)
        deploying = asyncio.create_task(fleet.deploy(target))
        await asyncio.sleep(moment_seconds)
        agent.kill()
        agent.start()
        await asyncio.gather(deploying, return_exceptions=True)
    prepared, activated = await fleet.deploy(fleet.target("two", release="shop-2", attempt=attempt + 1))
    assert prepared.verified.check is Check.BUILD
    assert activated.undo == "one"
    assert await build_at(activated.address) == "two"
    await until(lambda: len(agent.own()) == 1)


async def test_a_call_during_a_restart_says_that_it_may_be_repeated(agent: RunningAgent, fleet: Fleet) -> None:
    files = {"service.py": "import time; time.sleep(20)"}
    deploying = asyncio.create_task(fleet.deploy(fleet.target(files=files)))
    await until(lambda: bool(agent.own()))
    agent.kill()
    with pytest.raises(Unavailable):
        await deploying


async def test_there_is_one_agent_for_a_home(agent: RunningAgent, fleet: Fleet) -> None:
    await until(lambda: fleet.home.read_private(RECORD) is not None)
    with pytest.raises(Conflict, match="running already"):
        await local_agent(fleet.home, os.environ, lambda _: reader(fleet.home, os.environ))


async def test_the_agent_asks_for_its_token(agent: RunningAgent, fleet: Fleet) -> None:
    await until(lambda: fleet.home.read_private(RECORD) is not None)
    record = fleet.home.read_private(RECORD)
    assert record is not None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{record['port']}", trust_env=False) as client:
        for path in ("/v1/services", "/v1/logs/a/b/c", "/v1/operations/prepare", "/anything"):
            assert (await client.get(path)).status_code == 401
            wrong = {"Authorization": "Bearer wrong"}
            assert (await client.get(path, headers=wrong)).status_code == 401
