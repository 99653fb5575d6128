"""GitHub's client against a fake that opens the sealed boxes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.vendors.accounts import Time, account
from tests.vendors.fakes.github import REPOSITORY, FakeGitHub

from chittyops.kernel.errors import Misconfigured, NotFound, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import GITHUB
from chittyops.vendors.github import PAGE, ActionsSecrets, Key
from chittyops.vendors.http import Account


@pytest.fixture
async def fake() -> AsyncIterator[FakeGitHub]:
    async with FakeGitHub() as running:
        yield running


@pytest.fixture
async def api(fake: FakeGitHub, tmp_path: Path) -> AsyncIterator[Account]:
    async with account(GITHUB, fake, tmp_path, Time()) as opened:
        yield opened


@pytest.mark.parametrize("environment", ["", "production"])
async def test_only_github_can_open_what_is_sent(fake: FakeGitHub, api: Account, environment: str) -> None:
    secrets = ActionsSecrets(api, REPOSITORY, environment)
    await secrets.put("A", Secret("planted-Value é\n"), await secrets.key())
    assert fake.secrets[environment] == {"A": "planted-Value é\n"}
    assert not any("planted" in str(call.body) for call in fake.calls)


async def test_names_come_from_every_page(fake: FakeGitHub, api: Account) -> None:
    fake.secrets[""] = {f"S{number:03}": "x" for number in range(2 * PAGE + 1)}
    assert await ActionsSecrets(api, REPOSITORY).names() == tuple(sorted(fake.secrets[""]))


async def test_a_secret_is_deleted(fake: FakeGitHub, api: Account) -> None:
    fake.secrets[""] = {"A": "1"}
    await ActionsSecrets(api, REPOSITORY).delete("A")
    assert fake.secrets[""] == {}
    with pytest.raises(NotFound):
        await ActionsSecrets(api, REPOSITORY).delete("A")


@pytest.mark.parametrize("repository", ["shop", "acme/", "/shop", "acme/shop/x", ""])
async def test_what_is_no_repository_is_refused(api: Account, repository: str) -> None:
    with pytest.raises(Misconfigured, match="is no repository of GitHub"):
        await ActionsSecrets(api, repository).names()


async def test_an_environment_that_is_not_there(api: Account) -> None:
    with pytest.raises(NotFound):
        await ActionsSecrets(api, REPOSITORY, "nope").names()


@pytest.mark.parametrize("key", ["", "AAAA", "not base64!", "é"])
def test_a_key_that_is_none_is_told(key: str) -> None:
    with pytest.raises(Unavailable, match="public key") as caught:
        Key("1", key).seal(Secret("planted-Value"))
    assert "planted" not in str(caught.value)
