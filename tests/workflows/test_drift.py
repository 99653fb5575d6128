"""What is compared with what: against fakes of vendors that show names alone, and what a centre says."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.vendors.fakes.cloudflare import ACCOUNT, FakeCloudflare
from tests.vendors.fakes.server import TOKEN, status

from chittyops.capabilities.config.service.drift import Seen, Verdict
from chittyops.capabilities.fleet.model.inputs import secret_hash
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.service.push.places import places
from chittyops.kernel.secret import FINGERPRINTS, SecretRef, fingerprint
from chittyops.kernel.service import Fleet
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.workflows.drift import Deployed, Drift, services, sinks

FLEET = f"""\
fleet: shop
environments: {{staging: {{provider: local}}}}
services:
  cart:
    path: cart
    config: {{LOG_LEVEL: debug}}
    secrets: {{API_KEY: "env:SOURCE_API_KEY", OTHER: "env:SOURCE_OTHER", FILED: "file:.secrets#FILED"}}
    sinks: {{worker: {{kind: cloudflare, account: {ACCOUNT}, script: cart, secrets: [API_KEY, OTHER]}}}}
"""
REFERENCE = SecretRef("file", ".secrets", "FILED")
WORKER = f"cloudflare {ACCOUNT} cart"


@pytest.fixture
async def cloudflare() -> AsyncIterator[FakeCloudflare]:
    async with FakeCloudflare() as running:
        yield running


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloudflare: FakeCloudflare) -> Fleet:
    (tmp_path / "cart").mkdir()
    (tmp_path / "cart" / "app.py").touch()
    (tmp_path / "cart" / ".secrets").write_text("FILED=planted-filed-1\n")
    (tmp_path / "chittyops.yaml").write_text(FLEET)
    for name, value in {
        "SOURCE_API_KEY": "planted-key-1",
        "SOURCE_OTHER": "planted-other-1",
        "CLOUDFLARE_API_TOKEN": TOKEN,
        "CHITTYOPS_CLOUDFLARE_URL": cloudflare.url,
    }.items():
        monkeypatch.setenv(name, value)
    return read_fleet(tmp_path)


async def push(fleet: Fleet, home: Home) -> None:
    meant = places(fleet)
    values = wiring.push_values(fleet, meant, wiring.reader(home, os.environ))
    async with wiring.pushes(fleet, home, os.environ, SystemClock()) as pushes:
        planned = await pushes.plan(meant, values)
        await pushes.push(planned.jobs)


async def looked(fleet: Fleet, home: Home) -> Drift:
    return await sinks(fleet, ["cart"], home, SystemClock())


async def verdicts(fleet: Fleet, home: Home) -> dict[str, str]:
    found = await looked(fleet, home)
    assert found.unseen == ()
    assert {each.place for each in found.comparisons} == {WORKER}
    return {each.key: str(each.verdict) for each in found.comparisons}


async def test_a_sink_that_shows_no_values_is_compared_with_the_last_push(
    fleet: Fleet, home: Home, cloudflare: FakeCloudflare, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await verdicts(fleet, home) == {"API_KEY": "not deployed", "OTHER": "not deployed"}
    cloudflare.workers["cart"]["OTHER"] = "somebody put it there"
    assert await verdicts(fleet, home) == {"API_KEY": "not deployed", "OTHER": "unknown"}
    await push(fleet, home)
    assert await verdicts(fleet, home) == {"API_KEY": "in step", "OTHER": "in step"}
    monkeypatch.setenv("SOURCE_API_KEY", "planted-key-2")
    assert await verdicts(fleet, home) == {"API_KEY": "not deployed", "OTHER": "in step"}
    del cloudflare.workers["cart"]["OTHER"]
    assert await verdicts(fleet, home) == {"API_KEY": "not deployed", "OTHER": "drifted"}


async def test_what_cannot_be_reached_or_read_is_told_and_hides_nothing_else(
    fleet: Fleet, home: Home, cloudflare: FakeCloudflare, monkeypatch: pytest.MonkeyPatch
) -> None:
    await push(fleet, home)
    monkeypatch.delenv("SOURCE_OTHER")
    found = await looked(fleet, home)
    assert any("SOURCE_OTHER" in each for each in found.unseen)
    cloudflare.faults = [status(403)] * 20
    found = await looked(fleet, home)
    assert any(each.startswith("cart/worker: ") for each in found.unseen)
    assert "planted" not in repr(found)


def known(home: Home, value: str, *, applied: str = "", live: bool = True) -> dict[str, Deployed]:
    """Return what a centre says of a process that has ``value``; the release brought ``applied``."""
    key = home.credential(FINGERPRINTS).reveal().encode()
    mark = secret_hash(REFERENCE, fingerprint(value, key))
    brought = secret_hash(REFERENCE, fingerprint(applied or value, key))
    seen = {"FILED": mark} if live else None
    return {"cart": Deployed("shop-1", {"LOG_LEVEL": "info"}, {"FILED": brought}, {"LOG_LEVEL": "info"}, seen, "")}


@pytest.mark.parametrize(
    ("value", "applied", "expected"),
    [
        ("planted-filed-1", "", Verdict.IN_STEP),
        ("planted-filed-0", "", Verdict.NOT_DEPLOYED),
        ("planted-filed-9", "planted-filed-1", Verdict.DRIFTED),
    ],
)
def test_secrets_are_compared_by_fingerprint(
    fleet: Fleet, home: Home, value: str, applied: str, expected: Verdict
) -> None:
    found = {
        each.key: each for each in services(fleet, ["cart"], known(home, value, applied=applied), home, keyed=True)
    }
    assert found["FILED"].verdict is expected
    assert found["FILED"].desired.text.startswith("#")
    assert found["LOG_LEVEL"].verdict is Verdict.NOT_DEPLOYED
    assert "planted" not in repr(found)


def test_a_live_secret_that_nobody_can_compare_is_taken_for_the_applied_one(fleet: Fleet, home: Home) -> None:
    there = known(home, "planted-filed-1")["cart"]
    blind = Deployed("shop-1", there.config, there.secrets, there.live_config, {"FILED": ""}, "")
    found = {each.key: each for each in services(fleet, ["cart"], {"cart": blind}, home, keyed=True)}
    assert found["FILED"].live == Seen(there.secrets["FILED"], shown="set")
    assert found["FILED"].verdict is Verdict.IN_STEP


def test_a_service_that_files_no_longer_have_is_compared_too(fleet: Fleet, home: Home) -> None:
    gone = Deployed("shop-1", {"A": "1"}, {}, {"A": "1"}, {}, "")
    (one,) = services(fleet, ["old"], {"old": gone}, home, keyed=True)
    assert (one.service, one.desired.value, one.verdict) == ("old", None, Verdict.NOT_DEPLOYED)


def test_what_is_not_deployed_at_all_is_not_deployed(fleet: Fleet, home: Home) -> None:
    found = list(services(fleet, ["cart"], {}, home, keyed=False))
    assert {each.verdict for each in found} == {Verdict.NOT_DEPLOYED}
    assert [each.key for each in found] == ["LOG_LEVEL", "API_KEY", "OTHER", "FILED"]
