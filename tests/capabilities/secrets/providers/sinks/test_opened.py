"""Pushes are opened with one account for a vendor, and by one process at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.vendors.fakes.cloudflare import ACCOUNT, FakeCloudflare
from tests.vendors.fakes.server import TOKEN

from chittyops.capabilities.secrets.providers.sinks.opened import opened
from chittyops.capabilities.secrets.service.push.places import Source, places
from chittyops.kernel.errors import Conflict
from chittyops.kernel.secret import Secret, SecretRef
from chittyops.kernel.service import Environment, Fleet, Service, Sink
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home


def fleet(root: Path) -> Fleet:
    services = {
        name: Service(
            name,
            name,
            secrets={"KEY": SecretRef("sops", "KEY")},
            sinks=(Sink("w", "cloudflare", {"account": ACCOUNT}),),
        )
        for name in ("cart", "web")
    }
    return Fleet("shop", str(root), Environment("staging"), services)


async def test_all_places_at_a_vendor_share_its_account(tmp_path: Path, home: Home) -> None:
    shop = fleet(tmp_path)
    async with FakeCloudflare() as fake:
        fake.workers["web"] = {}
        environ = {"CLOUDFLARE_API_TOKEN": TOKEN, "CHITTYOPS_CLOUDFLARE_URL": fake.url}
        async with opened(shop, home, environ, SystemClock(), alone=True) as pushes:
            values = {Source(name, "KEY"): Secret(name) for name in shop.services}
            planned = await pushes.plan(places(shop), values)
            await pushes.push(planned.jobs)
        assert fake.workers == {"cart": {"KEY": "cart"}, "web": {"KEY": "web"}}
    assert len(list((home.path / "budgets").glob("cloudflare-*.json"))) == 1


async def test_one_push_at_a_time_and_any_number_of_looks(tmp_path: Path, home: Home) -> None:
    shop, clock = fleet(tmp_path), SystemClock()
    async with opened(shop, home, {}, clock, alone=True):
        with pytest.raises(Conflict, match="staging of shop already"):
            async with opened(shop, home, {}, clock, alone=True):
                pass
        async with opened(shop, home, {}, clock, alone=False):
            pass
    async with opened(shop, home, {}, clock, alone=True):
        pass


async def test_without_a_token_the_place_is_not_reached(tmp_path: Path, home: Home) -> None:
    shop = fleet(tmp_path)
    async with opened(shop, home, {}, SystemClock(), alone=False) as pushes:
        planned = await pushes.plan(places(shop, ["cart"]), {Source("cart", "KEY"): Secret("x")})
    (unreached,) = planned.unreached
    assert "CLOUDFLARE_API_TOKEN" in unreached.error.hint
