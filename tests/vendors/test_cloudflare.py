"""Cloudflare's client against a stateful fake that is held against Cloudflare's description."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.vendors.accounts import Time, account
from tests.vendors.fakes import server
from tests.vendors.fakes.cloudflare import ACCOUNT, FakeCloudflare

from chittyops.kernel.errors import Misconfigured, NotFound, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import CLOUDFLARE
from chittyops.vendors.cloudflare import PAGE, Tokens, Workers
from chittyops.vendors.http import Account

GROUP = {"id": "c8fed203ed3043cba015a93ad1616f1f"}
ALLOWED: dict[str, Any] = {"effect": "allow", "resources": {f"com.cloudflare.api.account.{ACCOUNT}": "*"}}
POLICY = {
    **ALLOWED,
    "id": "f267e341f3dd4697bd3b9f71dd96247f",
    "permission_groups": [{**GROUP, "name": "Zone Read"}],
}


@pytest.fixture
async def fake() -> AsyncIterator[FakeCloudflare]:
    async with FakeCloudflare() as running:
        yield running


@pytest.fixture
async def api(fake: FakeCloudflare, tmp_path: Path) -> AsyncIterator[Account]:
    async with account(CLOUDFLARE, fake, tmp_path, Time()) as opened:
        yield opened


async def test_many_secrets_are_one_version_of_the_worker(fake: FakeCloudflare, api: Account) -> None:
    workers = Workers(api, ACCOUNT)
    await workers.put("cart", {"A": Secret("1"), "B": Secret("2")})
    await workers.put("cart", {"A": None, "C": Secret("3")})
    assert await workers.secrets("cart") == ("B", "C")
    assert fake.workers["cart"] == {"B": "2", "C": "3"}
    assert fake.versions == ["cart", "cart"]


async def test_a_worker_that_is_not_there_is_named(api: Account) -> None:
    with pytest.raises(NotFound, match=r"scripts/nope/secrets.*does not exist.*10007"):
        await Workers(api, ACCOUNT).secrets("nope")


async def test_names_cannot_lead_elsewhere(fake: FakeCloudflare, api: Account) -> None:
    with pytest.raises(NotFound):
        await Workers(api, ACCOUNT).secrets("../../../user/tokens?x=")
    assert fake.calls[0].parts[4] == "../../../user/tokens?x="


async def test_an_answer_without_success_is_no_success(fake: FakeCloudflare, api: Account) -> None:
    fake.faults = [lambda _call, _do: server.Answer(200, {"success": False, "result": [], "errors": []})]
    with pytest.raises(Unavailable, match="success"):
        await Workers(api, ACCOUNT).secrets("cart")


@pytest.mark.parametrize("owner", ["", ACCOUNT], ids=["user", "account"])
async def test_the_life_of_a_token(fake: FakeCloudflare, api: Account, owner: str) -> None:
    tokens = Tokens(api, owner)
    made, value = await tokens.create("deploy (1)", (POLICY,), expires_on="2027-01-31T00:00:00Z")
    assert fake.tokens[made]["policies"] == [{**ALLOWED, "permission_groups": [GROUP]}]
    verified = await tokens.verify(value)
    assert (verified.id, verified.status) == (made, "active")
    assert (await tokens.get(made)).name == "deploy (1)"
    rolled = await tokens.roll(made)
    assert rolled != value
    assert (await tokens.verify(rolled)).id == made
    with pytest.raises(Misconfigured):
        await tokens.verify(value)
    await tokens.delete(made)
    with pytest.raises(Misconfigured) as caught:
        await tokens.verify(rolled)
    assert rolled.reveal() not in f"{caught.value} {caught.value.hint}"
    with pytest.raises(NotFound):
        await tokens.delete(made)


async def test_tokens_are_found_by_name_on_every_page(api: Account) -> None:
    tokens = Tokens(api)
    for number in range(PAGE + 2):
        await tokens.create("wanted" if number in (0, PAGE + 1) else f"other {number}", (POLICY,))
    assert len(await tokens.named("wanted")) == 2
    assert await tokens.named("absent") == ()


async def test_making_a_token_is_never_tried_twice(fake: FakeCloudflare, api: Account) -> None:
    fake.faults = [server.after(500)]
    with pytest.raises(Unavailable):
        await Tokens(api).create("deploy", (POLICY,))
    assert len(fake.tokens) == 1
    assert len(await Tokens(api).named("deploy")) == 1
