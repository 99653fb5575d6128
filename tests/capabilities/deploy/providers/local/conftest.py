"""An agent of the test's own, and a fleet to deploy with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.capabilities.deploy.providers.local.driving import Fleet, RunningAgent

from chittyops.runtime.home import Home


@pytest.fixture
def idle_agent(home: Home) -> Iterator[RunningAgent]:
    """Return an agent that is not started yet; whatever it started must end with it."""
    agent = RunningAgent(home, os.environ)
    try:
        yield agent
    finally:
        if not agent.running:
            agent.start()
        agent.stop()
        left = agent.own()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
    assert not left, "processes were left behind"


@pytest.fixture
def agent(idle_agent: RunningAgent) -> RunningAgent:
    """Return a running agent."""
    idle_agent.start()
    return idle_agent


@pytest.fixture
def fleet(home: Home, tmp_path: Path) -> Fleet:
    """Return a fleet without services yet."""
    return Fleet(home, tmp_path / "workspace")
