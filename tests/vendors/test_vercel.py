"""Vercel's client against a stateful fake that is held against Vercel's description."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.vendors.accounts import Time, account
from tests.vendors.fakes.vercel import PROJECT, FakeVercel

from chittyops.kernel.errors import NotFound, Refused
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import VERCEL
from chittyops.vendors.http import Account
from chittyops.vendors.vercel import Variables


@pytest.fixture
async def fake() -> AsyncIterator[FakeVercel]:
    async with FakeVercel() as running:
        yield running


@pytest.fixture
async def api(fake: FakeVercel, tmp_path: Path) -> AsyncIterator[Account]:
    async with account(VERCEL, fake, tmp_path, Time()) as opened:
        yield opened


@pytest.mark.parametrize(
    ("target", "kind"), [("production", "sensitive"), ("preview", "sensitive"), ("development", "encrypted")]
)
async def test_values_are_sensitive_where_vercel_allows_it(
    fake: FakeVercel, api: Account, target: str, kind: str
) -> None:
    variables = Variables(api, PROJECT, target)
    await variables.put({"A": Secret("1")})
    (there,) = await variables.list()
    assert (there.type, there.targets) == (kind, (target,))
    assert fake.held(target) == {"A": "1"}


async def test_only_variables_of_the_target_itself_are_seen(fake: FakeVercel, api: Account) -> None:
    fake.plant("OTHER", "1", "preview")
    fake.plant("BRANCH", "1", "production")["gitBranch"] = "feature"
    fake.plant("INTEGRATION", "1", "production")["configurationId"] = "icfg_1"
    fake.plant("MINE", "1", "production")
    assert [each.key for each in await Variables(api, PROJECT, "production").list()] == ["MINE"]


async def test_what_is_not_taken_is_named_without_its_value(fake: FakeVercel, api: Account) -> None:
    fake.rejects = {"B"}
    with pytest.raises(Refused, match=r"did not take B \(ENV_CONFLICT\)") as caught:
        await Variables(api, PROJECT, "production").put({"A": Secret("1"), "B": Secret("planted-Value")})
    assert "planted" not in f"{caught.value} {caught.value.hint}"
    assert fake.held("production") == {"A": "1"}


async def test_values_of_development_can_be_read(fake: FakeVercel, api: Account) -> None:
    fake.plant("A", "1", "development")
    variables = Variables(api, PROJECT, "development")
    (there,) = await variables.list()
    assert await variables.value(there) == Secret("1")


async def test_the_team_is_told(fake: FakeVercel, api: Account) -> None:
    await Variables(api, PROJECT, "production", "team_1").put({"A": Secret("1")})
    assert fake.calls[0].query == {"teamId": "team_1", "upsert": "true"}


async def test_a_project_that_is_not_there(api: Account) -> None:
    with pytest.raises(NotFound, match="Project not found"):
        await Variables(api, "prj_nope", "production").list()
