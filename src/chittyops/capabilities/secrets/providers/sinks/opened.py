"""Pushes, opened: sinks with their accounts, the record of this home, and its lock."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from chittyops.capabilities.secrets.ports import SinkProvider
from chittyops.capabilities.secrets.providers.sinks import SINKS
from chittyops.capabilities.secrets.providers.sinks.record import HomeRecord, fingerprint
from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings
from chittyops.capabilities.secrets.service.push.places import Place
from chittyops.capabilities.secrets.service.push.pushes import Pushes
from chittyops.kernel.clock import Clock
from chittyops.kernel.service import Fleet
from chittyops.runtime.home import Home
from chittyops.vendors.catalogue import Vendor
from chittyops.vendors.http import Account


@asynccontextmanager
async def opened(
    fleet: Fleet, home: Home, environ: Mapping[str, str], clock: Clock, *, alone: bool
) -> AsyncIterator[Pushes]:
    """Open what pushes to the environment of ``fleet``: one account for each vendor, made when it is first needed.

    ``alone``: raises Conflict while another push to it runs.
    """
    record = HomeRecord(home, fleet.name, fleet.environment.name, clock)
    mark = fingerprint(home)
    accounts: dict[str, Account] = {}
    async with AsyncExitStack() as stack:
        if alone:
            stack.callback(os.close, record.lock())

        def account(vendor: Vendor) -> Account:
            if vendor.name not in accounts:
                accounts[vendor.name] = Account.of(vendor, environ, home, clock)
                stack.push_async_exit(accounts[vendor.name])
            return accounts[vendor.name]

        def sink(place: Place) -> SinkProvider:
            return SINKS[place.kind](Surroundings(place.target, Path(fleet.root), environ, mark, account))

        yield Pushes(sink, record, mark)
