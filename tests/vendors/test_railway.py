"""Railway's client against a fake that executes every request against Railway's schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.vendors.accounts import Time, account
from tests.vendors.fakes.railway import ENVIRONMENT, PROJECT, SERVICE, FakeRailway
from tests.vendors.fakes.server import Answer

from chittyops.kernel.errors import NotFound, Refused
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import RAILWAY
from chittyops.vendors.http import Account
from chittyops.vendors.railway import Variables


@pytest.fixture
async def fake() -> AsyncIterator[FakeRailway]:
    async with FakeRailway() as running:
        yield running


@pytest.fixture
async def api(fake: FakeRailway, tmp_path: Path) -> AsyncIterator[Account]:
    async with account(RAILWAY, fake, tmp_path, Time()) as opened:
        yield opened


async def test_variables_are_set_without_a_deployment(fake: FakeRailway, api: Account) -> None:
    variables = Variables(api, PROJECT, ENVIRONMENT, SERVICE)
    await variables.put({"A": Secret("1"), "B": Secret("2")})
    await variables.delete("A")
    assert fake.variables[SERVICE] == {"RAILWAY_SERVICE_NAME": "cart", "B": "2"}
    assert fake.deploys == 0


async def test_sealed_variables_are_known_by_name_alone(fake: FakeRailway, api: Account) -> None:
    fake.variables[SERVICE] |= {"A": "1", "B": "2", "C": "3", "D": "4"}
    fake.variables["other"] = {"A": "theirs", "E": "5"}
    fake.sealed = {"C", "E"}
    found = await Variables(api, PROJECT, ENVIRONMENT, SERVICE).read()
    own = {name: value for name, value in found.items() if not name.startswith("RAILWAY_")}
    assert own == {"A": Secret("1"), "B": Secret("2"), "C": None, "D": Secret("4")}


async def test_shared_variables_are_those_of_no_service(fake: FakeRailway, api: Account) -> None:
    shared = Variables(api, PROJECT, ENVIRONMENT)
    await shared.put({"A": Secret("1")})
    assert await shared.read() == {"A": Secret("1")}
    assert "A" not in fake.variables[SERVICE]


async def test_errors_of_graphql_are_errors_although_the_status_is_200(fake: FakeRailway, api: Account) -> None:
    with pytest.raises(NotFound, match="query variables with 404: Environment not found"):
        await Variables(api, PROJECT, "env-9", SERVICE).read()
    fake.token = "another"
    with pytest.raises(Refused, match="Not Authorized"):
        await Variables(api, PROJECT, ENVIRONMENT, SERVICE).put({"A": Secret("1")})


async def test_a_token_that_may_not_look_at_the_environment_reads_its_variables(
    fake: FakeRailway, api: Account
) -> None:
    fake.variables[SERVICE] = {"A": "1"}
    fake.fails = lambda call: "edges" in call.body["query"]
    fake.faults = [lambda _call, _do: Answer(200, {"errors": [{"message": "Not Authorized"}], "data": None})]
    assert await Variables(api, PROJECT, ENVIRONMENT, SERVICE).read() == {"A": Secret("1")}
