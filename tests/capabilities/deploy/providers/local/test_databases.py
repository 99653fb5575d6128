"""Each service gets databases of its own, on a real server, and can open no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.capabilities.deploy.providers.local.driving import Fleet

from chittyops.capabilities.deploy.model import Target
from chittyops.capabilities.deploy.providers.local.databases import Databases, full_name
from chittyops.kernel.errors import ChittyOpsError, Misconfigured, NotFound
from chittyops.kernel.service import Database as ServiceDatabase
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

ORDERS = ServiceDatabase("orders")


async def ask(url: str, sql: str) -> Mapping[str, Any] | None:
    database = Database.connect(url, application_name="test", pool_size=1)
    try:
        async with database.transaction() as transaction:
            return await transaction.row(sql)
    finally:
        await database.close()


async def run(url: str, sql: str) -> None:
    database = Database.connect(url, application_name="test", pool_size=1)
    try:
        async with database.transaction() as transaction:
            await transaction.run(sql)
    finally:
        await database.close()


@pytest.fixture
def databases(home: Home, database_url: str) -> Databases:
    return Databases(home, {"CHITTYOPS_DATABASE_URL": database_url, "CHITTYOPS_NATS_URL": "nats://127.0.0.1:1"})


async def test_a_service_owns_its_database(databases: Databases, fleet: Fleet) -> None:
    target = fleet.target(databases=(ORDERS,), files={})
    await databases.ensure(target)
    url = databases.url(target, "orders").reveal()
    row = await ask(url, "SELECT current_user AS role, current_database() AS name")
    assert row == {"role": "shop_local_web_orders", "name": "shop_local_web_orders"}


async def test_making_it_again_keeps_what_is_in_it(databases: Databases, fleet: Fleet) -> None:
    target = fleet.target(databases=(ORDERS,), files={})
    await databases.ensure(target)
    url = databases.url(target, "orders").reveal()
    await run(url, "CREATE TABLE kept (n integer)")
    await databases.ensure(target)
    assert databases.url(target, "orders").reveal() == url
    assert await ask(url, "SELECT count(*) AS count FROM kept") == {"count": 0}


async def test_a_role_opens_no_other_database(databases: Databases, fleet: Fleet, database_url: str) -> None:
    mine, other = (fleet.target(name=name, databases=(ORDERS,), files={}) for name in ("mine", "other"))
    await databases.ensure(mine)
    await databases.ensure(other)
    url = urlsplit(databases.url(mine, "orders").reveal())
    for name in (full_name(other, ORDERS), urlsplit(database_url).path.lstrip("/")):
        with pytest.raises(ChittyOpsError, match="permission denied"):
            await ask(url._replace(path=f"/{name}").geturl(), "SELECT 1")


def test_the_password_is_kept_nowhere(databases: Databases, fleet: Fleet, home: Home) -> None:
    target = fleet.target(databases=(ORDERS,), files={})
    url = databases.url(target, "orders")
    password = urlsplit(url.reveal()).password
    assert password
    assert password not in repr(url)
    assert not any(password.encode() in path.read_bytes() for path in home.path.rglob("*") if path.is_file())


def test_an_unknown_database_is_named(databases: Databases, fleet: Fleet) -> None:
    with pytest.raises(NotFound, match="no database carts"):
        databases.url(fleet.target(databases=(ORDERS,), files={}), "carts")


def named(target: Target, name: str, engine: str = "postgres") -> str:
    return full_name(target, ServiceDatabase(name, engine))


def test_names_that_fit_no_server_are_refused(fleet: Fleet) -> None:
    target = fleet.target(files={})
    with pytest.raises(Misconfigured, match="no engine oracle"):
        named(target, "orders", "oracle")
    with pytest.raises(Misconfigured, match="no name for a database"):
        named(target, 'a"; DROP DATABASE x')


def test_long_names_are_shortened_and_stay_apart(fleet: Fleet) -> None:
    target = fleet.target(files={})
    names = {named(target, "x" * length) for length in range(1, 100)}
    assert len(names) == 99
    assert max(map(len, names)) <= 63
