"""Workspaces are published, and their problems accepted for a while."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chittyops.capabilities.catalog.providers.postgres import PostgresWorkspaces
from chittyops.capabilities.catalog.service import Catalog, still_open, weigh
from chittyops.kernel.errors import Misconfigured, NotFound
from chittyops.kernel.inventory import Dependency, Evidence, Finding, FoundService, Inventory, Stage
from chittyops.runtime import journal
from chittyops.runtime.postgres import Database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOW.date()
PRINT = "0123456789abcdef"
PROBLEM = Finding("placeholder-id", "error", "shop/wrangler.toml", "a placeholder", 3, fingerprint=PRINT)
SERVICE = FoundService(
    "cart", "shop/cart", "shop", "cloudflare", (), "canonical",
    environments={"production": Stage(bindings={"kv": ({"binding": "CACHE", "id": "x"},)})},
    depends_on=(Dependency("catalog", "service-binding", (Evidence("shop/cart/wrangler.toml", 4),)),),
)  # fmt: skip
INVENTORY = Inventory("shop", (SERVICE,), (PROBLEM,), stats={"services": 1, "problems": 1})


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic_seconds(self) -> float:
        return self.at.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(database: Database, clock: Clock) -> Catalog:
    return Catalog(PostgresWorkspaces(database, clock), clock)


async def test_what_was_published_comes_back(catalog: Catalog) -> None:
    published = await catalog.publish("shop", INVENTORY, "ann")
    assert await catalog.workspaces() == [published]
    assert (await catalog.published("shop")).inventory == INVENTORY
    assert published.stats == {"services": 1, "problems": 1}


async def test_published_again_it_replaces_what_was_there(catalog: Catalog, clock: Clock) -> None:
    await catalog.publish("shop", INVENTORY, "ann")
    assert (await catalog.published("shop")).inventory == INVENTORY
    clock.at += timedelta(minutes=1)
    await catalog.publish("shop", replace(INVENTORY, problems=()), "bob")
    again = await catalog.published("shop")
    assert (again.workspace.actor, again.inventory.problems) == ("bob", ())


async def test_an_unknown_workspace_and_another_format(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="no workspace called other"):
        await catalog.published("other")
    with pytest.raises(Misconfigured, match="format 99"):
        await catalog.publish("shop", replace(INVENTORY, version=99), "ann")


async def test_a_problem_is_accepted_until_a_day(catalog: Catalog, clock: Clock, database: Database) -> None:
    await catalog.publish("shop", INVENTORY, "ann")
    accepted = await catalog.accept("shop", PRINT, " it is a demo ", TODAY + timedelta(days=1), "ann")
    assert accepted.reason == "it is a demo"
    clock.at += timedelta(days=1)
    (weighed,) = await catalog.problems("shop")
    assert weighed.acceptance == accepted
    assert still_open([weighed]) == []
    clock.at += timedelta(days=1)
    (weighed,) = await catalog.problems("shop")
    assert still_open([weighed]) == [weighed]
    async with database.transaction() as tx:
        entries = await journal.page(tx, before=None, limit=5)
    assert [each.action for each in entries] == ["accept problem", "publish workspace"]


async def test_an_acceptance_is_changed_and_taken_back(catalog: Catalog) -> None:
    await catalog.publish("shop", INVENTORY, "ann")
    await catalog.accept("shop", PRINT, "first", TODAY, "ann")
    await catalog.accept("shop", PRINT, "second", TODAY, "bob")
    (weighed,) = await catalog.problems("shop")
    assert weighed.acceptance
    assert weighed.acceptance.reason == "second"
    await catalog.withdraw("shop", PRINT, "ann")
    with pytest.raises(NotFound, match="is not accepted"):
        await catalog.withdraw("shop", PRINT, "ann")


@pytest.mark.parametrize("until", [TODAY - timedelta(days=1), TODAY + timedelta(days=367), date(9999, 1, 1)])
async def test_an_acceptance_ends_in_time(catalog: Catalog, until: date) -> None:
    await catalog.publish("shop", INVENTORY, "ann")
    with pytest.raises(Misconfigured, match="no day within"):
        await catalog.accept("shop", PRINT, "x", until, "ann")


async def test_only_what_is_there_is_accepted_and_with_a_reason(catalog: Catalog) -> None:
    await catalog.publish("shop", INVENTORY, "ann")
    with pytest.raises(NotFound, match="has no problem"):
        await catalog.accept("shop", "f" * 16, "x", TODAY, "ann")
    with pytest.raises(Misconfigured, match="needs a reason"):
        await catalog.accept("shop", PRINT, "  ", TODAY, "ann")


def test_problems_without_acceptance_are_open() -> None:
    assert still_open(weigh(INVENTORY, {}, TODAY)) == weigh(INVENTORY, {}, TODAY)
