"""Neon's client against a stateful fake that is held against Neon's description."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.vendors.accounts import Time, account
from tests.vendors.fakes.neon import BRANCH, PROJECT, FakeNeon

from chittyops.kernel.errors import Conflict, NotFound, Unavailable
from chittyops.vendors.catalogue import NEON
from chittyops.vendors.neon import Branch


@pytest.fixture
async def fake() -> AsyncIterator[FakeNeon]:
    async with FakeNeon() as running:
        yield running


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def branch(fake: FakeNeon, time: Time, tmp_path: Path) -> AsyncIterator[Branch]:
    async with account(NEON, fake, tmp_path, time) as api:
        yield Branch(api, PROJECT, BRANCH)


async def test_the_life_of_a_role(fake: FakeNeon, branch: Branch) -> None:
    password, operations = await branch.create_role("app_b")
    await branch.finished(operations)
    assert fake.roles["app_b"] == password.reveal()
    new, operations = await branch.reset_password("app_b")
    await branch.finished(operations)
    assert new != password
    assert [role.name for role in await branch.roles()] == ["owner", "app_b"]
    await branch.delete_role("app_b")
    with pytest.raises(NotFound):
        await branch.reset_password("app_b")


async def test_what_is_locked_is_waited_for(fake: FakeNeon, branch: Branch, time: Time) -> None:
    await branch.create_role("app_b")
    left = iter([2, 1, 0])

    def unlock(_call: object) -> None:
        for operation in fake.operations:
            fake.operations[operation] = next(left, 0)

    fake.gate = unlock
    await branch.reset_password("app_b")
    assert len(time.waits) == 2


async def test_an_operation_that_does_not_end_has_a_deadline(fake: FakeNeon, branch: Branch, time: Time) -> None:
    fake.stuck = True
    _, operations = await branch.create_role("app_b")
    with pytest.raises(Unavailable, match=r"did not finish .* in 120 s \(running\)"):
        await branch.finished(operations)
    assert sum(time.waits) <= 125


async def test_a_role_is_made_once(branch: Branch) -> None:
    with pytest.raises(Conflict, match="already exists"):
        await branch.create_role("owner")


async def test_the_connection_url(fake: FakeNeon, branch: Branch) -> None:
    password = fake.roles["owner"]
    uri = await branch.connection_uri("main", "owner", pooled=True)
    assert uri.reveal() == f"postgresql://owner:{password}@ep-1-pooler.neon.tech/main"
    assert password not in f"{uri!r}"
