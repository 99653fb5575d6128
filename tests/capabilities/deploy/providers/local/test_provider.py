"""The local provider end to end: a real agent, real processes, a real stable port."""

from __future__ import annotations

import httpx
import pytest

from chittyops.capabilities.deploy.model import Activated, Check, Prepared
from chittyops.kernel.errors import ChittyOpsError, Conflict, Misconfigured, NotFound, Unavailable
from chittyops.kernel.secret import SecretRef
from chittyops.kernel.service import Health, Launch, Limits
from tests.capabilities.deploy.providers.local.conftest import SERVICE, Fleet, RunningAgent


async def get(url: str) -> dict[str, object]:
    async with httpx.AsyncClient(trust_env=False) as client:
        document: dict[str, object] = (await client.get(url)).json()
        return document


async def test_a_service_is_prepared_activated_and_verified(agent: RunningAgent, fleet: Fleet) -> None:
    target = fleet.target()
    prepared, activated = await fleet.deploy(target)
    assert prepared.verified.check is Check.BUILD
    assert activated.undo == ""
    assert (await fleet.provider.verify(target, activated.address)).check is Check.BUILD
    assert (await get(activated.address))["build"] == target.build_id
