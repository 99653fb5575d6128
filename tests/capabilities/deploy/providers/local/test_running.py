"""What the agent says of the configuration that services run with."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.capabilities.deploy.providers.local.driving import Fleet
from tests.capabilities.deploy.providers.local.test_provider import until

from chittyops.kernel.secret import FINGERPRINTS, SecretRef, fingerprint

VALUE = "planted-value-of-the-first-kind"
NEXT = "planted-value-of-the-second-kind"


def key(fleet: Fleet) -> bytes:
    return fleet.home.credential(FINGERPRINTS).reveal().encode()


def write(fleet: Fleet, value: str) -> None:
    folder = fleet.root / "services" / "web"
    folder.mkdir(parents=True, exist_ok=True)
    Path(folder, ".env").write_text(f"API_KEY={value}\n")


async def test_it_tells_variables_and_fingerprints_of_secrets_as_the_process_has_them(own_fleet: Fleet) -> None:
    fleet = own_fleet
    write(fleet, VALUE)
    secrets = {"API_KEY": SecretRef("file", ".env", "API_KEY")}
    target = fleet.target(config={"LOG_LEVEL": "info", "MODE": "safe"}, secrets=secrets)
    assert await fleet.provider.running(fleet.name, "local") == []
    await fleet.deploy(target)
    (running,) = await fleet.provider.running(fleet.name, "local")
    assert (running.service, running.build_id) == ("web", target.build_id)
    assert running.config == {"LOG_LEVEL": "info", "MODE": "safe"}
    assert running.secrets == {"API_KEY": fingerprint(VALUE, key(fleet))}
    assert await fleet.provider.running(fleet.name, "elsewhere") == []


async def test_a_process_that_was_restarted_with_another_value_shows_that_one(own_fleet: Fleet) -> None:
    fleet = own_fleet
    write(fleet, VALUE)
    await fleet.deploy(fleet.target(secrets={"API_KEY": SecretRef("file", ".env", "API_KEY")}))
    write(fleet, NEXT)
    before = set(fleet.processes())
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: set(fleet.processes()) - before, within_seconds=30)
    (running,) = await fleet.provider.running(fleet.name, "local")
    assert running.secrets == {"API_KEY": fingerprint(NEXT, key(fleet))}
