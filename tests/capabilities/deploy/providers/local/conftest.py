"""An agent of the test's own, and a fleet to deploy with it."""

from __future__ import annotations

import itertools
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


@pytest.fixture(scope="module")
def shared_agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    """Return an agent for all tests of a module; each has a fleet of its own."""
    agent = RunningAgent(Home.locate({"CHITTYOPS_HOME": str(tmp_path_factory.mktemp("home"))}), os.environ)
    agent.start()
    yield agent
    agent.stop()
    assert agent.own() == {}


_numbers = itertools.count(1)


@pytest.fixture
def own_fleet(shared_agent: RunningAgent, tmp_path: Path) -> Fleet:
    """Return a fleet of the test's own, on the agent of the module."""
    return Fleet(shared_agent.home, tmp_path / "workspace", f"fleet{next(_numbers)}")
