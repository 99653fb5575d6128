"""What is special about the sinks of single vendors; what all do alike is in the contract."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.capabilities.secrets.providers.sinks.places import mark, opened
from tests.vendors.accounts import Time, account
from tests.vendors.fakes import cloudflare, github, railway, vercel

from chittyops.capabilities.secrets.providers.sinks.cloudflare import CloudflareWorker
from chittyops.capabilities.secrets.providers.sinks.github import GitHubActions
from chittyops.capabilities.secrets.providers.sinks.railway import RailwayVariables
from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings
from chittyops.capabilities.secrets.providers.sinks.vercel import VercelProject
from chittyops.kernel.errors import Refused
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import GITHUB, VERCEL


async def test_a_push_to_a_worker_is_one_version_of_it_and_so_is_a_removal(tmp_path: Path) -> None:
    async with opened("cloudflare", tmp_path) as there:
        assert isinstance(there.sink, CloudflareWorker)
        assert isinstance(there.fake, cloudflare.FakeCloudflare)
        await there.sink.write({name: Secret("1") for name in "ABCDE"})
        await there.sink.remove(["A", "B", "C"])
        assert there.fake.versions == ["cart", "cart"]
        assert set(there.held()) == {"D", "E"}


async def test_railways_own_variables_are_nobodys(tmp_path: Path) -> None:
    async with opened("railway", tmp_path) as there:
        assert isinstance(there.sink, RailwayVariables)
        there.plant("RAILWAY_PRIVATE_DOMAIN", "cart.railway.internal")
        assert await there.sink.names() == {}


async def test_railway_would_follow_references_in_values(tmp_path: Path) -> None:
    async with opened("railway", tmp_path) as there:
        with pytest.raises(Refused, match="would take what stands in A for a reference") as caught:
            await there.sink.write({"A": Secret("planted ${{ shared.X }}"), "B": Secret("fine")})
        assert "planted" not in str(caught.value)
        assert there.held() == {}


async def test_railways_sealed_variables_are_there_without_a_fingerprint(tmp_path: Path) -> None:
    async with opened("railway", tmp_path) as there:
        there.plant("A", "1")
        assert isinstance(there.fake, railway.FakeRailway)
        there.fake.sealed = {"A"}
        assert await there.sink.names() == {"A": None}


async def test_a_vercel_variable_of_several_targets_is_left_alone(tmp_path: Path) -> None:
    async with opened("vercel", tmp_path) as there:
        assert isinstance(there.fake, vercel.FakeVercel)
        there.fake.plant("A", "1", "production", "preview")
        for act in (there.sink.write({"A": Secret("2")}), there.sink.remove(["A"])):
            with pytest.raises(Refused, match="A at Vercel holds for several targets"):
                await act
        assert there.fake.held("preview") == {"A": "1"}


async def test_values_of_vercels_development_are_compared(tmp_path: Path) -> None:
    async with vercel.FakeVercel() as fake, account(VERCEL, fake, tmp_path, Time()) as api:
        target = {"project": vercel.PROJECT, "target": "development"}
        sink = VercelProject(Surroundings(target, tmp_path, {}, mark, lambda _vendor: api))
        await sink.write({"A": Secret("1")})
        assert sink.readable
        assert await sink.names() == {"A": mark("A", Secret("1"))}


@pytest.mark.parametrize(("variable", "team"), [("team_1", "team_1"), ("user_1", None), ("", None)])
async def test_vercels_team_is_that_of_its_own_cli(tmp_path: Path, variable: str, team: str | None) -> None:
    async with vercel.FakeVercel() as fake, account(VERCEL, fake, tmp_path, Time()) as api:
        target = {"project": vercel.PROJECT, "target": "preview"}
        environ = {"VERCEL_ORG_ID": variable}
        await VercelProject(Surroundings(target, tmp_path, environ, mark, lambda _vendor: api)).names()
        assert fake.calls[0].query.get("teamId") == team


async def test_an_environment_of_github_has_its_own_secrets(tmp_path: Path) -> None:
    async with github.FakeGitHub() as fake, account(GITHUB, fake, tmp_path, Time()) as api:
        target = {"repository": github.REPOSITORY, "environment": "production"}
        await GitHubActions(Surroundings(target, tmp_path, {}, mark, lambda _vendor: api)).write({"A": Secret("1")})
        assert fake.secrets == {"": {}, "production": {"A": "1"}}


@pytest.mark.parametrize(("name", "value"), [("GITHUB_X", "1"), ("A", "é" * 24_577)])
async def test_what_github_does_not_take_is_refused_before_it_is_sent(tmp_path: Path, name: str, value: str) -> None:
    async with opened("github", tmp_path) as there:
        with pytest.raises(Refused, match=name):
            await there.sink.write({name: Secret(value)})
        assert there.fake is not None
        assert there.fake.writes() == []
