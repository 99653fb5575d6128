"""Every operation of the document, with whatever a client may send: no 5xx, and answers as promised."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.app.seeding import SHOP, Seed, Step
from tests.app.serving import serving

from chittyops.capabilities.deploy.model import ReleaseStatus
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
"""How many requests for each operation; ``FUZZ_EXAMPLES=500`` looks deeper."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass(frozen=True, slots=True)
class Live:
    """An API in a thread of its own, which a synchronous client can talk to."""

    url: str
    token: str


@pytest.fixture
def live(tmp_path: Path, database_url: str) -> Iterator[Live]:
    ready = threading.Event()
    ended = asyncio.Event()
    found: list[Live] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        home = Home.locate({"CHITTYOPS_HOME": str(tmp_path / "home")})
        database = Database.connect(database_url, application_name="fuzz")
        seed = Seed(database)
        await seed.fleet()
        await seed.release(1, ReleaseStatus.SUCCEEDED, {n: Step() for n in SHOP})
        await seed.deployed(1, list(SHOP))
        await seed.healthy(list(SHOP))
        async with serving(home, database) as centre:
            found.append(Live(centre.url, centre.admin_token))
            ready.set()
            await ended.wait()
        await database.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield found[0]
    loop.call_soon_threadsafe(ended.set)
    thread.join(20)
    loop.close()


ENDLESS = {"watch_changes"}
"""Streams without an end, which have tests of their own."""


@pytest.mark.filterwarnings("default")  # the fuzzer's own
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=str)
def test_no_request_breaks_the_api(live: Live, mode: schemathesis.GenerationMode) -> None:
    headers = {"Authorization": f"Bearer {live.token}"}
    document = httpx.get(f"{live.url}/api/v1/openapi.json", headers=headers).json()
    schema = schemathesis.openapi.from_dict(document)
    tried = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        name = operation.definition.raw["operationId"]
        if name not in ENDLESS:
            tried.add(name)
            _attack(operation.as_strategy(generation_mode=mode), live, headers)
    assert len(tried) > 15
    assert httpx.get(f"{live.url}/api/v1/releases", headers=headers).status_code == 200


def _attack(cases: SearchStrategy[schemathesis.Case[Any]], live: Live, headers: dict[str, str]) -> None:
    @given(case=cases)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    def attack(case: schemathesis.Case[Any]) -> None:
        if case.query and case.query.get("follow"):
            case.query["follow"] = "false"
        response = case.call(base_url=live.url, headers=headers, timeout=20)
        case.validate_response(response, checks=CHECKS)

    with suppress(Unsatisfiable):  # an operation without parameters cannot be called wrongly
        attack()
