"""The API for tests of the app layer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.app.seeding import Seed
from tests.app.serving import Centre, serving

from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database


@pytest.fixture
async def centre(home: Home, database: Database) -> AsyncIterator[Centre]:
    async with serving(home, database) as running:
        yield running


@pytest.fixture
def seed(database: Database) -> Seed:
    return Seed(database)
