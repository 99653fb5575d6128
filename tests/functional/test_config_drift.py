"""``chittyops config diff`` against a real centre, real processes and a real sink: in step, not deployed, drifted."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.capabilities.deploy.providers.local.driving import SERVICE, processes
from tests.functional.test_secret_leaks import Centre

from chittyops.runtime.home import Home

FLEET = """\
fleet: drifting
environments: {local: {provider: local}}
services:
  web:
    path: web
    config: {LOG_LEVEL: info, MODE: safe}
    secrets: {API_KEY: "file:.secrets#API_KEY", OTHER: "file:.secrets#OTHER"}
    deploy: {command: python service.py}
    sinks: {vars: {kind: dev-vars}}
"""
PLANTED = "planted-7f3a19"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    folder = tmp_path / "workspace"
    (folder / "web").mkdir(parents=True)
    (folder / "web" / "service.py").write_text(SERVICE)
    (folder / "chittyops.yaml").write_text(FLEET)
    found = Centre(tmp_path / "home", folder)
    write_secrets(found, "one")
    try:
        yield found
    finally:
        found.run("down")


def write_secrets(centre: Centre, word: str) -> None:
    (centre.folder / "web" / ".secrets").write_text(f"API_KEY={PLANTED}-{word}\nOTHER={PLANTED}-other\n")


def diff(centre: Centre, *arguments: str, code: int = 0) -> dict[tuple[str, str], str]:
    """Return the verdicts by place and key."""
    data = json.loads(centre.run("config", "diff", "--json", *arguments, code=code))
    return {(each["place"], each["key"]): each["verdict"] for each in data["items"]}


def verdicts(centre: Centre, *arguments: str) -> dict[str, str]:
    """Return the verdicts on the service itself."""
    return {key: verdict for (place, key), verdict in diff(centre, *arguments).items() if not place}


def until(condition: Callable[[], Any], within_seconds: float = 30.0) -> None:
    give_up_at = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


def restart(centre: Centre) -> None:
    """Kill the service and wait until the agent has started it again."""
    home = Home(centre.home)
    before = set(processes(home, "drifting/"))
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: set(processes(home, "drifting/")) - before)


def test_what_files_say_what_was_applied_and_what_runs(centre: Centre) -> None:
    first = verdicts(centre, "--exit-code")
    assert first == dict.fromkeys(("LOG_LEVEL", "MODE", "API_KEY", "OTHER"), "not deployed")

    centre.run("deploy", "-y")
    assert verdicts(centre, "--exit-code") == {}
    assert verdicts(centre, "--all") == dict.fromkeys(first, "in step")

    fleet_file = centre.folder / "chittyops.yaml"
    fleet_file.write_text(FLEET.replace("LOG_LEVEL: info", "LOG_LEVEL: debug"))
    shown = json.loads(centre.run("config", "diff", "web", "--json", "--exit-code"))
    (level,) = [each for each in shown["items"] if not each["place"]]
    assert (level["desired"], level["applied"], level["live"]) == ("debug", "info", "info")
    assert level["verdict"] == "not deployed"
    fleet_file.write_text(FLEET)

    write_secrets(centre, "two")
    assert verdicts(centre) == {"API_KEY": "not deployed"}
    restart(centre)
    assert verdicts(centre) == {}, "what runs is what files say"
    write_secrets(centre, "one")
    assert diff(centre, "--exit-code", code=1)["", "API_KEY"] == "drifted"
    centre.run("deploy", "-y", "--force")
    assert verdicts(centre, "--exit-code") == {}

    assert PLANTED not in "".join(centre.outputs)
    assert PLANTED not in centre.dump()


def test_a_sink_that_somebody_changed_has_drifted(centre: Centre) -> None:
    place = "dev-vars web/.dev.vars"
    assert diff(centre)[place, "API_KEY"] == "not deployed"
    centre.run("secrets", "push", "-y")
    assert (place, "API_KEY") not in diff(centre)
    assert diff(centre, "--all")[place, "API_KEY"] == "in step"
    write_secrets(centre, "two")
    assert diff(centre, "--exit-code")[place, "API_KEY"] == "not deployed"
    file = centre.folder / "web" / ".dev.vars"
    file.write_text(file.read_text().replace(f"{PLANTED}-one", f"{PLANTED}-by-hand"))
    found = diff(centre, "--exit-code", code=1)
    assert found[place, "API_KEY"] == "drifted"
    assert (place, "OTHER") not in found
    assert PLANTED not in "".join(centre.outputs)


def test_deploy_publishes_what_files_say(centre: Centre) -> None:
    centre.run("deploy", "-y")
    record = json.loads((centre.home / "run" / "api.json").read_text())
    token = Home(centre.home).credential("admin_token").reveal()
    request = urllib.request.Request(
        f"{record['address']}/api/v1/configurations/drifting/services/web", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as response:
        values = json.load(response)["environments"]["local"]
    assert {each["key"]: each["value"] for each in values if each["section"] == "config"} == {
        "LOG_LEVEL": "info",
        "MODE": "safe",
    }
    assert "configuration is not published" not in "".join(centre.outputs)


def test_publish_tells_of_configuration_and_what_is_wrong_with_it_stands_in_nothings_way(centre: Centre) -> None:
    centre.run("publish")
    assert "open configuration" in centre.outputs[-1]
    (centre.folder / "chittyops.yaml").write_text(FLEET.replace("MODE: safe", "MODE: ${nobody.MODE}"))
    centre.run("publish")
    assert "the configuration is not published" in centre.outputs[-1]
    (centre.folder / "chittyops.yaml").unlink()
    centre.run("publish")
    assert "configuration" not in centre.outputs[-1]


def test_an_unknown_service_is_no_service(centre: Centre) -> None:
    centre.run("config", "diff", "wev", code=3)
    assert "web" in centre.outputs[-1]
