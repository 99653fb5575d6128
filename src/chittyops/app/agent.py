"""The process ``chittyops agent``: runs the services of the local provider on this machine."""

from __future__ import annotations

import asyncio
import os

from chittyops.capabilities.deploy.wiring import local_agent
from chittyops.runtime.home import Home


def main() -> None:
    """Run the agent of this home until SIGTERM or SIGINT."""
    home = Home.locate(os.environ)
    asyncio.run(local_agent(home, dict(os.environ)))
